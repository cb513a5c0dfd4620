/* attention_online.h: the online softmax of attention on tensor cores, and how the keys of a row are cut: what the kernels that run over
 * all keys of a row (attention_mma.cu) and over parts of them (attention_splits.cu) share, hence the same bits.
 *
 * For a row and a block of 64 keys, in order (a = q . k; z = a, or the capped score; c z counts in powers of 2):
 *     m' = max(m, max z)    p = 2^(c z - c m')            (exact zeros where unseen)
 *     l = l 2^(c m - c m') + sum p                        16 keys of each of four lanes in order, even and odd columns apart
 *     o = o 2^(c m - c m') + sum bf16(p) v                one chain over the keys
 * Keys are cut into splits of key_split at absolute positions; each begins anew, and behind it the four lanes' l are added and the split is
 * merged with those before it, from M = -inf, L = 0, O = 0 on:
 *     M' = max(M, c m)      L = l 2^(c m - M') + L 2^(M - M')      O = o 2^(c m - M') + O 2^(M - M')
 * A block or split of which a row sees no key leaves its bits as they are. Products that meet a sum are rounded or fused by name, so that
 * no compiler decides on bits.
 */
#pragma once

#include "attention.h"
#include "attention_mma.h"

namespace leeway {

inline constexpr int key_tile = int(key_block);

/* How a dot product becomes an exponent of 2: times of_z, where it is not plain after score(). */
struct Exponent {
    bool plain;
    float of_z;
    explicit Exponent(const AttentionShape &shape)
        : plain(shape.softcap <= 0.0f && shape.scale >= 1e-20f), of_z(float((plain ? double(shape.scale) : 1.0) * 1.4426950408889634)) {}
};

/* What the kernels are given. */
struct TensorJob {
    AttentionSizes sizes;
    Exponent exponent;
    Sequences sequences;
    Pages pages;
    const bf16 *q;
    const bf16 *k;
    const bf16 *v;
    bf16 *out;
    float *lse;
    TensorJob(const AttentionShape &shape, const Sequences &sequences, const Pages &pages, const AttentionArrays &arrays)
        : sizes(shape), exponent(shape), sequences(sequences), pages(pages), q(static_cast<const bf16 *>(arrays.q)),
          k(static_cast<const bf16 *>(arrays.k)), v(static_cast<const bf16 *>(arrays.v)), out(static_cast<bf16 *>(arrays.out)),
          lse(arrays.lse) {}
};

/* What the online softmax keeps of a lane's rows: row_of(i, h) = 16 i + 8 h + piece_row of the warp's rows. */
template <int tall, int dims>
struct OnlineRows {
    float max[tall][2]; /* of z, and of c z once the splits are merged */
    float sum[tall][2]; /* the lane's part; of all four once they are merged */
    SumPiece out[tall][dims / 8];
    static constexpr int floats = tall * (dims / 2 + 4); /* in totals */

