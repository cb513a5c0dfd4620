/* glu.cu: y = activation(gate) * up, and its gradient (layers.h).
 *
 * Sources: Shazeer 2020, eq. 5 and 6. tanh-GELU is written g * sigmoid(2u), u = sqrt(2/pi) (g + 0.044715 g^3), which is the same function
 * (1 + tanh u = 2 sigmoid(2u)) and has no cancellation for negative g. erf-GELU is 0.5 g erfc(-g / sqrt 2) for the same reason.
 * Numerics: fp32. Bytes moved: forward 3, backward 5 arrays, in packs of 16 bytes; a thread walks on by the grid. */
#include "glu.h"

#include "stream.h"

namespace {

using namespace leeway;

constexpr int threads = 256;

/* The activation and its derivative. */
struct Gate {
    float value;
    float slope;
};

__device__ float sigmoid(float x) { return 1.0f / (1.0f + expf(-x)); }

__device__ Gate silu(float g) {
    const float s = sigmoid(g);
    return {g * s, s * (1.0f + g * (1.0f - s))};
}

__device__ Gate gelu_tanh(float g) {
    constexpr float twice_root = 1.59576912f;  // 2 sqrt(2/pi)
    const float square = g * g;
    const float s = sigmoid(g * (twice_root + (twice_root * 0.044715f) * square));
    const float inner = twice_root + (3.0f * twice_root * 0.044715f) * square;
    return {g * s, s + g * inner * (s * (1.0f - s))};
}

__device__ Gate gelu_erf(float g) {
    constexpr float root_half = 0.707106781f, density = 0.398942280f;  // sqrt(1/2), 1/sqrt(2 pi)
    const float phi = 0.5f * erfcf(-root_half * g);
    return {g * phi, phi + g * (density * expf(-0.5f * (g * g)))};
}

template <leeway_activation kind>
__device__ Gate gate_of(float g) {
    if constexpr (kind == LEEWAY_SILU) return silu(g);
    else if constexpr (kind == LEEWAY_GELU_TANH) return gelu_tanh(g);
    else return gelu_erf(g);
}

template <leeway_activation kind, class T, int n>
__global__ void __launch_bounds__(threads) forward(int64_t count, const T *gate, const T *up, T *y) {
    for (int64_t i = grid_index() * n; i < count; i += grid_stride() * n) {
        const auto g = load_up_to<n>(gate + i, count - i);
        auto values = load_up_to<n>(up + i, count - i);
        for (int k = 0; k < n; k++) values.x[k] *= gate_of<kind>(g.x[k]).value;
        store_up_to<n>(y + i, values, count - i);
    }
}

/* dgate may be gate and dup may be up: each element is read and written by one thread. */
template <leeway_activation kind, class T, int n>
__global__ void __launch_bounds__(threads) backward(int64_t count, const T *gate, const T *up, const T *dy, T *dgate, T *dup) {
    for (int64_t i = grid_index() * n; i < count; i += grid_stride() * n) {
        auto g = load_up_to<n>(gate + i, count - i), u = load_up_to<n>(up + i, count - i);
        const auto d = load_up_to<n>(dy + i, count - i);
        for (int k = 0; k < n; k++) {
            const Gate a = gate_of<kind>(g.x[k]);
            g.x[k] = d.x[k] * u.x[k] * a.slope;
            u.x[k] = d.x[k] * a.value;
        }
        store_up_to<n>(dgate + i, g, count - i);
        store_up_to<n>(dup + i, u, count - i);
    }
}

/* body(activation as a constant, T(), n as a constant) */
template <class Args, class Body>
leeway_status with_kind(const Args &args, Body body) {
    return with_type(args.dtype, [&](auto type) {
        constexpr auto n = std::integral_constant<int, pack_size<decltype(type)>>();
        if (args.activation == LEEWAY_SILU) return body(std::integral_constant<leeway_activation, LEEWAY_SILU>(), type, n);
        if (args.activation == LEEWAY_GELU_TANH) return body(std::integral_constant<leeway_activation, LEEWAY_GELU_TANH>(), type, n);
        return body(std::integral_constant<leeway_activation, LEEWAY_GELU_ERF>(), type, n);
    });
}

}  // namespace

leeway_status leeway_glu_forward(leeway_stream *stream, const leeway_glu_forward_args *args) {
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "glu_forward", {args->count}));
    if (args->count == 0) return LEEWAY_OK;
    return with_kind(*args, [&](auto kind, auto type, auto n) {
        using T = decltype(type);
        return LEEWAY_LAUNCH(stream, (forward<kind, T, n>), grid_for(stream, blocks_of(args->count, int64_t(n)), threads), threads, 0,
                             args->count, static_cast<const T *>(args->gate), static_cast<const T *>(args->up), static_cast<T *>(args->y));
    });
}

leeway_status leeway_glu_backward(leeway_stream *stream, const leeway_glu_backward_args *args) {
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "glu_backward", {args->count}));
    if (args->count == 0) return LEEWAY_OK;
    return with_kind(*args, [&](auto kind, auto type, auto n) {
        using T = decltype(type);
        return LEEWAY_LAUNCH(stream, (backward<kind, T, n>), grid_for(stream, blocks_of(args->count, int64_t(n)), threads), threads, 0,
                             args->count, static_cast<const T *>(args->gate), static_cast<const T *>(args->up),
                             static_cast<const T *>(args->dy), static_cast<T *>(args->dgate), static_cast<T *>(args->dup));
    });
}
