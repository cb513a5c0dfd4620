/* elementwise.h: the arguments of fill, cast, axpy, scale and sum_squares (elementwise.h of the ABI), and what they round alike. */
#pragma once

#include <bit>

#include "tensor_table.h"

namespace leeway {

inline leeway_status check(const leeway_fill_args &args) {
    LEEWAY_CHECK("fill", args.count >= 0, "count must not be negative, got %lld", (long long)args.count);
    LEEWAY_CHECK("fill", args.count == 0 || args.x, "x must not be NULL");
    return check_float("fill", "dtype", args.dtype);
}

constexpr bool is_cast_type(leeway_dtype type) { return type == LEEWAY_F32 || type == LEEWAY_BF16 || type == LEEWAY_F64; }

inline leeway_status check(const leeway_cast_args &args) {
    LEEWAY_CHECK("cast", args.count >= 0, "count must not be negative, got %lld", (long long)args.count);
    LEEWAY_CHECK("cast", args.count == 0 || (args.x && args.y), "x and y must not be NULL");
    LEEWAY_CHECK("cast", is_cast_type(args.from) && is_cast_type(args.to),
                 "from and to must be F32 (0), BF16 (1) or F64 (2), got %d and %d", int(args.from), int(args.to));
    LEEWAY_CHECK("cast", args.stochastic == 0 || (args.stochastic == 1 && args.to == LEEWAY_BF16),
                 "stochastic must be 0, or 1 where to is BF16, got %d", int(args.stochastic));
    return LEEWAY_OK;
}

inline leeway_status check(const leeway_axpy_args &args) {
    LEEWAY_CHECK("axpy", args.count >= 0, "count must not be negative, got %lld", (long long)args.count);
    LEEWAY_CHECK("axpy", args.count == 0 || (args.x && args.y), "x and y must not be NULL");
    return check_float("axpy", "dtype", args.dtype);
}

inline leeway_status check(const leeway_scale_args &args) {
    LEEWAY_CHECK("scale", args.count >= 0, "count must not be negative, got %lld", (long long)args.count);
    LEEWAY_CHECK("scale", args.count == 0 || args.x, "x must not be NULL");
    return check_float("scale", "dtype", args.dtype);
}

/* sum_squares adds blocks of so many elements in order. */
inline constexpr int64_t sum_squares_block = 4096;
static_assert(sum_squares_block == tensor_tile, "a tile is a block of the sum");

inline leeway_status check(const leeway_sum_squares_args &args) {
    LEEWAY_CHECK("sum_squares", args.count >= 0, "count must not be negative, got %lld", (long long)args.count);
    LEEWAY_CHECK("sum_squares", args.count == 0 || args.x, "x must not be NULL");
    LEEWAY_CHECK("sum_squares", args.sum && args.nonfinite, "sum and nonfinite must not be NULL");
    return check_float("sum_squares", "dtype", args.dtype);
}

inline leeway_status check(const leeway_sum_squares_tensors_args &args) {
    LEEWAY_TRY(check_table("sum_squares_tensors", args.tensors, args.tiles, args.table));
    LEEWAY_CHECK("sum_squares_tensors", args.tensors == 0 || (args.sum && args.nonfinite), "sum and nonfinite must not be NULL");
    return LEEWAY_OK;
}

/* Whether an entry keeps its contract, but for where its tiles begin. */
constexpr bool is_sound(const leeway_squares_tensor &tensor) {
    return tensor.count >= 0 && (tensor.count == 0 || tensor.x) && is_float(tensor.dtype) && tensor.reserved == 0;
}

/* double to bf16 with one rounding: to float rounding to odd, which keeps every tie decidable, then to nearest even. */
constexpr float rounded_to_odd(double x) {
    const float y = float(x);
    if (double(y) == x || x != x) return y;
    uint32_t bits = std::bit_cast<uint32_t>(y);
    if ((y < 0 ? -double(y) : double(y)) > (x < 0 ? -x : x)) bits--;  // towards zero; from infinity to the largest float
    return std::bit_cast<float>(bits | 1u);
}

}  // namespace leeway
