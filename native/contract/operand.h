/* operand.h: what the matrix product of linear layers and the head is given on every back end. The numerics, each C element:
 *   - k is cut into blocks of 512; a block's sum is one chain of fused multiply-adds over ascending k that starts from 0; where a device's
 *     tensor cores take a product of bf16, it is a chain of steps of 16 k, and the order inside a step is the chip's own;
 *   - C = fma(alpha, block sum, C) for the blocks in order, terms in order, C being 0 at first unless accumulate or base; bias is added
 *     behind the last block of the first term;
 *   - a C of bf16 is widened before and rounded once behind all of this;
 *   - an NF4 operand beside a bf16 one is rounded to bf16.
 * So a row's bits depend neither on the rows beside it nor on who computes it.
 */
#pragma once

#include "dtype.h"

namespace leeway {

inline constexpr int64_t product_block = 512;

/* Element (lane, k) of an operand: lane is a row of A or a column of B. At element lane * lane_stride + k * k_stride of data, or of an NF4
 * matrix (B only) counted from element origin on. packed, for B only: all packed_lanes columns of the matrix in the back end's own layout;
 * the product's column 0 is column packed_first of it. */
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

/* C (rows, columns) (+)= sum over terms t of alpha_t * sum over k of A_t[m,k] B_t[k,n], + bias[n]. c and bias are of dtype. */
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

/* x (rows, width) row-major as A of x B: lanes are rows. */
inline Operand by_row(const void *x, leeway_dtype dtype, int64_t width) {
    return {.data = x, .dtype = dtype, .lane_stride = width, .k_stride = 1};
}
inline Operand by_row(const float *x, int64_t width) { return by_row(x, LEEWAY_F32, width); }

/* x (depth, width) row-major as A of x^T B, or as B: lanes are columns. */
inline Operand by_column(const void *x, leeway_dtype dtype, int64_t width) {
    return {.data = x, .dtype = dtype, .lane_stride = 1, .k_stride = width};
}
inline Operand by_column(const float *x, int64_t width) { return by_column(x, LEEWAY_F32, width); }

inline Operand weight_operand(const leeway_weight &weight, int64_t first_row, int64_t in) {
    if (weight.dtype == LEEWAY_NF4)
        return {.data = weight.data, .dtype = weight.dtype, .absmax = weight.absmax, .origin = first_row * in};
    return {.data = offset(weight.data, weight.dtype, first_row * in), .dtype = weight.dtype};
}

/* W^T of rows first_row.. of W (out, in) as B of x W^T. */
inline Operand weight_transposed(const leeway_weight &weight, int64_t first_row, int64_t out, int64_t in) {
    Operand operand = weight_operand(weight, first_row, in);
    operand.lane_stride = in;
    operand.k_stride = 1;
    operand.packed = weight.packed;
    operand.packed_lanes = out;
    operand.packed_first = first_row;
    return operand;
}

/* Rows first_row.. of W (out, in) as B of dy W. */
inline Operand weight_plain(const leeway_weight &weight, int64_t first_row, int64_t in) {
    Operand operand = weight_operand(weight, first_row, in);
    operand.lane_stride = 1;
    operand.k_stride = in;
    return operand;
}

}  // namespace leeway
