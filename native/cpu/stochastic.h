/* stochastic.h: sixteen neighbouring random numbers at once, and stochastic rounding to bf16 with them (elementwise.h, optimizer.h). */
#pragma once

#include "bf16.h"

namespace leeway {

using u64x8 = uint64_t __attribute__((vector_size(64)));

LEEWAY_INLINE u64x8 wide_product(u32x16 x, uint64_t factor, bool upper) {
    const u32x16 half = upper ? __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7) : x;
    using u32x8 = uint32_t __attribute__((vector_size(32)));
    return __builtin_convertvector(u32x8(__builtin_shufflevector(half, half, 0, 1, 2, 3, 4, 5, 6, 7)), u64x8) * factor;
}

/* The upper 32 bits of x * factor. */
LEEWAY_INLINE u32x16 upper_product(u32x16 x, uint32_t factor) {
    const u32x16 low = u32x16(wide_product(x, factor, false)), high = u32x16(wide_product(x, factor, true));
    return __builtin_shufflevector(low, high, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
}

/* Word 0 of philox(seed, high, low) .. philox(seed, high, low + 15); low is a multiple of 16. See philox.h. */
LEEWAY_INLINE u32x16 philox_word(uint64_t seed, uint64_t high, uint64_t low) {
    const u32x16 zero = {}, lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    u32x16 a = lane + uint32_t(low), b = zero + uint32_t(low >> 32), c = zero + uint32_t(high), d = zero + uint32_t(high >> 32);
    uint32_t key = uint32_t(seed), next = uint32_t(seed >> 32);
    for (int round = 0; round < 10; round++) {
        const u32x16 p = upper_product(a, 0xD2511F53u), q = upper_product(c, 0xCD9E8D57u);
        const u32x16 low_p = a * 0xD2511F53u, low_q = c * 0xCD9E8D57u;
        a = q ^ b ^ key;
        b = low_q;
        c = p ^ d ^ next;
        d = low_p;
        key += 0x9E3779B9u;
        next += 0xBB67AE85u;
    }
    return a;
}

/* x to bf16, up or down with probability proportional to the distance: 16 random bits are added below the kept ones, so that the carry
 * happens with the probability of what is cut. Infinity has nothing to cut; NaN stays NaN. */
LEEWAY_INLINE u16x16 stochastic_bf16(f32x16 x, u32x16 random) {
    const u32x16 bits = u32x16(x), nan = u32x16(is_nan(x)), sum = bits + (random >> 16 & ~nan);
    return __builtin_convertvector((sum | (nan & 0x400000u)) >> 16, u16x16);
}

}  // namespace leeway
