/* scalar_head.h: the arguments of scalar_head_forward and scalar_head_backward (head.h). */
#pragma once

#include "check.h"

namespace leeway {

template <class Args>
leeway_status check_scalar_head(const char *op, const Args &args) {
    if (args.rows < 0 || args.hidden < 1)
        return fail(LEEWAY_BAD_ARGUMENT, "%s: rows >= 0 and hidden >= 1 expected, got %lld, %lld", op, (long long)args.rows,
                    (long long)args.hidden);
    return check_float(op, "dtype", args.dtype);
}

inline leeway_status check(const leeway_scalar_head_forward_args &args) {
    LEEWAY_TRY(check_scalar_head("scalar_head_forward", args));
    LEEWAY_CHECK("scalar_head_forward", args.rows == 0 || (args.x && args.weight && args.value), "x, weight and value must not be NULL");
    return LEEWAY_OK;
}

inline leeway_status check(const leeway_scalar_head_backward_args &args) {
    LEEWAY_TRY(check_scalar_head("scalar_head_backward", args));
    LEEWAY_CHECK("scalar_head_backward", args.rows == 0 || (args.x && args.weight && args.w_value && args.dx),
                 "x, weight, w_value and dx must not be NULL");
    return LEEWAY_OK;
}

}  // namespace leeway
