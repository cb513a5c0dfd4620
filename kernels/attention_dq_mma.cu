/* attention_dq_mma.cu: delta and dq of attention_backward on tensor cores (attention_backward_mma.h).
 *
 * A block has a tile of 128 query rows (64 of more than 128 dims), a quarter of them a warp, which goes over all keys; its da goes from
 * sums to operands in registers. Bytes moved: out, q once, dout twice; the visible k and v once a tile. */
#include "attention_backward_mma.h"

namespace leeway {
namespace {

constexpr int lanes_a_row = 8;

__global__ void __launch_bounds__(tensor_threads) row_deltas(int64_t rows, int head_dim, const bf16 *out, const bf16 *dout, float *delta) {
    constexpr int lanes = lanes_a_row, n = pack_size<bf16>;
    const int64_t row = grid_index() / lanes;
    float sum = 0.0f;
    for (int d = int(threadIdx.x) % lanes * n; row < rows && d < head_dim; d += lanes * n) {
        const auto x = load<n>(out + row * head_dim + d), y = load<n>(dout + row * head_dim + d);
        LEEWAY_UNROLL for (int e = 0; e < n; e++) sum = fmaf(x.x[e], y.x[e], sum);
    }
    for (int distance = lanes / 2; distance > 0; distance /= 2) sum += __shfl_xor_sync(all_lanes, sum, distance);
    if (row < rows && threadIdx.x % lanes == 0) delta[row] = sum;
}

/* The dynamic shared memory of query_gradients. */
template <class F>
struct QueryParts {
    static constexpr int held_bytes = F::query_rows * F::row_bytes;
    static constexpr size_t bytes =
        2 * held_bytes + 4 * F::stream_bytes + F::query_rows * (sizeof(int64_t) + 2 * sizeof(float) + sizeof(int));
    static_assert(bytes <= 99 << 10);
    char *const q;
    char *const dout;
    char *const streamed; /* k, v twice */
    int64_t *const rows;  /* of the tile's rows, below 0: none */
    float *const lse2;    /* log2(e) lse */
    float *const delta;
    int *const token;
    __device__ explicit QueryParts(char *shared)
        : q(shared), dout(q + held_bytes), streamed(dout + held_bytes), rows(reinterpret_cast<int64_t *>(streamed + 4 * F::stream_bytes)),
          lse2(reinterpret_cast<float *>(rows + F::query_rows)), delta(lse2 + F::query_rows),
          token(reinterpret_cast<int *>(delta + F::query_rows)) {}
    __device__ char *stage(int s) const { return streamed + s % 2 * (2 * F::stream_bytes); }
};

/* Begins to copy q and dout, and reads what else is known of the tile's rows. */
template <class F>
__device__ void hold_queries(const AttentionSizes &sizes, const Tile &tile, const BackwardArrays<bf16> &arrays,
                             const QueryParts<F> &parts) {
    name_rows(parts.rows, F::query_rows, [&](int r) {
        const bool exists = tile.begin + r < tile.end;
        const int64_t row = exists ? query_row(sizes, tile, tile.begin + r) : -1;
        parts.token[r] = exists ? int((tile.begin + r) / sizes.group) : -1;
        parts.lse2[r] = exists ? arrays.lse[row] * log2e : 0.0f;
        parts.delta[r] = exists ? arrays.delta[row] : 0.0f;
        return row;
    });
    auto at = [&](int r) { return parts.rows[r] < 0 ? -1 : parts.rows[r] * sizes.head_dim; };
    copy_rows<F::dims, F::query_rows, tensor_threads>(parts.q, arrays.q, sizes.head_dim, int(threadIdx.x), at);
    copy_rows<F::dims, F::query_rows, tensor_threads>(parts.dout, arrays.dout, sizes.head_dim, int(threadIdx.x), at);
}

/* da instead of y = dout . v, given x = q . k, of the warp's rows from row on and the keys from first on. */
template <bool whole, bool capped, class F>
__device__ __forceinline__ void weigh_queries(const AttentionSizes &sizes, const QueryParts<F> &parts, int row, int first,
                                              const Pairs<F> &x, Pairs<F> &y) {
    const int lane = int(threadIdx.x) % warp;
    const Weigher<capped> weigher(sizes);
    LEEWAY_UNROLL for (int i = 0; i < F::tall; i++)
        LEEWAY_UNROLL for (int h = 0; h < 2; h++) {
            const int r = row + piece_row(lane) + 16 * i + 8 * h;
            const float lse2 = parts.lse2[r], delta = parts.delta[r];
            const int token = whole ? 0 : parts.token[r];
            LEEWAY_UNROLL for (int j = 0; j < F::pieces; j++)
                LEEWAY_UNROLL for (int e = 2 * h; e < 2 * h + 2; e++) {
                    const PairWeight w = weigher(x.piece[i][j].x[e], lse2);
                    const float da = w.p * w.slope * (y.piece[i][j].x[e] - delta);
                    const bool seen = whole || sees_now(sizes, token, first + 8 * j + piece_column(lane) + e % 2);
                    y.piece[i][j].x[e] = seen ? da : 0.0f;
                }
        }
}

template <int dims>
__global__ void __launch_bounds__(tensor_threads, Form<dims>::query_blocks)
    query_gradients(AttentionSizes sizes, Sequences sequences, BackwardArrays<bf16> arrays) {
    using F = Form<dims>;
    LEEWAY_DYNAMIC_SHARED(char, shared);
    const QueryParts<F> parts(shared);
    check_starts(sequences);
    const Tile tile = find_tile<F::query_rows>(sequences, sizes.group, sizes.kv_heads);
    if (tile.begin >= tile.end) return;
    hold_queries(sizes, tile, arrays, parts);
    const int64_t stride = int64_t(sizes.kv_heads) * sizes.head_dim, at = tile.start * stride + tile.head * sizes.head_dim;
    const int lane = int(threadIdx.x) % warp, row = int(threadIdx.x) / warp * 16 * F::tall;
    const Span all = span_of(sizes, 0, tile.begin, tile.end);
    const int64_t own_begin = tile.begin + row;
    const Span own = span_of(sizes, 0, own_begin, min(tile.end, own_begin + 16 * F::tall));
    const int own_token = int(own_begin / sizes.group);
    auto begin = [&](int first, char *stage) {
        auto key = [&](int r) { return first + r >= all.low && first + r < all.high ? (first + r) * stride : -1; };
        copy_rows<dims, F::streamed, tensor_threads>(stage, arrays.k + at, sizes.head_dim, int(threadIdx.x), key);
        copy_rows<dims, F::streamed, tensor_threads>(stage + F::stream_bytes, arrays.v + at, sizes.head_dim, int(threadIdx.x), key);
    };
    RowSums<F> dq = {};
    int first = all.low / F::streamed * F::streamed;
    begin(first, parts.stage(0));
    for (int s = 0; first < all.high; s++, first += F::streamed) {
        commit_async();
        wait_async<0>();
        __syncthreads();  // everybody's part of this stage is there, and the last stage is done with
        if (first + F::streamed < all.high) begin(first + F::streamed, parts.stage(s + 1));
        if (first >= own.high || first + F::streamed <= own.low) continue;
        const char *const keys = parts.stage(s), *const values = keys + F::stream_bytes;
        Pairs<F> x, y;
        multiply_rows(parts.q + row * F::row_bytes, keys, lane, x);
        multiply_rows(parts.dout + row * F::row_bytes, values, lane, y);
        const bool whole = first + F::streamed - 1 <= own_token && own.high - 1 - first < sizes.window;
        with_kind(sizes, whole, [&](auto whole, auto capped) { weigh_queries<whole, capped>(sizes, parts, row, first, x, y); });
        add_weighted(y, keys, lane, dq);
    }
    const int64_t *const rows = parts.rows + row;
    store_rows(dq, sizes.head_dim, lane, arrays.dq, [&](int r) { return rows[r] < 0 ? -1 : rows[r] * sizes.head_dim; });
}

}  // namespace

leeway_status tensor_query_gradients(leeway_stream *stream, const AttentionShape &shape, const Sequences &sequences,
                                     const BackwardArrays<bf16> &arrays) {
    const AttentionSizes sizes(shape);
    const int64_t rows = sequences.rows * shape.heads;
    const auto grid = unsigned(blocks_of(rows * lanes_a_row, int64_t(tensor_threads)));
    LEEWAY_TRY(LEEWAY_LAUNCH(stream, row_deltas, grid, tensor_threads, 0, rows, sizes.head_dim, arrays.out, arrays.dout, arrays.delta));
    return with_dims(shape.head_dim, [&](auto dims) {
        using F = Form<dims>;
        const unsigned tiles = attention_blocks(sequences.rows, shape.group(), sequences.count, shape.kv_heads, F::query_rows);
        return LEEWAY_LAUNCH(stream, query_gradients<dims>, tiles, tensor_threads, QueryParts<F>::bytes, sizes, sequences, arrays);
    });
}

}  // namespace leeway
