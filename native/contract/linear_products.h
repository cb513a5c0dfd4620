/* linear_products.h: the products that a linear layer is made of, forward and backward, on every back end (linear.h). */
#pragma once

#include "linear.h"
#include "operand.h"

namespace leeway {

/* xa (N,R) = drop(x) A^T; drop(x) lies in dropped. */
inline Product linear_xa(const leeway_linear_forward_args &args) {
    const auto &lora = args.lora;
    const Operand x = drops(lora) ? by_row(args.dropped, args.in) : by_row(args.x, args.dtype, args.in);
    return dense_product(args.xa, args.rows, lora.rank, false, {x, by_row(lora.a, args.in), args.in});
}

/* y (N,O) = x W^T + bias + scaling xa B^T, or += it. */
inline Product linear_y(const leeway_linear_forward_args &args) {
    const auto &lora = args.lora;
    Product y = dense_product(args.y, args.dtype, args.rows, args.out, args.accumulate == 1,
                              {by_row(args.x, args.dtype, args.in), weight_transposed(args.weight, 0, args.out, args.in), args.in});
    y.bias = args.bias;
    if (lora.rank > 0) {
        y.terms = 2;
        y.term[1] = {by_row(args.xa, lora.rank), by_row(lora.b, lora.rank), lora.rank, lora.scaling};
    }
    return y;
}

/* dyb (N,R) = dy B. */
inline Product linear_dyb(const leeway_linear_backward_input_args &args) {
    return dense_product(args.dyb, args.rows, args.lora.rank, false,
                         {by_row(args.dy, args.dtype, args.out), by_column(args.lora.b, args.lora.rank), args.out});
}

/* scaling dyb A. */
inline Term linear_low_rank_dx(const leeway_linear_backward_input_args &args) {
    return {by_row(args.dyb, args.lora.rank), by_column(args.lora.a, args.in), args.lora.rank, args.lora.scaling};
}

/* The same written to dropped (N,I), for lora_mask. */
inline Product linear_dropped_dx(const leeway_linear_backward_input_args &args) {
    return dense_product(args.dropped, args.rows, args.in, false, linear_low_rank_dx(args));
}

/* dx (N,I) = dy W + scaling dyb A, or += it. With dropout dropped holds the low-rank term behind its mask and what dx was. */
inline Product linear_dx(const leeway_linear_backward_input_args &args) {
    Product dx = dense_product(args.dx, args.dtype, args.rows, args.in, args.accumulate == 1,
                               {by_row(args.dy, args.dtype, args.out), weight_plain(args.weight, 0, args.in), args.out});
    if (drops(args.lora)) {
        dx.base = args.dropped;
    } else if (args.lora.rank > 0) {
        dx.term[1] = linear_low_rank_dx(args);
        dx.terms = 2;
    }
    return dx;
}

/* dweight (O,I) += dy^T x. */
inline Product linear_dweight(const leeway_linear_backward_weight_args &args) {
    return dense_product(args.dweight, args.gradient_dtype, args.out, args.in, true,
                         {by_column(args.dy, args.dtype, args.out), by_column(args.x, args.dtype, args.in), args.rows});
}

/* da (R,I) += scaling dyb^T drop(x). */
inline Product linear_da(const leeway_linear_backward_weight_args &args) {
    const auto &lora = args.lora;
    const Operand x = drops(lora) ? by_column(args.dropped, args.in) : by_column(args.x, args.dtype, args.in);
    return dense_product(args.da, lora.rank, args.in, true, {by_column(args.dyb, lora.rank), x, args.rows, lora.scaling});
}

/* db (O,R) += scaling dy^T xa. */
inline Product linear_db(const leeway_linear_backward_weight_args &args) {
    const auto &lora = args.lora;
    return dense_product(args.db, args.out, lora.rank, true,
                         {by_column(args.dy, args.dtype, args.out), by_column(args.xa, lora.rank), args.rows, lora.scaling});
}

}  // namespace leeway
