/* dtype.h: arrays of F32 or BF16 whose type is known at run time only. */
#pragma once

#include <cstdint>

#include "leeway.h"

namespace leeway {

inline int64_t bytes_of(leeway_dtype dtype) { return dtype == LEEWAY_BF16 ? 2 : 4; }

/* x + so many elements of dtype. */
inline const void *offset(const void *x, leeway_dtype dtype, int64_t elements) {
    return static_cast<const char *>(x) + elements * bytes_of(dtype);
}
inline void *offset(void *x, leeway_dtype dtype, int64_t elements) { return static_cast<char *>(x) + elements * bytes_of(dtype); }

}  // namespace leeway
