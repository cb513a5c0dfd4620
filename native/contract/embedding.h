/* embedding.h: the arguments of embedding_forward and embedding_backward (layers.h). */
#pragma once

#include "check.h"

namespace leeway {

inline leeway_status check(const leeway_embedding_forward_args &args) {
    LEEWAY_CHECK("embedding_forward", args.rows >= 0 && args.width > 0 && args.vocabulary > 0,
                 "rows >= 0, width > 0 and vocabulary > 0 expected, got %lld, %lld, %lld", (long long)args.rows, (long long)args.width,
                 (long long)args.vocabulary);
    LEEWAY_CHECK_FLOAT("embedding_forward", "dtype", args.dtype);
    if (args.rows == 0) return LEEWAY_OK;
    LEEWAY_CHECK("embedding_forward", args.tokens && args.table && args.y, "tokens, table and y must not be NULL");
    LEEWAY_CHECK("embedding_forward", !args.noise_bound || args.row_ids, "row_ids must be given where noise_bound is");
    return LEEWAY_OK;
}

inline leeway_status check(const leeway_embedding_backward_args &args) {
    LEEWAY_CHECK("embedding_backward", args.rows >= 0 && args.rows <= INT32_MAX && args.width > 0 && args.vocabulary > 0,
                 "rows 0..2^31-1, width > 0 and vocabulary > 0 expected, got %lld, %lld, %lld", (long long)args.rows,
                 (long long)args.width, (long long)args.vocabulary);
    LEEWAY_CHECK_FLOAT("embedding_backward", "dtype", args.dtype);
    LEEWAY_CHECK_FLOAT("embedding_backward", "gradient_dtype", args.gradient_dtype);
    LEEWAY_CHECK("embedding_backward", args.rows == 0 || (args.tokens && args.dy && args.dtable),
                 "tokens, dy and dtable must not be NULL");
    return LEEWAY_OK;
}

}  // namespace leeway
