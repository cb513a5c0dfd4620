/* index.h: how an entry point refuses row numbers, tokens and positions. */
#pragma once

#include "check.h"

namespace leeway {

/* BAD_DATA where one of the numbers is outside 0..limit-1. */
inline leeway_status check_index(const char *op, const char *name, const int32_t *numbers, int64_t count, int64_t limit) {
    for (int64_t i = 0; i < count; i++)
        if (numbers[i] < 0 || numbers[i] >= limit)
            return fail(LEEWAY_BAD_DATA, "%s: %s[%lld] is %d, outside 0..%lld", op, name, (long long)i, int(numbers[i]),
                        (long long)limit - 1);
    return LEEWAY_OK;
}

}  // namespace leeway
