/* simd.h: vectors of sixteen floats, and exp, tanh, sums on them.
 *
 * A function marked LEEWAY_CLONES is compiled for AVX-512, AVX2 + FMA and the baseline, and the loader picks by cpuid. Everything it
 * calls from here is inlined into each clone. (A lambda or template inside it must be LEEWAY_INLINE to be compiled for the clone.)
 *
 * A value never depends on its position in an array: the tail of a loop runs the same vector code on a partly filled vector
 * (load with a count), so the only rule for a caller is to write one loop body for whole vectors and the tail.
 */
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(LEEWAY_ONE_TARGET)
#define LEEWAY_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define LEEWAY_CLONES /* LEEWAY_ONE_TARGET: tests compile the library for one -march */
#endif

#define LEEWAY_INLINE inline __attribute__((always_inline))

/* Vectors wider than the target's registers are passed by value only between inlined functions. */
#pragma GCC diagnostic ignored "-Wpsabi"

namespace leeway {

inline constexpr int64_t lanes = 16;

using f32x16 = float __attribute__((vector_size(64)));
using i32x16 = int32_t __attribute__((vector_size(64)));
using u32x16 = uint32_t __attribute__((vector_size(64)));
using f32x8 = float __attribute__((vector_size(32)));
using f64x8 = double __attribute__((vector_size(64)));

LEEWAY_INLINE f32x16 splat(float x) { return f32x16{x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}; }

LEEWAY_INLINE f32x16 load(const float *p) {
    f32x16 v;
    std::memcpy(&v, p, sizeof v);
    return v;
}

LEEWAY_INLINE void store(float *p, f32x16 v) { std::memcpy(p, &v, sizeof v); }

/* The first count < 16 floats, and fill in the other lanes. */
LEEWAY_INLINE f32x16 load_part(const float *p, int64_t count, float fill = 0.0f) {
    f32x16 v = splat(fill);
    std::memcpy(&v, p, size_t(count) * sizeof(float));
    return v;
}

LEEWAY_INLINE void store_part(float *p, f32x16 v, int64_t count) { std::memcpy(p, &v, size_t(count) * sizeof(float)); }

/* Sixteen floats, or the left ones where fewer are left. */
LEEWAY_INLINE f32x16 load_up_to(const float *p, int64_t left, float fill = 0.0f) {
    return left >= lanes ? load(p) : load_part(p, left, fill);
}

LEEWAY_INLINE void store_up_to(float *p, f32x16 v, int64_t left) {
    if (left >= lanes) store(p, v);
    else store_part(p, v, left);
}

/* Masks: lanes are 0 or -1. They are made by arithmetic: gcc 12 compares sixteen lanes one by one for AVX2 and the baseline, and in target
 * clones for AVX-512 too where two comparisons are combined. */
LEEWAY_INLINE f32x16 select(i32x16 mask, f32x16 yes, f32x16 no) { return f32x16((i32x16(yes) & mask) | (i32x16(no) & ~mask)); }
/* x < y as numbers without a sign below 2^31 */
LEEWAY_INLINE i32x16 is_less(i32x16 x, i32x16 y) { return (x - y) >> 31; }
/* NaN in x stays; NaN in y is ignored. */
LEEWAY_INLINE f32x16 maximum(f32x16 x, f32x16 y) { return y > x ? y : x; }
LEEWAY_INLINE f32x16 minimum(f32x16 x, f32x16 y) { return y < x ? y : x; }
/* Correctly rounded. */
LEEWAY_INLINE f32x16 vsqrt(f32x16 x) {
    for (int l = 0; l < lanes; l++) x[l] = __builtin_sqrtf(x[l]);
    return x;
}
LEEWAY_INLINE f32x16 absolute(f32x16 x) { return f32x16(u32x16(x) & 0x7fffffffu); }
LEEWAY_INLINE i32x16 is_nan(f32x16 x) { return is_less(i32x16{} + 0x7f800000, i32x16(absolute(x))); }
LEEWAY_INLINE i32x16 is_not_finite(f32x16 x) { return is_less(i32x16{} + 0x7f7fffff, i32x16(absolute(x))); }

/* exp(x) to 1 ulp (1.5 without fused multiply-add): x = n ln 2 + r, e^r = 1 + r + r^2 q(r) with |error of q's fit| * r^2 < 3.4e-9.
 * Results below 2^-126 are 0; above the largest float, infinity; NaN stays NaN. */
LEEWAY_INLINE f32x16 vexp(f32x16 x) {
    constexpr float low = -87.3365f, high = 88.72283f;
    constexpr float shift = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer, kept in the low mantissa bits
    f32x16 bounded = x < low ? splat(low) : x;
    bounded = bounded > high ? splat(high) : bounded;
    f32x16 shifted = bounded * 1.44269504f + shift;
    f32x16 n = shifted - shift;
    f32x16 r = bounded - n * 6.9314575195e-1f;  // 15 bits: n * ln2_high is exact
    r = r - n * 1.4286067653e-6f;
    f32x16 q = r * 1.395171974e-3f + 8.369598538e-3f;
    q = q * r + 4.166618735e-2f;
    q = q * r + 1.666651219e-1f;
    q = q * r + 0.5f;
    f32x16 e = 1.0f + (r + (r * r) * q);
    e = f32x16(u32x16(e) + (u32x16(shifted) << 23));  // e * 2^n
    e = x < low ? splat(0.0f) : e;
    e = x > high ? splat(__builtin_inff()) : e;
    return x != x ? x : e;
}

/* tanh(x) to 2 ulp: an odd polynomial of degree 11 below 0.625 (fit to 4.2e-9 relative), 1 - 2 / (e^2x + 1) above. */
LEEWAY_INLINE f32x16 vtanh(f32x16 x) {
    f32x16 size = absolute(x);
    f32x16 z = x * x;
    f32x16 q = z * -5.717045162e-3f + 2.065058798e-2f;
    q = q * z + -5.374349654e-2f;
    q = q * z + 1.333149076e-1f;
    q = q * z + -3.333328366e-1f;
    f32x16 small = x + x * (z * q);
    f32x16 large = 1.0f - 2.0f / (vexp(size + size) + 1.0f);
    large = f32x16(u32x16(large) | (u32x16(x) & 0x80000000u));
    return size < 0.625f ? small : large;
}

/* 1 / (1 + e^-x) to 3 ulp where it is a normal number. */
LEEWAY_INLINE f32x16 vsigmoid(f32x16 x) { return 1.0f / (1.0f + vexp(-x)); }

LEEWAY_INLINE f64x8 low_half(f32x16 v) {
    return __builtin_convertvector(__builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7), f64x8);
}
LEEWAY_INLINE f64x8 high_half(f32x16 v) {
    return __builtin_convertvector(__builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15), f64x8);
}

