/* library.h: calling a back end through its C ABI. */
#pragma once

#include <dlfcn.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "leeway.h"

namespace bench {

inline void *library = nullptr;
inline leeway_stream *stream = nullptr;

/* A call that the back end did not take. */
struct Refused : std::runtime_error {
    Refused(leeway_status status, const std::string &message) : std::runtime_error(message), status(status) {}
    leeway_status status;
};

template <class Function>
Function symbol(const char *name) {
    void *address = dlsym(library, name);
    if (address == nullptr) throw std::runtime_error(dlerror());
    return reinterpret_cast<Function>(address);
}

#define LEEWAY_CALL(op, ...)                                                                                     \
    do {                                                                                                         \
        leeway_##op##_args call_args = __VA_ARGS__;                                                              \
        static const auto function = bench::symbol<decltype(&leeway_##op)>("leeway_" #op);                       \
        if (const leeway_status status = function(bench::stream, &call_args); status != LEEWAY_OK)               \
            throw bench::Refused(status, bench::symbol<decltype(&leeway_message)>("leeway_message")());          \
    } while (0)

/* Loads a back end and makes its stream; threads = 0: as many as the process may use. */
inline void use_library(const char *path, int64_t threads = 1) {
    library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) throw std::runtime_error(dlerror());
    LEEWAY_CALL(stream_create, {.threads = threads, .device = 0, .stream = &stream, .kernels = LEEWAY_KERNELS_OWN, .reserved = 0});
}

/* The exit code of a main program: 5 where there is no device. */
inline int exit_code_of(const std::function<void()> &body) {
    try {
        body();
        return 0;
    } catch (const Refused &refused) {
        std::fprintf(stderr, "%s%s\n", stream == nullptr ? "no device: " : "", refused.what());
        return stream == nullptr ? 5 : 1;
    } catch (const std::exception &cause) {
        std::fprintf(stderr, "%s\n", cause.what());
        return 1;
    }
}

inline double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

inline int64_t bytes_of(leeway_dtype dtype) { return dtype == LEEWAY_U8 ? 1 : dtype == LEEWAY_BF16 ? 2 : 4; }

inline const char *name_of(leeway_dtype dtype) { return dtype == LEEWAY_BF16 ? "bf16" : "f32"; }

}  // namespace bench
