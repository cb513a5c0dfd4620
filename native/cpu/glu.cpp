/* glu.cpp: y = activation(gate) * up, and its gradient (layers.h).
 *
 * Sources: Shazeer 2020, eq. 5 and 6. tanh-GELU is written g * sigmoid(2u), u = sqrt(2/pi) (g + 0.044715 g^3), which is the same function
 * (1 + tanh u = 2 sigmoid(2u)) and has no cancellation for negative g. erf-GELU is 0.5 g erfc(-g / sqrt 2) for the same reason.
 * Numerics: fp32, one loop body for vectors and tail. Bytes moved: forward 3, backward 5 arrays. */
#include "glu.h"

#include <cmath>

#include "bf16.h"
#include "parallel.h"

namespace {

using namespace leeway;

constexpr int64_t block = 1 << 14;

/* The activation and its derivative. */
struct Gate {
    f32x16 value;
    f32x16 slope;
};

LEEWAY_INLINE Gate silu(f32x16 g) {
    f32x16 s = vsigmoid(g);
    return {g * s, s * (1.0f + g * (1.0f - s))};
}

LEEWAY_INLINE Gate gelu_tanh(f32x16 g) {
    constexpr float twice_root = 1.59576912f;  // 2 sqrt(2/pi)
    f32x16 square = g * g;
    f32x16 s = vsigmoid(g * (twice_root + (twice_root * 0.044715f) * square));
    f32x16 inner = twice_root + (3.0f * twice_root * 0.044715f) * square;
    return {g * s, s + g * inner * (s * (1.0f - s))};
}

LEEWAY_INLINE Gate gelu_erf(f32x16 g) {
    constexpr float root_half = 0.707106781f, density = 0.398942280f;  // sqrt(1/2), 1/sqrt(2 pi)
    f32x16 phi;
    for (int l = 0; l < lanes; l++) phi[l] = 0.5f * std::erfc(-root_half * g[l]);
    return {g * phi, phi + g * (density * vexp(-0.5f * (g * g)))};
}

template <leeway_activation kind>
LEEWAY_INLINE Gate gate_of(f32x16 g) {
    if constexpr (kind == LEEWAY_SILU) return silu(g);
    else if constexpr (kind == LEEWAY_GELU_TANH) return gelu_tanh(g);
    else return gelu_erf(g);
}

template <leeway_activation kind, class T>
LEEWAY_INLINE void forward_range(const leeway_glu_forward_args *args, int64_t begin, int64_t end) {
    auto *gate = static_cast<const T *>(args->gate);
    auto *up = static_cast<const T *>(args->up);
    auto *y = static_cast<T *>(args->y);
    for (int64_t i = begin; i < end; i += lanes)
        store_up_to(y + i, gate_of<kind>(load_up_to(gate + i, end - i)).value * load_up_to(up + i, end - i), end - i);
}

template <leeway_activation kind>
LEEWAY_INLINE void forward_typed(const leeway_glu_forward_args *args, int64_t begin, int64_t end) {
    if (args->dtype == LEEWAY_F32) forward_range<kind, float>(args, begin, end);
    else forward_range<kind, bf16>(args, begin, end);
}

LEEWAY_CLONES void forward(const leeway_glu_forward_args *args, int64_t begin, int64_t end) {
    if (args->activation == LEEWAY_SILU) forward_typed<LEEWAY_SILU>(args, begin, end);
    else if (args->activation == LEEWAY_GELU_TANH) forward_typed<LEEWAY_GELU_TANH>(args, begin, end);
    else forward_typed<LEEWAY_GELU_ERF>(args, begin, end);
}

/* dgate may be gate and dup may be up: each vector is read before it is written. */
template <leeway_activation kind, class T>
LEEWAY_INLINE void backward_range(const leeway_glu_backward_args *args, int64_t begin, int64_t end) {
    auto *gate = static_cast<const T *>(args->gate);
    auto *up = static_cast<const T *>(args->up);
    auto *dy = static_cast<const T *>(args->dy);
    auto *dgate = static_cast<T *>(args->dgate);
    auto *dup = static_cast<T *>(args->dup);
    for (int64_t i = begin; i < end; i += lanes) {
        Gate a = gate_of<kind>(load_up_to(gate + i, end - i));
        f32x16 d = load_up_to(dy + i, end - i);
        f32x16 dg = d * load_up_to(up + i, end - i) * a.slope;
        store_up_to(dgate + i, dg, end - i);
        store_up_to(dup + i, d * a.value, end - i);
    }
}

template <leeway_activation kind>
LEEWAY_INLINE void backward_typed(const leeway_glu_backward_args *args, int64_t begin, int64_t end) {
    if (args->dtype == LEEWAY_F32) backward_range<kind, float>(args, begin, end);
    else backward_range<kind, bf16>(args, begin, end);
}

LEEWAY_CLONES void backward(const leeway_glu_backward_args *args, int64_t begin, int64_t end) {
    if (args->activation == LEEWAY_SILU) backward_typed<LEEWAY_SILU>(args, begin, end);
    else if (args->activation == LEEWAY_GELU_TANH) backward_typed<LEEWAY_GELU_TANH>(args, begin, end);
    else backward_typed<LEEWAY_GELU_ERF>(args, begin, end);
}

}  // namespace

leeway_status leeway_glu_forward(leeway_stream *stream, const leeway_glu_forward_args *args) {
    LEEWAY_TRY(check(*args));
    parallel_blocks(stream, args->count, block, [=](int64_t begin, int64_t end) { forward(args, begin, end); });
    return LEEWAY_OK;
}

leeway_status leeway_glu_backward(leeway_stream *stream, const leeway_glu_backward_args *args) {
    LEEWAY_TRY(check(*args));
    parallel_blocks(stream, args->count, block, [=](int64_t begin, int64_t end) { backward(args, begin, end); });
    return LEEWAY_OK;
}
