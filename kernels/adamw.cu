/* adamw.cu: AdamW with decoupled decay, of one tensor and of all of a table in one launch (optimizer.h).
 *
 * Source: Loshchilov and Hutter 2019, algorithm 2.
 * Numerics: scalars of the step in double, rounded once to fp32; elements in fp32, each independent of all others but for the scale that
 * a block of 256 8-bit moments shares. Short parameters, gradients and moments are widened, updated in fp32, and rounded at the store.
 * A thread four elements at a time; a block of 8-bit moments is a warp, eight elements a lane, and the tables of codes lie in shared
 * memory. Over a table a block of threads takes a tile at a time and looks up whose it is.
 * Bytes moved an element: parameter, m, v read and written, gradient read: 28 in fp32; 26 with bf16 weights, fp32 master and fp32 moments
 * and gradient; 10 with bf16 weights and gradient and 8-bit moments. */
#include "adamw.h"

#include "moment_code.h"
#include "philox.h"
#include "reduce.h"
#include "stream.h"

namespace {

using namespace leeway;

constexpr int threads = 256, code_threads = 512;
constexpr int n = 4;
using Four = Floats<n>;

/* P: of the parameter, G: of the gradient. */
template <class P, class G>
struct Weights {
    int64_t count;
    P *parameter;
    float *master; /* or NULL */
    const G *gradient;
    uint64_t seed;
    bool stochastic;
};

/* The fp32 value of the weights: the master where there is one. */
template <class P, class G>
__device__ Four load_weights(const Weights<P, G> &weights, int64_t i) {
    const int64_t left = weights.count - i;
    return weights.master ? load_up_to<n>(weights.master + i, left) : load_up_to<n>(weights.parameter + i, left);
}

template <class P, class G>
__device__ void store_weights(const Weights<P, G> &weights, int64_t i, const Four &w) {
    const int64_t left = weights.count - i;
    if (weights.master) store_up_to<n>(weights.master + i, w, left);
    auto rounded = narrow<P>(w);
    if constexpr (std::is_same_v<P, bf16>)
        for (int k = 0; k < n && weights.stochastic; k++)
            rounded.x[k] = round_stochastically(w.x[k], philox(weights.seed, 0, uint64_t(i + k))[0]);
    store_pack_up_to<n>(weights.parameter + i, rounded, left);
}

/* Moves the weights at i; m and v become the new moments. */
template <class P, class G>
__device__ void advance(const Weights<P, G> &weights, const AdamwStep &step, int64_t i, Four &m, Four &v) {
    const auto gradient = load_up_to<n>(weights.gradient + i, weights.count - i);
    Four w = load_weights(weights, i);
    for (int k = 0; k < n; k++) {
        const float g = step.gradient_scale * gradient.x[k];
        m.x[k] = m.x[k] + step.keep_m * (g - m.x[k]);
        v.x[k] = step.beta2 * v.x[k] + (step.keep_v * g) * g;
        w.x[k] = step.decay * w.x[k] - step.rate * m.x[k] / (sqrtf(v.x[k]) / step.root + step.eps);
    }
    store_weights(weights, i, w);
}

/* The weights at i with their moments. */
template <class P, class G, class Moment>
__device__ void update_at(const Weights<P, G> &weights, const AdamwStep &step, Moment *first, Moment *second, int64_t i) {
    const int64_t left = weights.count - i;
    auto m = load_up_to<n>(first + i, left), v = load_up_to<n>(second + i, left);
    advance(weights, step, i, m, v);
    store_up_to<n>(first + i, m, left);
    store_up_to<n>(second + i, v, left);
}

template <class P, class G, class Moment>
__global__ void __launch_bounds__(threads) update(Weights<P, G> weights, AdamwStep step, Moment *first, Moment *second) {
    for (int64_t i = grid_index() * n; i < weights.count; i += grid_stride() * n) update_at(weights, step, first, second, i);
}

/* Of m, which has a sign, and of v. */
LEEWAY_TABLE(MomentCode, moment_codes, 2) = {MomentCode(true), MomentCode(false)};

constexpr int code_parts = int(moment_block) / (warp * n); /* of a block: one pack a lane each */
constexpr int code_cells = MomentCode::last_cell - MomentCode::first_cell + 1;

__device__ void copy_code(const MomentCode &from, MomentCode &to) {
    for (int i = int(threadIdx.x); i < 256; i += code_threads) to.level[i] = from.level[i];
    for (int i = int(threadIdx.x); i < code_cells; i += code_threads) to.cell[i] = from.cell[i];
    if (threadIdx.x == 0) to.zero = from.zero;
}

/* Elements at .. at + 3 of the moments. */
__device__ Four decode(const MomentCode &code, const uint8_t *codes, int64_t left, float scale) {
    const auto pack = load_pack_up_to<n>(codes, left);
    Four x;
    for (int k = 0; k < n; k++) x.x[k] = code.level[pack.x[k]] * scale;
    return x;
}

__device__ void encode(const MomentCode &code, const Four &x, float scale, uint8_t *codes, int64_t left) {
    Pack<uint8_t, n> pack;
    for (int k = 0; k < n; k++) pack.x[k] = uint8_t(nearest_level(code, int32_t(float_as_bits(scale > 0.0f ? x.x[k] / scale : 0.0f))));
    store_pack_up_to<n>(codes, pack, left);
}

/* The largest |x| of a block's first elements, those that exist; NaN is ignored. */
__device__ float scale_of(const Four (&x)[code_parts], int64_t at, int64_t count) {
    float most = 0.0f;
#pragma unroll
    for (int part = 0; part < code_parts; part++)
        for (int k = 0; k < n; k++)
            if (at + part * warp * n + k < count) most = fmaxf(most, fabsf(x[part].x[k]));
    return warp_max(most);
}

struct Codes {
    uint8_t *codes;
    float *scale;
};

/* A block of weights with 8-bit moments, by a warp. */
template <class P, class G>
__device__ void update_block(const Weights<P, G> &weights, const AdamwStep &step, const MomentCode *code, const Codes &first,
                             const Codes &second, int64_t block) {
    const int lane = int(threadIdx.x) % warp;
    const int64_t at = block * moment_block + lane * n; /* the lane's first element */
    const float m_before = first.scale[block], v_before = second.scale[block];
    Four m[code_parts], v[code_parts];
#pragma unroll
    for (int part = 0; part < code_parts; part++) {
        const int64_t i = at + part * warp * n, left = weights.count - i;
        m[part] = decode(code[0], first.codes + i, left, m_before);
        v[part] = decode(code[1], second.codes + i, left, v_before);
        advance(weights, step, i, m[part], v[part]);
    }
    const float m_scale = scale_of(m, at, weights.count), v_scale = scale_of(v, at, weights.count);
#pragma unroll
    for (int part = 0; part < code_parts; part++) {
        const int64_t i = at + part * warp * n, left = weights.count - i;
        encode(code[0], m[part], m_scale, first.codes + i, left);
        encode(code[1], v[part], v_scale, second.codes + i, left);
    }
    if (lane > 0) return;
    first.scale[block] = m_scale;
    second.scale[block] = v_scale;
}

__device__ void copy_codes(MomentCode *code) {
    copy_code(moment_codes[0], code[0]);
    copy_code(moment_codes[1], code[1]);
    __syncthreads();
}

template <class P, class G>
__global__ void __launch_bounds__(code_threads) update_codes(Weights<P, G> weights, AdamwStep step, Codes first, Codes second) {
    LEEWAY_SHARED(MomentCode, code, 2);
    copy_codes(code);
    for (int64_t block = grid_index() / warp; block * moment_block < weights.count; block += grid_stride() / warp)
        update_block(weights, step, code, first, second, block);
}

/* A tile of a tensor, by code_threads threads. */
template <class P, class G>
__device__ void update_tile(const leeway_adamw_tensor &tensor, uint64_t seed, const AdamwStep &step, const MomentCode *code, int64_t tile) {
    static_assert(tensor_tile == code_threads / warp * moment_block, "a warp of the tile a block of moments");
    const Weights<P, G> weights = {tensor.count, static_cast<P *>(tensor.parameter), tensor.master,
                                   static_cast<const G *>(tensor.gradient), seed, tensor.stochastic != 0};
    const int64_t begin = (tile - tensor.tile) * tensor_tile, end = min(tensor.count, begin + tensor_tile);
    if (tensor.moment_dtype == LEEWAY_U8) {
        const int64_t block = begin / moment_block + threadIdx.x / warp;
        if (block * moment_block < end)
            update_block(weights, step, code, Codes{static_cast<uint8_t *>(tensor.m), tensor.m_scale},
                         Codes{static_cast<uint8_t *>(tensor.v), tensor.v_scale}, block);
        return;
    }
    for (int64_t i = begin + int64_t(threadIdx.x) * n; i < end; i += code_threads * n)
        if (tensor.moment_dtype == LEEWAY_F32) update_at(weights, step, static_cast<float *>(tensor.m), static_cast<float *>(tensor.v), i);
        else update_at(weights, step, static_cast<bf16 *>(tensor.m), static_cast<bf16 *>(tensor.v), i);
}

/* A table in memory, with where its broken entries are reported. */
struct Table {
    int64_t tensors, tiles;
    const leeway_adamw_tensor *entry;
    Faults *faults;
    uint32_t rule;
};

__global__ void __launch_bounds__(code_threads) update_tensors(Table table, AdamwStep decaying, const double *scale, uint64_t seed) {
    LEEWAY_SHARED(MomentCode, code, 2);
    if (refused(table.faults)) return;
    if (scale) {
        if (*scale != *scale) return;
        decaying.gradient_scale = float(*scale);
    }
    if (grid_index() == 0 && !ends_with(table.entry, table.tensors, table.tiles)) report(table.faults, table.rule, table.tensors - 1);
    bool has_codes = false;
    for (int64_t tile = blockIdx.x; tile < table.tiles; tile += gridDim.x) {
        const int64_t index = tensor_of(table.entry, table.tensors, tile);
        const leeway_adamw_tensor tensor = table.entry[index];
        if (!is_sound(tensor) || !owns(tensor, tile) || !joins(table.entry, table.tensors, index)) {
            if (threadIdx.x == 0) report(table.faults, table.rule, index);
            continue;
        }
        if (tensor.moment_dtype == LEEWAY_U8 && !has_codes) {
            copy_codes(code);
            has_codes = true;
        }
        AdamwStep step = decaying;
        if (!tensor.decayed) step.decay = 1.0f;
        const bool narrow = tensor.dtype == LEEWAY_BF16, narrow_gradient = tensor.gradient_dtype == LEEWAY_BF16;
        const uint64_t own = seed + uint64_t(index);
        if (narrow && narrow_gradient) update_tile<bf16, bf16>(tensor, own, step, code, tile);
        else if (narrow) update_tile<bf16, float>(tensor, own, step, code, tile);
        else if (narrow_gradient) update_tile<float, bf16>(tensor, own, step, code, tile);
        else update_tile<float, float>(tensor, own, step, code, tile);
    }
}

__global__ void __launch_bounds__(threads) find_scale(int64_t tensors, const double *sum, const int64_t *nonfinite, double max_norm,
                                                      double largest, double *scale) {
    LEEWAY_SHARED(double, tile, threads);
    int broken = 0;
    double squares = 0.0;
    for (int64_t first = 0; first < tensors; first += threads) {
        const int held = int(min(tensors - first, int64_t(threads)));
        __syncthreads();
        if (int(threadIdx.x) < held) {
            tile[threadIdx.x] = sum[first + threadIdx.x];
            broken += nonfinite[first + threadIdx.x] != 0;
        }
        __syncthreads();
        for (int i = 0; i < held && threadIdx.x == 0; i++) squares += tile[i];
    }
    broken = block_sum<threads>(broken);
    if (threadIdx.x == 0) *scale = clip_scale(sqrt(squares), broken == 0, max_norm, largest);
}

/* Few blocks, since each reads the tables: two a multiprocessor. */
template <class P, class G>
leeway_status update_coded(leeway_stream *stream, const leeway_adamw_args &args, const Weights<P, G> &weights) {
    const int64_t needed = blocks_of(blocks_of(args.count, moment_block) * warp, int64_t(code_threads));
    const int64_t most = int64_t(stream->properties.multiProcessorCount) * 2;
    const Codes first = {static_cast<uint8_t *>(args.m), args.m_scale}, second = {static_cast<uint8_t *>(args.v), args.v_scale};
    return LEEWAY_LAUNCH(stream, (update_codes<P, G>), unsigned(std::min(needed, most)), code_threads, 0, weights,
                         step_of(args, args.gradient_scale), first,
                         second);
}

}  // namespace

