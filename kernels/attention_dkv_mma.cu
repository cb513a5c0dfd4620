/* attention_dkv_mma.cu: dk and dv of attention_backward on tensor cores (attention_backward_mma.h).
 *
 * A block has a tile of 64 keys (32 of more than 128 dims), half of them a pair of warps: one makes x = q . k, p and dv, the other
 * y = dout . v, da and dk; p slope goes from the first to the second through shared memory. So a warp's sums fit its registers, whatever
 * the head dim. Bytes moved: k and v once; q and dout of the rows that see a tile once a tile. */
#include "attention_backward_mma.h"

namespace leeway {
namespace {

/* The tiles of a sequence in the other order: those that most rows see go first. */
__device__ Tile from_begin(Tile tile, int height) {
    if (tile.begin >= tile.end) return tile;
    tile.begin = (blocks_of(int64_t(tile.tokens), int64_t(height)) - 1) * height - tile.begin;
    tile.end = min(int64_t(tile.tokens), tile.begin + height);
    return tile;
}

/* The dynamic shared memory of key_gradients. Streamed rows are named two stages before they are multiplied. */
template <class F>
struct KeyParts {
    static constexpr int held_bytes = F::key_rows * F::row_bytes;
    static constexpr int names = 4; /* stages whose rows are known */
    static constexpr int weights_of_pair = F::tall * F::pieces * 4 * warp;
    static constexpr size_t bytes = 2 * held_bytes + 4 * F::stream_bytes + 2 * weights_of_pair * sizeof(float) +
                                    names * F::streamed * (sizeof(int64_t) + sizeof(int)) + 4 * F::streamed * sizeof(float);
    static_assert(bytes <= 99 << 10);
    char *const held;     /* k, v */
    char *const streamed; /* q, dout twice */
    float *const weights; /* p slope as the pairs of warps pass it on */
    float *const columns; /* (2, 2, streamed): lse, delta of both stages */
    int64_t *const rows;  /* (names, streamed), below 0: none */
    int *const tokens;    /* (names, streamed) */
    __device__ explicit KeyParts(char *shared)
        : held(shared), streamed(held + 2 * held_bytes), weights(reinterpret_cast<float *>(streamed + 4 * F::stream_bytes)),
          columns(weights + 2 * weights_of_pair), rows(reinterpret_cast<int64_t *>(columns + 4 * F::streamed)),
          tokens(reinterpret_cast<int *>(rows + names * F::streamed)) {}
    __device__ char *stage(int s) const { return streamed + s % 2 * (2 * F::stream_bytes); }
    __device__ float *lse(int s) const { return columns + s % 2 * (2 * F::streamed); }
    __device__ float *delta(int s) const { return lse(s) + F::streamed; }
    __device__ int64_t *rows_of(int s) const { return rows + s % names * F::streamed; }
    __device__ int *tokens_of(int s) const { return tokens + s % names * F::streamed; }
};

/* The query rows that see some key of a tile, in stages. There are fewer than 2^32 of them: their elements would fill 128 GiB. */
template <class F>
struct QueryStream {
    const AttentionSizes &sizes;
    const Tile &tile;
    const BackwardArrays<bf16> &arrays;
    const KeyParts<F> &parts;
    const unsigned rows;

    __device__ QueryStream(const AttentionSizes &sizes, const Tile &tile, const BackwardArrays<bf16> &arrays, const KeyParts<F> &parts)
        : sizes(sizes), tile(tile), arrays(arrays), parts(parts),
          rows(unsigned(min(int64_t(tile.tokens), tile.end - 1 + sizes.window) - tile.begin) * unsigned(sizes.group)) {}

    __device__ int stages() const { return int(blocks_of(rows, unsigned(F::streamed))); }
    /* Of stage s. */
    __device__ int count(int s) const { return int(min(unsigned(F::streamed), rows - unsigned(s) * F::streamed)); }

