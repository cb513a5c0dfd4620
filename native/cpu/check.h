/* check.h: how an entry point refuses its arguments. */
#pragma once

#include <cstdarg>
#include <new>

#include "leeway.h"

namespace leeway {

/* Stores the sentence that leeway_message returns on this thread, and returns status. */
[[gnu::format(printf, 2, 3)]] leeway_status fail(leeway_status status, const char *format, ...);

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

/* For the ops that have F32 alone so far. */
#define LEEWAY_CHECK_F32(op, field, value)                                                                              \
    do {                                                                                                                \
        if ((value) != LEEWAY_F32)                                                                                      \
            return leeway::fail(LEEWAY_UNSUPPORTED, op ": " field " must be F32 (0) on this back end, got dtype %d",    \
                                int(value));                                                                            \
    } while (0)

/* For the ops that have F32 and BF16. */
#define LEEWAY_CHECK_FLOAT(op, field, value)                                                                                   \
    do {                                                                                                                       \
        if ((value) != LEEWAY_F32 && (value) != LEEWAY_BF16)                                                                   \
            return leeway::fail(LEEWAY_UNSUPPORTED, op ": " field " must be F32 (0) or BF16 (1) on this back end, got dtype %d", \
                                int(value));                                                                                   \
    } while (0)
