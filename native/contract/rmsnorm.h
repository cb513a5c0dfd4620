/* rmsnorm.h: the arguments and the workspace of rmsnorm_forward and rmsnorm_backward (layers.h). */
#pragma once

#include "check.h"

namespace leeway {

/* dweight is summed over blocks of so many rows, then over the blocks in order. */
inline constexpr int64_t rmsnorm_block = 64;

constexpr int64_t rmsnorm_blocks(int64_t rows) { return (rows + rmsnorm_block - 1) / rmsnorm_block; }

/* One sum of dweight a block. */
inline int64_t rmsnorm_workspace_bytes(int64_t rows, int64_t groups, int64_t width) {
    return rmsnorm_blocks(rows * groups) * width * int64_t(sizeof(float));
}

template <class Args>
leeway_status check_rmsnorm_shape(const char *op, const Args &args) {
    if (args.rows < 0 || args.groups < 1 || args.width < 1 || args.stride < args.groups * args.width)
        return fail(LEEWAY_BAD_ARGUMENT,
                    "%s: rows >= 0, groups >= 1, width >= 1 and stride >= groups * width expected, got %lld, %lld, %lld, %lld", op,
                    (long long)args.rows, (long long)args.groups, (long long)args.width, (long long)args.stride);
    return check_float(op, "dtype", args.dtype);
}

inline leeway_status check(const leeway_rmsnorm_forward_args &args) {
    LEEWAY_TRY(check_rmsnorm_shape("rmsnorm_forward", args));
    LEEWAY_CHECK("rmsnorm_forward", args.eps >= 0.0f, "eps must not be negative, got %g", double(args.eps));
    LEEWAY_CHECK("rmsnorm_forward", !args.residual == !args.sum, "sum must be given where residual is, and only there");
    LEEWAY_CHECK("rmsnorm_forward", args.rows == 0 || (args.x && args.weight && args.y && args.rstd),
                 "x, weight, y and rstd must not be NULL");
    return LEEWAY_OK;
}

inline leeway_status check(const leeway_rmsnorm_backward_args &args) {
    LEEWAY_TRY(check_rmsnorm_shape("rmsnorm_backward", args));
    if (args.rows == 0) return LEEWAY_OK;
    LEEWAY_CHECK("rmsnorm_backward", args.s && args.weight && args.rstd && args.dy && args.ds,
                 "s, weight, rstd, dy and ds must not be NULL");
    const int64_t bytes = rmsnorm_workspace_bytes(args.rows, args.groups, args.width);
    LEEWAY_CHECK("rmsnorm_backward", !args.dweight || (args.workspace && args.workspace_bytes >= bytes),
                 "workspace must hold %lld bytes where dweight is given, got %lld", (long long)bytes, (long long)args.workspace_bytes);
    return LEEWAY_OK;
}

inline leeway_status check(const leeway_rmsnorm_workspace_args &args) {
    LEEWAY_CHECK("rmsnorm_workspace", args.rows >= 0 && args.groups >= 1 && args.width >= 1,
                 "rows >= 0, groups >= 1 and width >= 1 expected, got %lld, %lld, %lld", (long long)args.rows, (long long)args.groups,
                 (long long)args.width);
    LEEWAY_TRY(check_float("rmsnorm_workspace", "dtype", args.dtype));
    LEEWAY_CHECK("rmsnorm_workspace", args.bytes != nullptr, "bytes must not be NULL");
    return LEEWAY_OK;
}

}  // namespace leeway
