/* attention.cu: causal attention of a tile of query rows over blocks of 64 keys: packed or in pages, prefill or decoding.
 *
 * Source: Dao et al. 2022, algorithm 1. For a row and a block, in order:
 *     a = q . k          one chain over d             (keys that the row does not see: never used)
 *     m' = max(m, max z)      p = exp(z - m')         (exact zeros where unseen)
 *     l = l exp(m - m') + sum p                       four keys of each of sixteen lanes, then a fixed tree
 *     o = o exp(m - m') + sum p v                     one chain over the keys, in which an unseen one adds 0
 * Numerics: elements, p and all sums in fp32. Bytes moved: q and out once; the visible k and v once for 32 rows. */
#include "attention.h"

namespace leeway {
namespace {

/* What the online softmax keeps of a thread's four rows. */
template <int slices>
struct RowState {
    int token[4]; /* -1: no row */
    float max[4];
    float sum[4];
    Four out[slices]; /* not yet divided by the sums */
};

template <int slices>
__device__ RowState<slices> fresh_rows(const AttentionSizes &sizes, const Tile &tile, int position) {
    RowState<slices> state = {};
    for (int i = 0; i < 4; i++) {
        const int64_t row = tile.begin + lane_row() + i;
        state.token[i] = row < tile.end ? position + int(row / sizes.group) : -1;
        state.max[i] = -INFINITY;
    }
    return state;
}

/* Dot products with the block from first_key on become p; sums and outputs so far are scaled to the new maximum. */
template <int slices>
__device__ void soften(const AttentionSizes &sizes, int first_key, Four &dots, RowState<slices> &state) {
    LEEWAY_UNROLL for (int i = 0; i < 4; i++) {
        float top = -INFINITY;
        bool seen[4];
        LEEWAY_UNROLL for (int j = 0; j < 4; j++) {
            seen[j] = sees(sizes, state.token[i], first_key + lane_column() + 16 * j);
            dots.x[i][j] = score(sizes, dots.x[i][j]).z;
            if (seen[j]) top = fmaxf(top, dots.x[i][j]);
        }
        const float new_max = fmaxf(state.max[i], half_warp_max(top));
        const float factor = new_max == state.max[i] ? 1.0f : expf(state.max[i] - new_max);
        LEEWAY_UNROLL for (int j = 0; j < 4; j++) dots.x[i][j] = seen[j] ? expf(dots.x[i][j] - new_max) : 0.0f;
        const float sum = half_warp_sum((dots.x[i][0] + dots.x[i][1]) + (dots.x[i][2] + dots.x[i][3]));
        state.max[i] = new_max;
        state.sum[i] = fmaf(state.sum[i], factor, sum);
        LEEWAY_UNROLL for (int s = 0; s < slices; s++)
            for (int c = 0; c < 4; c++) state.out[s].x[i][c] *= factor;
    }
}

template <int n, int slices, class T>
__device__ void finish(const AttentionSizes &sizes, const Tile &tile, RowState<slices> &state, T *out, float *lse) {
    LEEWAY_UNROLL for (int i = 0; i < 4; i++) {
        if (state.token[i] < 0) continue;
        const int64_t row = query_row(sizes, tile, tile.begin + lane_row() + i);
        LEEWAY_UNROLL for (int s = 0; s < slices; s++)
            for (int c = 0; c < 4; c++) state.out[s].x[i][c] /= state.sum[i];
        store_sums<n>(out + row * sizes.head_dim, sizes.head_dim, state.out, i);
        if (lse != nullptr && lane_column() == 0) lse[row] = state.max[i] + logf(state.sum[i]);
    }
}

/* At two slices shared memory has room for three blocks a multiprocessor at most; fewer registers than these may have would spill. */
template <class T, int n, int slices>
__global__ void __launch_bounds__(attention_threads, slices == 2 ? 3 : 0)
    attend_tile(AttentionSizes sizes, Sequences sequences, Pages pages, const T *q, const T *k, const T *v, T *out, float *lse) {
    LEEWAY_DYNAMIC_SHARED(float, shared);
    const Layout<slices, 1> parts(shared);
    check_starts(sequences);
    const Tile tile = find_tile(sequences, sizes.group, sizes.kv_heads);
    if (tile.begin >= tile.end) return;
    const int position = int(position_of(pages, sequences, tile));
    if (position < 0) return;
    name_rows(parts.rows, tile_rows, [&](int r) { return tile.begin + r < tile.end ? query_row(sizes, tile, tile.begin + r) : -1; });
    hold<n, slices>(parts.held, sizes, RowArray<T>{q, sizes.head_dim}, parts.rows);
    __syncthreads();
    const RowArray<T> keys = {k + tile.head * sizes.head_dim, int64_t(sizes.kv_heads) * sizes.head_dim};
    const RowArray<T> values = {v + tile.head * sizes.head_dim, keys.stride};
    auto state = fresh_rows<slices>(sizes, tile, position);
    const Span all = span_of(sizes, position, tile.begin, tile.end);
    const Span own = span_of(sizes, position, tile.begin + warp_row(), min(tile.end, tile.begin + warp_row() + 8));
    for (int first = all.low / stream_rows * stream_rows; first < all.high; first += stream_rows) {
        name_rows(parts.rows, stream_rows, [&](int r) {
            return first + r >= all.low && first + r < all.high ? key_row(pages, sequences, tile, first + r) : -1;
        });
        const int low = max(0, all.low - first) / 4 * 4, high = min(stream_rows, (all.high - first + 3) / 4 * 4);
        const bool needed = own.meets(first);
        Four dots = {};
        each_slice<n, slices>(parts.streamed, sizes, keys, parts.rows, needed, [&](int s, int width) {
            add_dots(dots, parts.held + s * slice, parts.pitch, parts.streamed, width);
        });
        if (needed) {
            soften(sizes, first, dots, state);
            put_weights(parts.weights, dots);
        }
        each_slice_back<n, slices, false>(parts.streamed, sizes, values, parts.rows, needed, [&](int s, int width) {
            add_product(state.out[s], parts.weights, parts.streamed, low, high, width);
        });
    }
    finish<n>(sizes, tile, state, out, lse);
}

}  // namespace

leeway_status attend(leeway_stream *stream, leeway_dtype dtype, const AttentionShape &shape, const Sequences &sequences,
                     const Pages &pages, const AttentionArrays &arrays) {
    return with_slices(dtype, shape.head_dim, [&](auto type, auto n, auto slices) {
        using T = decltype(type);
        const unsigned blocks = attention_blocks(sequences.rows, shape.group(), sequences.count, shape.kv_heads);
        return LEEWAY_LAUNCH(stream, (attend_tile<T, n, slices>), blocks, attention_threads, Layout<slices, 1>::bytes,
                             AttentionSizes(shape), sequences, pages, static_cast<const T *>(arrays.q), static_cast<const T *>(arrays.k),
                             static_cast<const T *>(arrays.v), static_cast<T *>(arrays.out), arrays.lse);
    });
}

}  // namespace leeway
