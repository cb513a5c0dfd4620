/* product.h: the fp32 matrix product that linear layers and the head are made of.
 *
 *     C[m,n] (+)= sum over terms t of alpha_t * sum over k of A_t[m,k] B_t[k,n]      and + bias[n] behind the first term
 *
 * Every C element is made in one way, whatever M, N, the strides, the packing, the tiles and the number of threads:
 *   - k is cut into blocks of 512; a block's sum is one chain of fused multiply-adds over ascending k that starts from 0;
 *   - C = fma(alpha, block sum, C) for the blocks in order, terms in order, C being 0 at first unless accumulate; bias is added behind
 *     the last block of the first term.
 * So a row's bits depend neither on the rows beside it nor on who computes it.
 *
 * How: a task owns a tile of C. For each block of k it packs A's rows of the tile into panels of at most `height` rows, then walks the
 * columns in strips of 256: it packs B's columns into panels of `width` and multiplies all panels of A with them. A panel of A stays in
 * the L1 cache, the strip of B in L2. B may come packed (leeway_pack_weight), which skips its packing.
 */
#pragma once

#include <cstdint>

#include "leeway.h"

namespace leeway {

inline constexpr int64_t product_block = 512;

/* Element (lane, k) of an operand: lane is a row of A or a column of B. At lane * lane_stride + k * k_stride of data, or the same
 * element of an NF4 matrix whose element 0 is number origin. packed, for B only: all packed_lanes columns of the matrix in panels; the
 * product's column 0 is column packed_first of it, a multiple of product_width(). */
struct Operand {
    const float *data = nullptr;
    int64_t lane_stride = 0;
    int64_t k_stride = 0;
    const uint8_t *codes = nullptr;
    const float *absmax = nullptr;
    int64_t origin = 0;
    const float *packed = nullptr;
    int64_t packed_lanes = 0;
    int64_t packed_first = 0;
};

struct Term {
    Operand a;
    Operand b;
    int64_t depth = 0; /* K >= 1 */
    float alpha = 1;
};

struct Product {
    int64_t rows;    /* M */
    int64_t columns; /* N */
    float *c;
    int64_t c_stride;
    bool accumulate;
    int64_t terms; /* 1 or 2 */
    Term term[2];
    const float *bias = nullptr; /* (N) or NULL */
};

/* C (rows, columns) dense (+)= one term. */
inline Product dense_product(float *c, int64_t rows, int64_t columns, bool accumulate, const Term &term) {
    return {.rows = rows, .columns = columns, .c = c, .c_stride = columns, .accumulate = accumulate, .terms = 1, .term = {term, {}}};
}

/* Computes C. M = 0 or N = 0: nothing. */
void product(leeway_stream *stream, const Product &job);

/* Columns of a panel on this machine. */
int64_t product_width();

/* Bytes of a packed B of so many columns. */
int64_t product_packed_bytes(int64_t columns, int64_t depth);

/* Writes all panels of B: for block after block of k, panel after panel, [k][width], columns behind the last one as zeros. */
void product_pack(leeway_stream *stream, const Operand &b, int64_t columns, int64_t depth, float *packed);

/* y[n] for n in [0, count) of an NF4 matrix, from element first on. */
void nf4_decode(const uint8_t *codes, const float *absmax, int64_t first, int64_t count, float *y);

}  // namespace leeway
