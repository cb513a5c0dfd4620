/* glu.h: the arguments of glu_forward and glu_backward (layers.h). */
#pragma once

#include "check.h"

namespace leeway {

template <class Args>
leeway_status check_gate(const char *op, const Args &args) {
    if (args.count < 0) return fail(LEEWAY_BAD_ARGUMENT, "%s: count must not be negative, got %lld", op, (long long)args.count);
    if (args.activation < LEEWAY_SILU || args.activation > LEEWAY_GELU_ERF)
        return fail(LEEWAY_BAD_ARGUMENT, "%s: activation must be 0 to 2, got %d", op, int(args.activation));
    return check_float(op, "dtype", args.dtype);
}

inline leeway_status check(const leeway_glu_forward_args &args) {
    LEEWAY_TRY(check_gate("glu_forward", args));
    LEEWAY_CHECK("glu_forward", args.count == 0 || (args.gate && args.up && args.y), "gate, up and y must not be NULL");
    return LEEWAY_OK;
}

inline leeway_status check(const leeway_glu_backward_args &args) {
    LEEWAY_TRY(check_gate("glu_backward", args));
    LEEWAY_CHECK("glu_backward", args.count == 0 || (args.gate && args.up && args.dy && args.dgate && args.dup),
                 "gate, up, dy, dgate and dup must not be NULL");
    return LEEWAY_OK;
}

}  // namespace leeway
