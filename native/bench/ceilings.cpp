/* ceilings.cpp: see ceilings.h. */
#include "ceilings.h"

#include <immintrin.h>

namespace {

constexpr int chains = 24; /* more than latency times rate */
volatile float sink;

#define LEEWAY_SPIN(step)                                                 \
    __m512 sums[chains], left = _mm512_set1_ps(1e-30f), right = left;     \
    for (__m512 &sum : sums) sum = left;                                  \
    asm volatile("" : "+v"(left), "+v"(right));                           \
    for (int64_t r = 0; r < rounds; r++) {                                \
        _Pragma("GCC unroll 24") for (int c = 0; c < chains; c++) step;   \
    }                                                                     \
    __m512 all = sums[0];                                                 \
    for (__m512 sum : sums) all = _mm512_add_ps(all, sum);                \
    sink = _mm512_cvtss_f32(all)

__attribute__((target("avx512f"))) void fma_rounds(int64_t rounds) { LEEWAY_SPIN(sums[c] = _mm512_fmadd_ps(left, right, sums[c])); }

__attribute__((target("avx512f,avx512bf16"))) void pair_rounds(int64_t rounds) {
    LEEWAY_SPIN(sums[c] = _mm512_dpbf16_ps(sums[c], (__m512bh)left, (__m512bh)right));
}

}  // namespace

double spin_fma(int64_t rounds) {
    if (!__builtin_cpu_supports("avx512f")) return 0;
    fma_rounds(rounds);
    return 2.0 * 16 * chains * double(rounds);
}

double spin_pairs(int64_t rounds) {
    if (!__builtin_cpu_supports("avx512bf16")) return 0;
    pair_rounds(rounds);
    return 4.0 * 16 * chains * double(rounds);
}

__attribute__((target("avx512f"))) void read_memory(const void *memory, int64_t bytes) {
    using Line = int64_t __attribute__((vector_size(64), aligned(16), may_alias));
    const auto *from = static_cast<const Line *>(memory);
    Line a = {}, b = {}, c = {}, d = {};
    for (int64_t i = 0; i + 4 <= bytes / 64; i += 4) a ^= from[i], b ^= from[i + 1], c ^= from[i + 2], d ^= from[i + 3];
    sink = float((a ^ b ^ c ^ d)[0]);
}
