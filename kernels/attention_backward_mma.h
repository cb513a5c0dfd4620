/* attention_backward_mma.h: what the kernels of attention_backward on tensor cores share. attention_backward.cu has the formulas and the
 * order of the sums.
 *
 * attention_dq_mma.cu: delta of every query row; then dq of a tile of query rows, which streams keys past it. attention_dkv_mma.cu: dk and
 * dv of a tile of keys, which streams the query rows that see them, in order of t, then h. Two stages of streamed rows come by cp.async,
 * one of them on its way while the other is multiplied. Numerics: sums in fp32, each a chain of mma steps of 16 dims, keys or query rows;
 * scores, p and da are made in fp32, and p and da rounded to bf16 where a product takes them. What a row doesn't see adds 0; only blocks
 * with such pairs ask which.
 */
#pragma once

#include "attention_backward.h"
#include "attention_mma.h"

namespace leeway {

inline constexpr int tensor_threads = 4 * warp;

/* How the kernels for so many dims cut their work. */
template <int dims_>
struct Form {
    static constexpr int dims = dims_;
    static constexpr int tall = dims <= 128 ? 2 : 1;          /* 16 rows each that a warp holds */
    static constexpr int streamed = dims <= 128 ? 32 : 16;    /* rows at a time */
    static constexpr int pieces = streamed / 8;
    static constexpr int query_blocks = dims <= 32 ? 3 : 2, key_blocks = dims <= 64 ? 3 : 2; /* that a multiprocessor holds */
    static constexpr int query_rows = 4 * 16 * tall, key_rows = 2 * 16 * tall; /* of a tile */
    static constexpr int row_bytes = tile_row_bytes<dims>;
    static constexpr int stream_bytes = streamed * row_bytes;
};

/* A warp's products of its rows with the streamed ones: rows lane / 4 + 16 i + 8 h, columns 2 (lane % 4) + 8 j and the next one, in
 * [i][j].x[2 h] and [2 h + 1]. */
template <class F>
struct Pairs {
    SumPiece piece[F::tall][F::pieces];
};
template <class F>
struct RowSums {
    SumPiece piece[F::tall][F::dims / 8];
};

/* to = rows of held, from the warp's first one on, times streamed rows. */
template <class F>
__device__ __forceinline__ void multiply_rows(const char *held, const char *streamed, int lane, Pairs<F> &to) {
    LEEWAY_UNROLL for (int i = 0; i < F::tall; i++)
        LEEWAY_UNROLL for (int j = 0; j < F::pieces; j++) to.piece[i][j] = {};
    multiply_along<F::dims>(held, streamed, lane, to.piece);
}

/* sums += pairs, rounded, times streamed rows. */
template <class F>
__device__ __forceinline__ void add_weighted(const Pairs<F> &pairs, const char *streamed, int lane, RowSums<F> &sums) {
    Left weights[F::tall][F::streamed / 16];
    LEEWAY_UNROLL for (int i = 0; i < F::tall; i++)
        LEEWAY_UNROLL for (int k = 0; k < F::streamed / 16; k++)
            weights[i][k] = narrow_left(pairs.piece[i][2 * k], pairs.piece[i][2 * k + 1]);
    multiply_across<F::dims>(weights, streamed, lane, sums.piece);
}

/* Sums of the warp's rows to rows of an array: at(r) is where row r of the warp begins, below 0: nowhere. */
template <class F, class At>
__device__ __forceinline__ void store_rows(const RowSums<F> &sums, int head_dim, int lane, bf16 *to, At at) {
    LEEWAY_UNROLL for (int i = 0; i < F::tall; i++)
        LEEWAY_UNROLL for (int h = 0; h < 2; h++)
            if (const int64_t row = at(16 * i + 8 * h + piece_row(lane)); row >= 0)
                store_pieces(to + row, head_dim, lane, sums.piece[i], h, 1.0f);
}

inline constexpr float log2e = 1.44269504f;

/* sees of attention_tile.h by one comparison, token = -1 (no row) included. */
__device__ __forceinline__ bool sees_now(const AttentionSizes &sizes, int token, int key) {
    return unsigned(token - key) < unsigned(sizes.window);
}

/* p = exp(z - lse) = 2^(log2(e) z - lse2), and slope = scale cap'(z), so that da = p slope (dout . v - delta). Roundings of the exponent:
 * its factor, lse2 and the sum. */
struct PairWeight {
    float p;
    float slope;
};
template <bool capped>
struct Weigher {
    const float scale, factor; /* of q . k: to the exponent, or with a cap to the argument of tanh */
    const float cap;           /* of tanh, to the exponent */
    __device__ explicit Weigher(const AttentionSizes &sizes)
        : scale(sizes.scale), factor(capped ? sizes.scale / sizes.softcap : sizes.scale * log2e), cap(sizes.softcap * log2e) {}
    __device__ __forceinline__ PairWeight operator()(float dot, float lse2) const {
        if (!capped) return {power_of_two(fmaf(dot, factor, -lse2)), scale};
        const float t = tanhf(dot * factor);
        return {power_of_two(fmaf(t, cap, -lse2)), scale * fmaf(-t, t, 1.0f)};
    }
};

/* body(whole, capped), two constants: whole where every row of a block sees every key, and it pays to know. */
template <class Body>
__device__ __forceinline__ void with_kind(const AttentionSizes &sizes, bool whole, Body body) {
    if (sizes.softcap > 0.0f) body(std::false_type(), std::true_type());
    else if (whole) body(std::true_type(), std::false_type());
    else body(std::false_type(), std::false_type());
}

/* delta and dq; then, given delta, dk and dv. head_dim is a multiple of 16. */
leeway_status tensor_query_gradients(leeway_stream *stream, const AttentionShape &shape, const Sequences &sequences,
                                     const BackwardArrays<bf16> &arrays);
leeway_status tensor_key_gradients(leeway_stream *stream, const AttentionShape &shape, const Sequences &sequences,
                                   const BackwardArrays<bf16> &arrays);

}  // namespace leeway