/* Fixed trees: lane l with l + half, half = 8, 4, 2, 1. */
LEEWAY_INLINE float sum_lanes(f32x16 v) {
    float s[16];
    std::memcpy(s, &v, sizeof s);
    for (int half = 8; half > 0; half /= 2)
        for (int l = 0; l < half; l++) s[l] += s[l + half];
    return s[0];
}

LEEWAY_INLINE double sum_lanes(f64x8 v) {
    double s[8];
    std::memcpy(s, &v, sizeof s);
    for (int half = 4; half > 0; half /= 2)
        for (int l = 0; l < half; l++) s[l] += s[l + half];
    return s[0];
}

LEEWAY_INLINE float max_lanes(f32x16 v) {
    float m[16];
    std::memcpy(m, &v, sizeof m);
    for (int half = 8; half > 0; half /= 2)
        for (int l = 0; l < half; l++) m[l] = m[l + half] > m[l] ? m[l + half] : m[l];
    return m[0];
}

/* Sixteen interleaved partial sums in double: what every long sum of floats of this back end is made of. */
struct Sum16 {
    f64x8 low = {};
    f64x8 high = {};
    LEEWAY_INLINE void add(f32x16 v) {
        low += low_half(v);
        high += high_half(v);
    }
    /* += a * b, the products exact in double */
    LEEWAY_INLINE void add_product(f32x16 a, f32x16 b) {
        low += low_half(a) * low_half(b);
        high += high_half(a) * high_half(b);
    }
    LEEWAY_INLINE double total() const { return sum_lanes(low + high); }
};

}  // namespace leeway
