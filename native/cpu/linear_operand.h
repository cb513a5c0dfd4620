/* linear_operand.h: weights and low-rank terms of the ABI as operands of the product, and how entry points check them. */
#pragma once

#include "check.h"
#include "dtype.h"
#include "product.h"

namespace leeway {

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

/* LEEWAY_OK, or refuses with a sentence that begins with op. */
leeway_status check_sizes(const char *op, int64_t rows, int64_t in, int64_t out);
leeway_status check_weight(const char *op, const leeway_weight &weight, int64_t in, int64_t out);
leeway_status check_lora(const char *op, const leeway_lora &lora);

/* dropped = drop(x) of leeway_lora; and its gradient: term = term * mask / (1-p) + (sum or 0). All (rows, in); x and sum are of dtype. */
void lora_drop(leeway_stream *stream, const leeway_lora &lora, int64_t rows, int64_t in, const void *x, leeway_dtype dtype, float *dropped);
void lora_mask(leeway_stream *stream, const leeway_lora &lora, int64_t rows, int64_t in, float *term, const void *sum, leeway_dtype dtype);

}  // namespace leeway
