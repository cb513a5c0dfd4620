/* adamw.cpp: AdamW with decoupled decay, of one tensor and of all of a table (optimizer.h).
 *
 * Source: Loshchilov and Hutter 2019, algorithm 2.
 * Numerics: scalars of the step in double, rounded once to fp32; elements in fp32, each independent of all others but for the scale that a
 * block of 256 8-bit moments shares. Short parameters, gradients and moments are widened, updated in fp32, and rounded at the store.
 * Bytes moved an element: parameter, m, v read and written, gradient read: 28 in fp32; 26 with bf16 weights, fp32 master and fp32 moments
 * and gradient; 10 with bf16 weights and gradient and 8-bit moments. */
#include "adamw.h"

#include <algorithm>
#include <cstring>

#include "moment_code.h"
#include "stochastic.h"
#include "tensor_tiles.h"

namespace {

using namespace leeway;

constexpr int64_t block = 1 << 14;  // elements a task: whole blocks of moments
static_assert(block % moment_block == 0);

LEEWAY_INLINE f32x16 load_as(leeway_dtype dtype, const void *x, int64_t i, int64_t left) {
    return dtype == LEEWAY_F32 ? load_up_to(static_cast<const float *>(x) + i, left) : load_up_to(static_cast<const bf16 *>(x) + i, left);
}

/* The fp32 value of the weights: the master where there is one. */
LEEWAY_INLINE f32x16 load_weights(const leeway_adamw_args *args, int64_t i, int64_t left) {
    return args->master ? load_up_to(args->master + i, left) : load_as(args->dtype, args->parameter, i, left);
}

LEEWAY_INLINE void store_weights(const leeway_adamw_args *args, int64_t i, f32x16 w, int64_t left) {
    if (args->dtype == LEEWAY_F32) return store_up_to(static_cast<float *>(args->parameter) + i, w, left);
    bf16 *parameter = static_cast<bf16 *>(args->parameter) + i;
    if (args->master) store_up_to(args->master + i, w, left);
    if (args->stochastic) {
        store_up_to(parameter, stochastic_bf16(w, philox_word(args->seed, 0, uint64_t(i))), left);
    } else {
        store_up_to(parameter, w, left);
    }
}

/* The new weights at i; m and v become the new moments. */
LEEWAY_INLINE f32x16 advance(const leeway_adamw_args *args, const AdamwStep &step, int64_t i, int64_t left, f32x16 &m, f32x16 &v) {
    f32x16 g = step.gradient_scale * load_as(args->gradient_dtype, args->gradient, i, left);
    m = m + step.keep_m * (g - m);
    v = step.beta2 * v + (step.keep_v * g) * g;
    f32x16 w = step.decay * load_weights(args, i, left);
    return w - step.rate * m / (vsqrt(v) / step.root + step.eps);
}

template <class Moment>
LEEWAY_INLINE void update_range(const leeway_adamw_args *args, const AdamwStep &step, int64_t begin, int64_t end) {
    auto *first = static_cast<Moment *>(args->m), *second = static_cast<Moment *>(args->v);
    for (int64_t i = begin; i < end; i += lanes) {
        int64_t left = end - i;
        f32x16 m = load_up_to(first + i, left), v = load_up_to(second + i, left);
        f32x16 w = advance(args, step, i, left, m, v);
        store_up_to(first + i, m, left);
        store_up_to(second + i, v, left);
        store_weights(args, i, w, left);
    }
}

const MomentCode signed_code(true), unsigned_code(false);

/* to (256) = the moments of a block. */
LEEWAY_INLINE void decode(const MomentCode &code, const uint8_t *codes, int64_t count, float scale, float *to) {
    for (int64_t i = 0; i < count; i++) to[i] = code.level[codes[i]] * scale;
}

/* Codes of a block x (256), the first count of them stored. Returns the scale. Elements behind count are zeros. */
LEEWAY_INLINE float encode(const MomentCode &code, const float *x, int64_t count, uint8_t *codes) {
    f32x16 most = {};
    for (int64_t i = 0; i < count; i += lanes) most = maximum(most, absolute(load(x + i)));
    float scale = max_lanes(most);
    int32_t bits[moment_block];
    uint8_t nearest[moment_block];
    for (int64_t i = 0; i < moment_block; i += lanes) {
        f32x16 size = scale > 0.0f ? load(x + i) / scale : splat(0.0f);
        std::memcpy(bits + i, &size, sizeof size);
    }
    for (int64_t i = 0; i < moment_block; i++) nearest[i] = uint8_t(nearest_level(code, bits[i]));
    std::memcpy(codes, nearest, size_t(count));
    return scale;
}

LEEWAY_INLINE void update_codes(const leeway_adamw_args *args, const AdamwStep &step, int64_t begin, int64_t end) {
    auto *first = static_cast<uint8_t *>(args->m), *second = static_cast<uint8_t *>(args->v);
    for (int64_t at = begin; at < end; at += moment_block) {
        int64_t count = std::min(moment_block, end - at);
        float m[moment_block] = {}, v[moment_block] = {};
        decode(signed_code, first + at, count, args->m_scale[at / moment_block], m);
        decode(unsigned_code, second + at, count, args->v_scale[at / moment_block], v);
        for (int64_t i = 0; i < count; i += lanes) {
            f32x16 new_m = load(m + i), new_v = load(v + i);
            store_weights(args, at + i, advance(args, step, at + i, count - i, new_m, new_v), count - i);
            store(m + i, new_m);
            store(v + i, new_v);
        }
        args->m_scale[at / moment_block] = encode(signed_code, m, count, first + at);
        args->v_scale[at / moment_block] = encode(unsigned_code, v, count, second + at);
    }
}

LEEWAY_CLONES void update(const leeway_adamw_args *args, const AdamwStep &step, int64_t begin, int64_t end) {
    if (args->moment_dtype == LEEWAY_F32) update_range<float>(args, step, begin, end);
    else if (args->moment_dtype == LEEWAY_BF16) update_range<bf16>(args, step, begin, end);
    else update_codes(args, step, begin, end);
}

/* The arrays and types of an entry; what is the step's own is given beside them. */
leeway_adamw_args arguments_of(const leeway_adamw_tensor &tensor, uint64_t seed) {
    leeway_adamw_args args = {};
    args.count = tensor.count;
    args.parameter = tensor.parameter, args.master = tensor.master, args.gradient = tensor.gradient;
    args.m = tensor.m, args.v = tensor.v, args.m_scale = tensor.m_scale, args.v_scale = tensor.v_scale;
    args.seed = seed;
    args.dtype = tensor.dtype, args.gradient_dtype = tensor.gradient_dtype, args.moment_dtype = tensor.moment_dtype;
    args.stochastic = tensor.stochastic;
    return args;
}

}  // namespace

