/* rows.h: the arguments of gather_rows and scatter_rows (elementwise.h of the ABI). */
#pragma once

#include "check.h"

namespace leeway {

inline leeway_status check(const leeway_gather_rows_args &args) {
    LEEWAY_CHECK("gather_rows", args.rows >= 0 && args.width >= 0 && args.source_rows >= 0,
                 "rows, width and source_rows must not be negative, got %lld, %lld, %lld", (long long)args.rows, (long long)args.width,
                 (long long)args.source_rows);
    LEEWAY_CHECK_FLOAT("gather_rows", "dtype", args.dtype);
    LEEWAY_CHECK("gather_rows", args.rows == 0 || args.width == 0 || (args.index && args.source && args.destination),
                 "index, source and destination must not be NULL");
    return LEEWAY_OK;
}

inline leeway_status check(const leeway_scatter_rows_args &args) {
    LEEWAY_CHECK("scatter_rows", args.rows >= 0 && args.width >= 0 && args.destination_rows >= 0,
                 "rows, width and destination_rows must not be negative, got %lld, %lld, %lld", (long long)args.rows,
                 (long long)args.width, (long long)args.destination_rows);
    LEEWAY_CHECK_FLOAT("scatter_rows", "dtype", args.dtype);
    if (args.width == 0) return LEEWAY_OK;
    LEEWAY_CHECK("scatter_rows", args.rows == 0 || (args.index && args.source), "index and source must not be NULL");
    LEEWAY_CHECK("scatter_rows", args.destination_rows == 0 || args.destination, "destination must not be NULL");
    return LEEWAY_OK;
}

}  // namespace leeway