    __device__ __forceinline__ void begin() {
        LEEWAY_UNROLL for (int i = 0; i < tall; i++) {
            LEEWAY_UNROLL for (int h = 0; h < 2; h++) max[i][h] = -INFINITY, sum[i][h] = 0.0f;
            LEEWAY_UNROLL for (int j = 0; j < dims / 8; j++) out[i][j] = {};
        }
    }
};

/* Dots of keys that a row does not see become -inf. token(8 h): of the lane's rows, -1: none. first: the first piece's key of this lane. */
template <class Token>
__device__ __forceinline__ void hide(const AttentionSizes &sizes, Token token, int first, SumPiece (&dots)[key_tile / 8]) {
    LEEWAY_UNROLL for (int h = 0; h < 2; h++) {
        const int ago = token(8 * h) - first;
        LEEWAY_UNROLL for (int j = 0; j < key_tile / 8; j++)
            LEEWAY_UNROLL for (int e = 0; e < 2; e++)
                if (unsigned(ago - 8 * j - e) >= unsigned(sizes.window)) dots[j].x[2 * h + e] = -INFINITY;
    }
}

/* Dots of 16 rows with a block of keys become p; what is kept of the rows is scaled to the new maximum. */
template <int dims>
__device__ __forceinline__ void soften(float of_z, SumPiece (&dots)[key_tile / 8], float (&max)[2], float (&sum)[2],
                                       SumPiece (&out)[dims / 8]) {
    LEEWAY_UNROLL for (int h = 0; h < 2; h++) {
        float top = -INFINITY;
        LEEWAY_UNROLL for (int j = 0; j < key_tile / 8; j++) top = fmaxf(top, fmaxf(dots[j].x[2 * h], dots[j].x[2 * h + 1]));
        top = fmaxf(max[h], quad_max(top));
        const float shift = top == -INFINITY ? 0.0f : rounded_product(top, of_z); /* a row that has seen nothing: 2^-inf everywhere */
        const float factor = power_of_two(rounded_product(max[h], of_z) - shift);
        float even = 0.0f, odd = 0.0f;
        LEEWAY_UNROLL for (int j = 0; j < key_tile / 8; j++) {
            float *const pair = dots[j].x + 2 * h;
            pair[0] = power_of_two(fmaf(pair[0], of_z, -shift));
            pair[1] = power_of_two(fmaf(pair[1], of_z, -shift));
            even += pair[0];
            odd += pair[1];
        }
        sum[h] = fmaf(sum[h], factor, even + odd);
        max[h] = top;
        LEEWAY_UNROLL for (int j = 0; j < dims / 8; j++)
            LEEWAY_UNROLL for (int e = 0; e < 2; e++) out[j].x[2 * h + e] = rounded_product(out[j].x[2 * h + e], factor);
    }
}

/* One block of keys whose dot products are in dots: p as a left operand, rows scaled. token(16 i + 8 h): of a row. whole: every row sees
 * every key. */
template <int tall, int dims, class Token>
__device__ __forceinline__ void soften_block(const AttentionSizes &sizes, const Exponent &exponent, Token token, int first, bool whole,
                                             SumPiece (&dots)[tall][key_tile / 8], OnlineRows<tall, dims> &rows,
                                             Left (&weights)[tall][key_tile / 16]) {
    LEEWAY_UNROLL for (int i = 0; i < tall; i++) {
        if (!exponent.plain) {
            LEEWAY_UNROLL for (int j = 0; j < key_tile / 8; j++)
                LEEWAY_UNROLL for (int e = 0; e < 4; e++) dots[i][j].x[e] = score(sizes, dots[i][j].x[e]).z;
        }
        if (!whole) hide(sizes, [&](int row) { return token(16 * i + row); }, first, dots[i]);
        soften<dims>(exponent.of_z, dots[i], rows.max[i], rows.sum[i], rows.out[i]);
        LEEWAY_UNROLL for (int s = 0; s < key_tile / 16; s++) weights[i][s] = narrow_left(dots[i][2 * s], dots[i][2 * s + 1]);
    }
}

/* How the totals before a split and the split are scaled to be added. */
struct Merge {
    float shift, of_total, of_split;
    __device__ Merge(float total, float split) : shift(fmaxf(total, split)) {
        const float base = shift == -INFINITY ? 0.0f : shift;
        of_total = power_of_two(total - base);
        of_split = power_of_two(split - base);
    }
    __device__ float operator()(float total, float split) const { return fmaf(split, of_split, rounded_product(total, of_total)); }
};

/* Ends a split: merges it with the totals, which wait as element e of a lane in totals[e * pitch]; first: there are none yet. The last
 * one's result stays in rows; behind the others rows are fresh. */
template <int tall, int dims>
__device__ __forceinline__ void close_split(float of_z, OnlineRows<tall, dims> &rows, float *totals, int pitch, bool first, bool last) {
    LEEWAY_UNROLL for (int i = 0; i < tall; i++)
        LEEWAY_UNROLL for (int h = 0; h < 2; h++) {
            float *const at = totals + (2 * i + h) * (dims / 4 + 2) * pitch;
            const Merge merge(first ? -INFINITY : at[0], rounded_product(rows.max[i][h], of_z));
            rows.max[i][h] = merge.shift;
            rows.sum[i][h] = merge(first ? 0.0f : at[pitch], quad_sum(rows.sum[i][h]));
            LEEWAY_UNROLL for (int e = 0; e < dims / 4; e++) {
                float &x = rows.out[i][e / 2].x[2 * h + e % 2];
                x = merge(first ? 0.0f : at[(2 + e) * pitch], x);
                if (!last) at[(2 + e) * pitch] = x;
            }
            if (last) continue;
            at[0] = rows.max[i][h];
            at[pitch] = rows.sum[i][h];
        }
    if (!last) rows.begin();
}

/* log sum exp of a row whose splits are merged. */
__device__ inline float log_sum(float shift, float sum) { return fmaf(shift, 0.693147181f, logf(sum)); }

}  // namespace leeway
