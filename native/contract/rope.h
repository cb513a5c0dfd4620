/* rope.h: the arguments of rope (layers.h). */
#pragma once

#include "check.h"

namespace leeway {

inline leeway_status check(const leeway_rope_args &args) {
    LEEWAY_CHECK("rope", args.rows >= 0 && args.heads >= 1 && args.head_dim >= 1 && args.stride >= args.heads * args.head_dim,
                 "rows >= 0, heads >= 1, head_dim >= 1 and stride >= heads * head_dim expected, got %lld, %lld, %lld, %lld",
                 (long long)args.rows, (long long)args.heads, (long long)args.head_dim, (long long)args.stride);
    LEEWAY_CHECK("rope", args.rotary_dim >= 0 && args.rotary_dim % 2 == 0 && args.rotary_dim <= args.head_dim,
                 "rotary_dim must be even and 0 to head_dim (%lld), got %lld", (long long)args.head_dim, (long long)args.rotary_dim);
    LEEWAY_CHECK("rope", args.inverse == 0 || args.inverse == 1, "inverse must be 0 or 1, got %d", int(args.inverse));
    LEEWAY_CHECK_FLOAT("rope", "dtype", args.dtype);
    LEEWAY_CHECK("rope", args.rows == 0 || args.rotary_dim == 0 || (args.positions && args.cosine && args.sine && args.x),
                 "positions, cosine, sine and x must not be NULL");
    return LEEWAY_OK;
}

}  // namespace leeway