leeway_status leeway_adamw(leeway_stream *stream, const leeway_adamw_args *args) {
    LEEWAY_TRY(check(*args));
    const AdamwStep step = step_of(*args, args->gradient_scale);
    parallel_blocks(stream, args->count, block, [&](int64_t begin, int64_t end) { update(args, step, begin, end); });
    return LEEWAY_OK;
}

leeway_status leeway_clip_scale(leeway_stream *, const leeway_clip_scale_args *args) {
    LEEWAY_TRY(check(*args));
    double squares = 0.0;
    bool finite = true;
    for (int64_t t = 0; t < args->tensors; t++) {
        squares += args->sum[t];
        finite = finite && args->nonfinite[t] == 0;
    }
    *args->scale = clip_scale(std::sqrt(squares), finite, args->max_norm, args->largest);
    return LEEWAY_OK;
}

leeway_status leeway_adamw_tensors(leeway_stream *stream, const leeway_adamw_tensors_args *args) {
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(check_entries(LEEWAY_BROKEN_ENTRY("adamw_tensors"), args->table, args->tensors, args->tiles));
    const double scale = args->gradient_scale ? *args->gradient_scale : 1.0;
    if (std::isnan(scale)) return LEEWAY_OK;
    const AdamwStep decaying = step_of(*args, scale);
    parallel_tiles(stream, args->table, args->tensors, args->tiles, [&](int64_t index, int64_t begin, int64_t end) {
        const leeway_adamw_args one = arguments_of(args->table[index], args->seed + uint64_t(index));
        AdamwStep step = decaying;
        if (!args->table[index].decayed) step.decay = 1.0f;
        update(&one, step, begin, end);
    });
    return LEEWAY_OK;
}