leeway_status leeway_adamw(leeway_stream *stream, const leeway_adamw_args *args) {
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "adamw", {args->count}));
    if (args->count == 0) return LEEWAY_OK;
    return with_type(args->dtype, [&](auto type) {
        return with_type(args->gradient_dtype, [&](auto gradient_type) {
            using P = decltype(type);
            using G = decltype(gradient_type);
            const Weights<P, G> weights = {args->count, static_cast<P *>(args->parameter), args->master,
                                           static_cast<const G *>(args->gradient), args->seed, args->stochastic != 0};
            if (args->moment_dtype == LEEWAY_U8) return update_coded(stream, *args, weights);
            return with_type(args->moment_dtype, [&](auto moment_type) {
                using M = decltype(moment_type);
                const unsigned blocks = grid_for(stream, blocks_of(args->count, int64_t(n)), threads);
                return LEEWAY_LAUNCH(stream, (update<P, G, M>), blocks, threads, 0, weights, step_of(*args, args->gradient_scale),
                                     static_cast<M *>(args->m), static_cast<M *>(args->v));
            });
        });
    });
}

leeway_status leeway_clip_scale(leeway_stream *stream, const leeway_clip_scale_args *args) {
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "clip_scale", {args->tensors}));
    return LEEWAY_LAUNCH(stream, find_scale, 1, threads, 0, args->tensors, args->sum, args->nonfinite, args->max_norm, args->largest,
                         args->scale);
}

/* As many blocks as can run at once: each reads the tables of codes once. */
leeway_status leeway_adamw_tensors(leeway_stream *stream, const leeway_adamw_tensors_args *args) {
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "adamw_tensors", {args->tensors, args->tiles}));
    if (args->tiles == 0) return LEEWAY_OK;
    Table table = {args->tensors, args->tiles, args->table, stream->faults, 0};
    LEEWAY_TRY(rule(stream, {LEEWAY_BAD_DATA, LEEWAY_BROKEN_ENTRY("adamw_tensors"), args->tiles}, &table.rule));
    const int64_t most = int64_t(stream->properties.multiProcessorCount) * 4;
    return LEEWAY_LAUNCH(stream, update_tensors, unsigned(std::min(args->tiles, most)), code_threads, 0, table,
                         step_of(*args, 1.0), args->gradient_scale, args->seed);
}
