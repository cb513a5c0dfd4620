/* product.h: the matrix product that linear layers and the head are made of.
 *
 *     C[m,n] (+)= sum over terms t of alpha_t * sum over k of A_t[m,k] B_t[k,n]      and + bias[n] behind the first term
 *
 * Operands are fp32, bf16 or NF4, C is fp32 or bf16, accumulation is in fp32. Every C element is made in one way, whatever M, N, the
 * strides, the packing, the tiles and the number of threads:
 *   - k is cut into blocks of 512; a block's sum is one chain of fused multiply-adds over ascending k that starts from 0;
 *   - C = fma(alpha, block sum, C) for the blocks in order, terms in order, C being 0 at first unless accumulate or base; bias is added
 *     behind the last block of the first term;
 *   - a C of bf16 is widened before and rounded once behind all of this.
 * So a row's bits depend neither on the rows beside it nor on who computes it. An NF4 operand beside a bf16 one is rounded to bf16. The
 * product of two bf16 operands has the bits of the product of the same numbers in fp32 (subnormal numbers may count as 0).
 *
 * How: a task owns a tile of C. For each block of k it packs A's rows of the tile into panels of at most `height` rows, then walks the
 * columns in strips: it packs B's columns into panels of `width` and multiplies all panels of A with them. A panel of A stays in the L1
 * cache, the strip of B in L2. Two bf16 operands are packed as pairs where the processor multiplies pairs, else widened. B may come packed
 * (leeway_pack_weight), which skips its packing.
 */
#pragma once

#include <cstdint>

#include "bf16.h"
#include "leeway.h"

namespace leeway {

inline constexpr int64_t product_block = 512;

/* Element (lane, k) of an operand: lane is a row of A or a column of B. At element lane * lane_stride + k * k_stride of data, or of an NF4
 * matrix (B only) counted from element origin on. packed, for B only: all packed_lanes columns of the matrix in panels; the product's
 * column 0 is column packed_first of it, a multiple of product_width(). */
struct Operand {
    const void *data = nullptr;
    leeway_dtype dtype = LEEWAY_F32; /* F32, BF16, NF4 */
    int64_t lane_stride = 0;
    int64_t k_stride = 0;
    const float *absmax = nullptr;
    int64_t origin = 0;
    const void *packed = nullptr;
    int64_t packed_lanes = 0;
    int64_t packed_first = 0;
};

struct Term {
    Operand a;
    Operand b;
    int64_t depth = 0; /* K >= 1 */
    float alpha = 1;
};

/* C (rows, columns) (+)= the terms + bias. c and bias are of dtype. */
struct Product {
    int64_t rows;    /* M */
    int64_t columns; /* N */
    void *c;
    leeway_dtype dtype; /* F32, BF16 */
    int64_t c_stride;
    bool accumulate;
    int64_t terms; /* 1 or 2 */
    Term term[2];
    const void *bias = nullptr; /* (N) or NULL */
    const float *base = nullptr; /* or what C starts from, with C's strides */
};

/* C (rows, columns) dense (+)= one term. */
inline Product dense_product(void *c, leeway_dtype dtype, int64_t rows, int64_t columns, bool accumulate, const Term &term) {
    return {.rows = rows, .columns = columns, .c = c, .dtype = dtype, .c_stride = columns, .accumulate = accumulate, .terms = 1,
            .term = {term, {}}};
}
inline Product dense_product(float *c, int64_t rows, int64_t columns, bool accumulate, const Term &term) {
    return dense_product(c, LEEWAY_F32, rows, columns, accumulate, term);
}

/* Computes C. M = 0 or N = 0: nothing. */
void product(leeway_stream *stream, const Product &job);

/* Columns of a panel on this machine. */
int64_t product_width();

/* Bytes of a packed B of so many columns and this dtype; 0 where this processor has no layout that is used in its place. */
int64_t product_packed_bytes(leeway_dtype dtype, int64_t columns, int64_t depth);

/* Writes all panels of B: for block after block of k, panel after panel, [step][width], columns behind the last one as zeros. */
void product_pack(leeway_stream *stream, const Operand &b, int64_t columns, int64_t depth, void *packed);

/* y[n] for n in [0, count) of an NF4 matrix, from element first on, rounded where y is bf16. */
void nf4_decode(const void *codes, const float *absmax, int64_t first, int64_t count, float *y);
void nf4_decode(const void *codes, const float *absmax, int64_t first, int64_t count, bf16 *y);

}  // namespace leeway
