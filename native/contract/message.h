/* message.h: the sentence of a thread's last failure. Included by the one file of a back end that has its runtime. */
#pragma once

#include <cstdio>

#include "check.h"

namespace leeway {

static thread_local char message[1024] = "";

leeway_status fail(leeway_status status, const char *format, ...) {
    va_list values;
    va_start(values, format);
    std::vsnprintf(message, sizeof message, format, values);
    va_end(values);
    return status;
}

}  // namespace leeway

int32_t leeway_abi_version(void) { return LEEWAY_ABI_VERSION; }

const char *leeway_message(void) { return leeway::message; }
