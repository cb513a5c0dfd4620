/* check.h: how an entry point refuses its arguments. The headers of this folder are what every back end agrees on: the checks of
 * arguments that need no look into memory, random numbers, tables of codes. Functions that a kernel calls too are constexpr. */
#pragma once

#include <cstdarg>
#include <new>

#include "leeway.h"

namespace leeway {

/* Stores the sentence that leeway_message returns on this thread, and returns status. */
[[gnu::format(printf, 2, 3)]] leeway_status fail(leeway_status status, const char *format, ...);

inline leeway_status check_float(const char *op, const char *field, leeway_dtype dtype) {
    if (dtype == LEEWAY_F32 || dtype == LEEWAY_BF16) return LEEWAY_OK;
    return fail(LEEWAY_UNSUPPORTED, "%s: %s must be F32 (0) or BF16 (1) on this back end, got dtype %d", op, field, int(dtype));
}

/* Runs an entry whose scratch comes from the heap: no exception may cross the C ABI. */
template <class Body>
leeway_status without_throwing(const char *op, Body body) {
    try {
        return body();
    } catch (const std::bad_alloc &) {
        return fail(LEEWAY_OUT_OF_MEMORY, "%s: the host has no memory for its scratch", op);
    }
}

}  // namespace leeway

/* LEEWAY_CHECK(op, condition, "sentence about what was expected and found", values...): refuses with LEEWAY_BAD_ARGUMENT. */
#define LEEWAY_CHECK(op, condition, ...)                                                        \
    do {                                                                                        \
        if (!(condition)) return leeway::fail(LEEWAY_BAD_ARGUMENT, op ": " __VA_ARGS__);        \
    } while (0)

/* For the ops that have F32 and BF16. */
#define LEEWAY_CHECK_FLOAT(op, field, value) LEEWAY_TRY(leeway::check_float(op, field, value))

/* Returns the status of a check that refused. */
#define LEEWAY_TRY(call)                                                       \
    do {                                                                       \
        if (leeway_status status = (call); status != LEEWAY_OK) return status; \
    } while (0)
