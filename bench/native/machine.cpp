/* machine.cpp: the ceilings of native/bench under C names, and a plain and a streaming copy. One thread each. */
#include <immintrin.h>

#include <cstring>

#include "ceilings.h"

namespace {

__attribute__((target("avx512f"))) void stream_copy(const char *from, char *to, int64_t bytes) {
    for (int64_t i = 0; i + 64 <= bytes; i += 64) _mm512_stream_si512((__m512i *)(to + i), _mm512_loadu_si512(from + i));
    _mm_sfence();
}

}  // namespace

extern "C" {

double bench_fma(int64_t rounds) { return spin_fma(rounds); }
double bench_pairs(int64_t rounds) { return spin_pairs(rounds); }
void bench_read(const void *memory, int64_t bytes) { read_memory(memory, bytes); }

/* to: a multiple of 64. */
void bench_copy(const void *from, void *to, int64_t bytes) {
    if (__builtin_cpu_supports("avx512f")) stream_copy(static_cast<const char *>(from), static_cast<char *>(to), bytes);
    else std::memcpy(to, from, static_cast<size_t>(bytes));
}
}
