/* linear.h: the arguments of the products of a linear layer and of what its weights go through (leeway/linear.h). */
#pragma once

#include "check.h"

namespace leeway {

/* Sizes whose products cannot overflow, whatever is multiplied with the 8 bytes of an element. */
inline constexpr int64_t largest_size = int64_t(1) << 28;

inline leeway_status check_sizes(const char *op, int64_t rows, int64_t in, int64_t out) {
    if (rows < 0 || rows > largest_size) return fail(LEEWAY_BAD_ARGUMENT, "%s: rows must be 0 to 2^28, got %lld", op, (long long)rows);
    if (in < 1 || in > largest_size || out < 1 || out > largest_size)
        return fail(LEEWAY_BAD_ARGUMENT, "%s: in and out must be 1 to 2^28, got %lld and %lld", op, (long long)in, (long long)out);
    return LEEWAY_OK;
}

inline leeway_status check_weight(const char *op, const leeway_weight &weight, int64_t in, int64_t out) {
    if (weight.dtype != LEEWAY_F32 && weight.dtype != LEEWAY_BF16 && weight.dtype != LEEWAY_NF4)
        return fail(LEEWAY_UNSUPPORTED, "%s: weight must be F32 (0), BF16 (1) or NF4 (6), got dtype %d", op, int(weight.dtype));
    if (weight.reserved != 0) return fail(LEEWAY_BAD_ARGUMENT, "%s: weight.reserved must be 0, got %d", op, int(weight.reserved));
    if (weight.data == nullptr) return fail(LEEWAY_BAD_ARGUMENT, "%s: weight.data must not be NULL", op);
    if (weight.dtype != LEEWAY_NF4) return LEEWAY_OK;
    if (weight.absmax == nullptr) return fail(LEEWAY_BAD_ARGUMENT, "%s: an NF4 weight needs absmax", op);
    if (weight.packed != nullptr)
        return fail(LEEWAY_UNSUPPORTED, "%s: this back end has no packed layout of an NF4 weight; give packed = NULL", op);
    if (in * out % 64 != 0)
        return fail(LEEWAY_BAD_ARGUMENT, "%s: an NF4 weight needs a multiple of 64 elements, got %lld x %lld", op, (long long)out,
                    (long long)in);
    return LEEWAY_OK;
}

inline leeway_status check_lora(const char *op, const leeway_lora &lora) {
    if (lora.rank < 0 || lora.rank > 512)
        return fail(LEEWAY_BAD_ARGUMENT, "%s: lora.rank must be 0 to 512, got %lld", op, (long long)lora.rank);
    if (lora.rank == 0) return LEEWAY_OK;
    if (lora.a == nullptr || lora.b == nullptr) return fail(LEEWAY_BAD_ARGUMENT, "%s: lora.a and lora.b must not be NULL", op);
    if (!(lora.dropout >= 0 && lora.dropout < 1))
        return fail(LEEWAY_BAD_ARGUMENT, "%s: lora.dropout must be in [0, 1), got %g", op, double(lora.dropout));
    if (lora.dropout > 0 && lora.row_ids == nullptr)
        return fail(LEEWAY_BAD_ARGUMENT, "%s: lora.row_ids must not be NULL with dropout %g", op, double(lora.dropout));
    return LEEWAY_OK;
}

/* Whether the low-rank term drops elements of x. */
inline bool drops(const leeway_lora &lora) { return lora.rank > 0 && lora.dropout > 0; }

/* What the two directions of the layer through its rows ask alike. */
template <class Args>
leeway_status check_layer(const char *op, const Args &args) {
    LEEWAY_TRY(check_sizes(op, args.rows, args.in, args.out));
    LEEWAY_TRY(check_float(op, "dtype", args.dtype));
    LEEWAY_TRY(check_weight(op, args.weight, args.in, args.out));
    LEEWAY_TRY(check_lora(op, args.lora));
    if (args.accumulate != 0 && args.accumulate != 1)
        return fail(LEEWAY_BAD_ARGUMENT, "%s: accumulate must be 0 or 1, got %d", op, args.accumulate);
    return LEEWAY_OK;
}

inline leeway_status check(const leeway_linear_forward_args &args) {
    const auto &lora = args.lora;
    LEEWAY_TRY(check_layer("linear_forward", args));
    if (args.rows == 0) return LEEWAY_OK;
    LEEWAY_CHECK("linear_forward", args.x && args.y, "x and y must not be NULL");
    LEEWAY_CHECK("linear_forward", lora.rank == 0 || args.xa, "xa must not be NULL with rank %lld", (long long)lora.rank);
    LEEWAY_CHECK("linear_forward", !drops(lora) || args.dropped, "dropped must not be NULL with dropout %g", double(lora.dropout));
    return LEEWAY_OK;
}

inline leeway_status check(const leeway_linear_backward_input_args &args) {
    const auto &lora = args.lora;
    LEEWAY_TRY(check_layer("linear_backward_input", args));
    if (args.rows == 0) return LEEWAY_OK;
    LEEWAY_CHECK("linear_backward_input", args.dy && args.dx, "dy and dx must not be NULL");
    LEEWAY_CHECK("linear_backward_input", lora.rank == 0 || args.dyb, "dyb must not be NULL with rank %lld", (long long)lora.rank);
    LEEWAY_CHECK("linear_backward_input", !drops(lora) || args.dropped, "dropped must not be NULL with dropout %g", double(lora.dropout));
    return LEEWAY_OK;
}

inline leeway_status check(const leeway_linear_backward_weight_args &args) {
    const auto &lora = args.lora;
    LEEWAY_TRY(check_sizes("linear_backward_weight", args.rows, args.in, args.out));
    LEEWAY_CHECK_FLOAT("linear_backward_weight", "dtype", args.dtype);
    LEEWAY_CHECK_FLOAT("linear_backward_weight", "gradient_dtype", args.gradient_dtype);
    LEEWAY_TRY(check_lora("linear_backward_weight", lora));
    const bool da = lora.rank > 0 && args.da, db = lora.rank > 0 && args.db;
    if (args.rows == 0) return LEEWAY_OK;
    LEEWAY_CHECK("linear_backward_weight", args.x || !(args.dweight || da), "x must not be NULL with dweight or da");
    LEEWAY_CHECK("linear_backward_weight", args.dy || !(args.dweight || args.dbias || db),
                 "dy must not be NULL with dweight, dbias or db");
    LEEWAY_CHECK("linear_backward_weight", !da || args.dyb, "da needs dyb of linear_backward_input");
    LEEWAY_CHECK("linear_backward_weight", !db || args.xa, "db needs xa of linear_forward");
    LEEWAY_CHECK("linear_backward_weight", !(da && drops(lora)) || args.dropped, "dropped must not be NULL with dropout %g",
                 double(lora.dropout));
    return LEEWAY_OK;
}

inline leeway_status check(const leeway_packed_bytes_args &args) {
    LEEWAY_TRY(check_sizes("packed_bytes", 0, args.in, args.out));
    LEEWAY_CHECK("packed_bytes", args.bytes != nullptr, "bytes must not be NULL");
    return LEEWAY_OK;
}

inline leeway_status check(const leeway_pack_weight_args &args) {
    LEEWAY_TRY(check_sizes("pack_weight", 0, args.in, args.out));
    leeway_weight weight = args.weight;
    weight.packed = nullptr;
    LEEWAY_TRY(check_weight("pack_weight", weight, args.in, args.out));
    LEEWAY_CHECK("pack_weight", args.packed != nullptr, "packed must not be NULL");
    return LEEWAY_OK;
}

inline leeway_status check(const leeway_lora_merge_args &args) {
    LEEWAY_TRY(check_sizes("lora_merge", 0, args.in, args.out));
    LEEWAY_CHECK_FLOAT("lora_merge", "dtype", args.dtype);
    leeway_lora merged = args.lora;
    merged.dropout = 0;
    LEEWAY_TRY(check_lora("lora_merge", merged));
    LEEWAY_CHECK("lora_merge", args.weight != nullptr, "weight must not be NULL");
    return LEEWAY_OK;
}

}  // namespace leeway
