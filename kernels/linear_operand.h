/* linear_operand.h: what linear layers and the head share on the device: the checks of weights and low-rank terms, and dropout. */
#pragma once

#include "linear.h"
#include "product.h"

namespace leeway {

/* dropped = drop(x) of leeway_lora; and its gradient: term = term * mask / (1-p) + (sum or 0). All (rows, in); x and sum are of dtype. */
leeway_status lora_drop(leeway_stream *stream, const leeway_lora &lora, int64_t rows, int64_t in, const void *x, leeway_dtype dtype,
                        float *dropped);
leeway_status lora_mask(leeway_stream *stream, const leeway_lora &lora, int64_t rows, int64_t in, float *term, const void *sum,
                        leeway_dtype dtype);

}  // namespace leeway