    /* A barrier goes before begin(s). */
    __device__ void name(int s) const {
        if (int(threadIdx.x) >= F::streamed) return;
        const unsigned row = unsigned(s) * F::streamed + threadIdx.x, group = unsigned(sizes.group), head = row % group;
        const int token = int(tile.begin) + int(row / group);
        parts.tokens_of(s)[threadIdx.x] = row < rows ? token : -1;
        parts.rows_of(s)[threadIdx.x] = row < rows ? (tile.start + token) * sizes.heads + tile.head * sizes.group + int(head) : -1;
    }

    /* Begins to copy. What does not exist becomes 0, and adds 0. */
    __device__ void begin(int s) const {
        const int64_t *rows = parts.rows_of(s);
        auto at = [&](int r) { return rows[r] < 0 ? -1 : rows[r] * sizes.head_dim; };
        char *const stage = parts.stage(s);
        copy_rows<F::dims, F::streamed, tensor_threads>(stage, arrays.q, sizes.head_dim, int(threadIdx.x), at);
        copy_rows<F::dims, F::streamed, tensor_threads>(stage + F::stream_bytes, arrays.dout, sizes.head_dim, int(threadIdx.x), at);
        const int r = int(threadIdx.x) % F::streamed;
        if (int(threadIdx.x) >= 2 * F::streamed) return;
        const bool is_lse = int(threadIdx.x) < F::streamed;
        const float *from = is_lse ? arrays.lse : arrays.delta;
        copy_async4_up_to((is_lse ? parts.lse(s) : parts.delta(s)) + r, rows[r] < 0 ? from : from + rows[r], rows[r] < 0 ? 0 : 4);
    }
};

/* p instead of x = q . k of the warp's keys, from key on, and the streamed rows; p slope to weights. */
template <bool whole, bool capped, class F>
__device__ __forceinline__ void weigh_keys(const AttentionSizes &sizes, const float *lses, const int *tokens, int key, float *weights,
                                           Pairs<F> &x) {
    const int lane = int(threadIdx.x) % warp;
    const Weigher<capped> weigher(sizes);
    LEEWAY_UNROLL for (int j = 0; j < F::pieces; j++) {
        const auto lse = load<2>(lses + 8 * j + piece_column(lane));
        int token[2];
        LEEWAY_UNROLL for (int e = 0; e < 2; e++) token[e] = whole ? 0 : tokens[8 * j + piece_column(lane) + e];
        LEEWAY_UNROLL for (int i = 0; i < F::tall; i++) {
            Floats<4> passed;
            LEEWAY_UNROLL for (int e = 0; e < 4; e++) {
                const PairWeight w = weigher(x.piece[i][j].x[e], lse.x[e % 2] * log2e);
                const bool seen = whole || sees_now(sizes, token[e % 2], key + piece_row(lane) + 16 * i + e / 2 * 8);
                x.piece[i][j].x[e] = seen ? w.p : 0.0f;
                passed.x[e] = seen ? w.p * w.slope : 0.0f;
            }
            store<4>(weights + (i * F::pieces + j) * (4 * warp), passed);
        }
    }
}

/* da instead of y = dout . v. */
template <class F>
__device__ __forceinline__ void take_weights(const float *deltas, const float *weights, Pairs<F> &y) {
    const int lane = int(threadIdx.x) % warp;
    LEEWAY_UNROLL for (int j = 0; j < F::pieces; j++) {
        const auto delta = load<2>(deltas + 8 * j + piece_column(lane));
        LEEWAY_UNROLL for (int i = 0; i < F::tall; i++) {
            const auto passed = load<4>(weights + (i * F::pieces + j) * (4 * warp));
            LEEWAY_UNROLL for (int e = 0; e < 4; e++) y.piece[i][j].x[e] = passed.x[e] * (y.piece[i][j].x[e] - delta.x[e % 2]);
        }
    }
}

template <int dims>
__global__ void __launch_bounds__(tensor_threads, Form<dims>::key_blocks)
    key_gradients(AttentionSizes sizes, Sequences sequences, BackwardArrays<bf16> arrays) {
    using F = Form<dims>;
    using Parts = KeyParts<F>;
    LEEWAY_DYNAMIC_SHARED(char, shared);
    const Parts parts(shared);
    const Tile tile = from_begin(find_tile<F::key_rows>(sequences, 1, sizes.kv_heads), F::key_rows);
    if (tile.begin >= tile.end) return;
    const int64_t stride = int64_t(sizes.kv_heads) * sizes.head_dim, at = (tile.start + tile.begin) * stride + tile.head * sizes.head_dim;
    auto own_row = [&](int r) { return tile.begin + r < tile.end ? r * stride : -1; };
    copy_rows<dims, F::key_rows, tensor_threads>(parts.held, arrays.k + at, sizes.head_dim, int(threadIdx.x), own_row);
    copy_rows<dims, F::key_rows, tensor_threads>(parts.held + Parts::held_bytes, arrays.v + at, sizes.head_dim, int(threadIdx.x), own_row);
    const QueryStream<F> queries(sizes, tile, arrays, parts);
    const int stages = queries.stages();
    queries.name(0);
    queries.name(1);
    __syncthreads();
    queries.begin(0);
    /* of a pair of warps, the one that makes x, p and dv, or y, da and dk; their keys */
    const bool makes_dv = int(threadIdx.x) / warp < 2;
    const int lane = int(threadIdx.x) % warp, pair = int(threadIdx.x) / warp % 2, row = pair * 16 * F::tall;
    const int key = int(tile.begin) + row, last_key = key + 16 * F::tall - 1;
    const char *const held = parts.held + (makes_dv ? 0 : Parts::held_bytes) + row * F::row_bytes;
    float *const weights = parts.weights + pair * Parts::weights_of_pair + 4 * lane;
    RowSums<F> sums = {};
    for (int s = 0; s < stages; s++) {
        commit_async();
        wait_async<0>();
        __syncthreads();  // everybody's part of this stage is there, and the last stage is done with
        if (s + 1 < stages) queries.begin(s + 1);
        queries.name(s + 2);
        const int *tokens = parts.tokens_of(s);
        const int count = queries.count(s), low = tokens[0], high = tokens[count - 1];
        const bool needed = key < tile.end && key <= high && low - last_key < sizes.window;
        const char *const q = parts.stage(s), *const dout = q + F::stream_bytes;
        Pairs<F> pairs;
        if (needed) {
            multiply_rows(held, makes_dv ? q : dout, lane, pairs);
            const bool whole = count == F::streamed && last_key <= low && high - key < sizes.window;
            if (makes_dv)
                with_kind(sizes, whole, [&](auto whole, auto capped) {
                    weigh_keys<whole, capped>(sizes, parts.lse(s), tokens, key, weights, pairs);
                });
        }
        __syncthreads();  // the weights are there
        if (!needed) continue;
        if (!makes_dv) take_weights<F>(parts.delta(s), weights, pairs);
        add_weighted(pairs, makes_dv ? dout : q, lane, sums);
    }
    store_rows(sums, sizes.head_dim, lane, (makes_dv ? arrays.dv : arrays.dk) + at,
                  [&](int r) { return tile.begin + row + r < tile.end ? (row + r) * stride : -1; });
}

}  // namespace

leeway_status tensor_key_gradients(leeway_stream *stream, const AttentionShape &shape, const Sequences &sequences,
                                   const BackwardArrays<bf16> &arrays) {
    return with_dims(shape.head_dim, [&](auto dims) {
        using F = Form<dims>;
        const unsigned tiles = attention_blocks(sequences.rows, 1, sequences.count, shape.kv_heads, F::key_rows);
        return LEEWAY_LAUNCH(stream, key_gradients<dims>, tiles, tensor_threads, KeyParts<F>::bytes, AttentionSizes(shape), sequences,
                             arrays);
    });
}

}  // namespace leeway
