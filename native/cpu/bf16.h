/* bf16.h: the 16-bit number type (the upper half of a float), its roundings, and vectors of it.
 *
 * A bf16 is only stored and moved: widen to float, compute, round once at the store. Rounding is to nearest, ties to even; what is too
 * large becomes infinity; NaN stays NaN (made quiet, its sign and upper payload kept); subnormals are rounded, never flushed. Scalar,
 * vector and partly filled vector give the same bits.
 *
 * load, store, load_part, store_part, load_up_to and store_up_to of simd.h exist for bf16 as well, so one template serves both types:
 *
 *     template <class T> LEEWAY_INLINE void scale(T *y, const T *x, int64_t count, float factor) {
 *         for (int64_t i = 0; i < count; i += lanes) store_up_to(y + i, factor * load_up_to(x + i, count - i), count - i);
 *     }
 *     LEEWAY_CLONES void scale_f32(float *y, const float *x, int64_t count, float factor) { scale(y, x, count, factor); }
 *     LEEWAY_CLONES void scale_bf16(bf16 *y, const bf16 *x, int64_t count, float factor) { scale(y, x, count, factor); }
 */
#pragma once

#include "simd.h"

namespace leeway {

struct bf16 {
    uint16_t bits;
};
static_assert(sizeof(bf16) == 2);

using u16x16 = uint16_t __attribute__((vector_size(32)));

LEEWAY_INLINE float widen(bf16 x) {
    const uint32_t bits = uint32_t(x.bits) << 16;
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}
LEEWAY_INLINE float widen(float x) { return x; }

LEEWAY_INLINE bf16 round_to_bf16(float x) {
    uint32_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    if ((bits & 0x7fffffffu) > 0x7f800000u) return {uint16_t(bits >> 16 | 0x40u)};
    return {uint16_t((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16)};
}

/* x as T: rounded where T is bf16. */
template <class T>
LEEWAY_INLINE T narrow(float x);
template <>
LEEWAY_INLINE float narrow<float>(float x) { return x; }
template <>
LEEWAY_INLINE bf16 narrow<bf16>(float x) { return round_to_bf16(x); }

LEEWAY_INLINE f32x16 widen(u16x16 x) { return f32x16(__builtin_convertvector(x, u32x16) << 16); }

LEEWAY_INLINE u16x16 round_to_bf16(f32x16 x) {
    const u32x16 bits = u32x16(x), nan = u32x16(is_nan(x));
    const u32x16 sum = bits + (((bits >> 16 & 1u) + 0x7fffu) & ~nan);
    return __builtin_convertvector((sum | (nan & 0x400000u)) >> 16, u16x16);
}

/* x rounded to bf16, as floats: what a store and a load would give. */
LEEWAY_INLINE f32x16 through_bf16(f32x16 x) { return widen(round_to_bf16(x)); }

/* x as a store as T and a load would give it. */
template <class T>
LEEWAY_INLINE f32x16 rounded_to(f32x16 x) {
    if constexpr (sizeof(T) == sizeof(bf16)) return through_bf16(x);
    else return x;
}

LEEWAY_INLINE f32x16 load(const bf16 *p) {
    u16x16 v;
    std::memcpy(&v, p, sizeof v);
    return widen(v);
}

LEEWAY_INLINE void store(bf16 *p, f32x16 v) {
    const u16x16 rounded = round_to_bf16(v);
    std::memcpy(p, &rounded, sizeof rounded);
}

/* The first count < 16 elements, and fill in the other lanes. */
LEEWAY_INLINE f32x16 load_part(const bf16 *p, int64_t count, float fill = 0.0f) {
    u16x16 v = round_to_bf16(splat(fill));
    std::memcpy(&v, p, size_t(count) * sizeof(bf16));
    return widen(v);
}

LEEWAY_INLINE void store_part(bf16 *p, f32x16 v, int64_t count) {
    const u16x16 rounded = round_to_bf16(v);
    std::memcpy(p, &rounded, size_t(count) * sizeof(bf16));
}

LEEWAY_INLINE f32x16 load_up_to(const bf16 *p, int64_t left, float fill = 0.0f) {
    return left >= lanes ? load(p) : load_part(p, left, fill);
}

LEEWAY_INLINE void store_up_to(bf16 *p, f32x16 v, int64_t left) {
    if (left >= lanes) store(p, v);
    else store_part(p, v, left);
}

/* Numbers that are rounded already. */
LEEWAY_INLINE void store_up_to(bf16 *p, u16x16 rounded, int64_t left) {
    std::memcpy(p, &rounded, size_t(left < lanes ? left : lanes) * sizeof(bf16));
}

}  // namespace leeway
