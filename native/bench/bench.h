/* bench.h: timing ops of the CPU beside a ceiling of the same processor. */
#pragma once

#include <time.h>

#include <cstring>

#include "ceilings.h"
#include "library.h"

namespace bench {

/* Seconds of this process's own processor time that body takes: a busy machine disturbs them little. */
inline double timed(const std::function<void()> &body) {
    auto now = [] {
        timespec time;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
        return double(time.tv_sec) + 1e-9 * double(time.tv_nsec);
    };
    const double start = now();
    body();
    return now() - start;
}

/* count numbers of dtype between 0 and 1. */
inline void *numbers(int64_t count, leeway_dtype dtype) {
    void *address = nullptr;
    LEEWAY_CALL(allocate, {.bytes = count * bytes_of(dtype) + 64, .address = &address});
    uint32_t state = 12345;
    for (int64_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        const float value = float(state >> 8) * 0x1p-24f;
        uint32_t bits;
        std::memcpy(&bits, &value, 4);
        if (dtype == LEEWAY_U8) static_cast<uint8_t *>(address)[i] = uint8_t(state >> 24);
        else if (dtype == LEEWAY_BF16) static_cast<uint16_t *>(address)[i] = uint16_t(bits >> 16);
        else static_cast<float *>(address)[i] = value;
    }
    return address;
}

inline double fma_ceiling(leeway_dtype dtype) {
    double work = 0;
    const double time = timed([&] { work = dtype == LEEWAY_BF16 && spin_pairs(1) > 0 ? spin_pairs(100000) : spin_fma(100000); });
    return work / time;
}

/* Bytes a second that one thread reads from memory. */
inline double read_ceiling() {
    static void *const memory = numbers(int64_t(16) << 20, LEEWAY_F32);
    return double(int64_t(64) << 20) / timed([] { read_memory(memory, int64_t(64) << 20); });
}

inline void print_ceiling(const char *name, double rate) {
    std::printf("{\"ceiling\": \"%s\", \"rate\": %.1f}\n", name, rate * 1e-9);
}

/* One JSON line: the median rate of body, which does work a call, and its share of the ceiling measured around each sample. */
inline void measure(const std::string &what, double work, int repeats, const std::function<void()> &body,
                    const std::function<double()> &ceiling) {
    std::vector<double> rates, shares;
    body();
    const int64_t times = std::max<int64_t>(1, int64_t(0.02 / std::max(1e-6, timed(body))));
    double before = ceiling();
    for (int i = 0; i < repeats; i++) {
        const double rate = work * double(times) / timed([&] { for (int64_t t = 0; t < times; t++) body(); });
        const double after = ceiling();
        rates.push_back(rate);
        shares.push_back(rate / (0.5 * (before + after)));
        before = after;
    }
    std::printf("{%s, \"rate\": %.1f, \"share\": %.3f, \"best\": %.3f}\n", what.c_str(), median(rates) * 1e-9, median(shares),
                *std::max_element(shares.begin(), shares.end()));
    std::fflush(stdout);
}

}  // namespace bench
