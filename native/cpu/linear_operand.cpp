/* linear_operand.cpp: see linear_operand.h. */
#include "linear_operand.h"

namespace leeway {

/* Sizes whose products cannot overflow, whatever is multiplied with the 8 bytes of an element. */
static constexpr int64_t largest = int64_t(1) << 28;

leeway_status check_sizes(const char *op, int64_t rows, int64_t in, int64_t out) {
    if (rows < 0 || rows > largest) return fail(LEEWAY_BAD_ARGUMENT, "%s: rows must be 0 to 2^28, got %lld", op, (long long)rows);
    if (in < 1 || in > largest || out < 1 || out > largest)
        return fail(LEEWAY_BAD_ARGUMENT, "%s: in and out must be 1 to 2^28, got %lld and %lld", op, (long long)in, (long long)out);
    return LEEWAY_OK;
}

leeway_status check_weight(const char *op, const leeway_weight &weight, int64_t in, int64_t out) {
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

leeway_status check_lora(const char *op, const leeway_lora &lora) {
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

}  // namespace leeway
