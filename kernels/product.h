/* product.h: the matrix product that linear layers and the head are made of; operand.h states operands and numerics.
 *
 *     const Operand x = by_row(args->x, args->dtype, hidden);
 *     Product job = dense_product(c, rows, tokens, false, {x, weight_transposed(weight, token, vocabulary, hidden), hidden});
 *     LEEWAY_TRY(product(stream, job));
 *
 * Of both operands lane_stride or k_stride is 1. packed is not read. An NF4 operand is B.
 */
#pragma once

#include "operand.h"
#include "stream.h"

namespace leeway {

/* Queues C. M = 0 or N = 0: nothing. */
leeway_status product(leeway_stream *stream, const Product &job);

}  // namespace leeway
