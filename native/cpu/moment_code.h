/* moment_code.h: the 8-bit codes of optimiser moments (Dettmers et al. 2022, section 1.3: dynamic tree quantisation; optimizer.h).
 *
 * Levels between 0 and 1, ascending: 0; for each decade i = 0 .. 6 that begins at 10^(i-7) the middles of equal parts of [0.1, 1) times
 * 10^(i-6), 2^i parts in the signed code and 2^(i+1) in the unsigned one; 1. The signed code has all but 0 and 1 with a minus sign too. A
 * code is the index among the ascending levels.
 */
#pragma once

#include "bf16.h"

namespace leeway {

inline constexpr int64_t moment_block = 256;

struct MomentCode {
    float level[256];
    float above[257]; /* above[c] = the middle of levels c-1 and c; -infinity and infinity at the ends */
    int32_t zero;     /* code of level 0 */
    int32_t first;    /* log2 of the parts of decade 0 */

    explicit MomentCode(bool with_sign) : zero(with_sign ? 127 : 0), first(with_sign ? 0 : 1) {
        int32_t code = zero;
        level[code] = 0.0f;
        double decade = 1e-6;
        for (int32_t i = 0; i < 7; i++, decade *= 10)
            for (int32_t part = 0, parts = 1 << (i + first); part < parts; part++)
                level[++code] = float(decade * (0.1 + 0.9 * (part + 0.5) / parts));
        level[255] = 1.0f;
        for (int32_t c = 0; c < zero; c++) level[c] = -level[2 * zero - c];
        above[0] = -__builtin_inff();
        for (int32_t c = 1; c < 256; c++) above[c] = float((double(level[c - 1]) + double(level[c])) / 2);
        above[256] = __builtin_inff();
    }
};

/* The nearest levels of x, |x| <= 1, the lower one of two as near. A guess from decade and part is off by one at most. Masks are -1 or 0 and
 * work by arithmetic: choices between vectors of integers would be made lane by lane. */
LEEWAY_INLINE i32x16 encode_moments(const MomentCode &code, f32x16 x) {
    f32x16 size = absolute(x), scaled = size * 1e6f;
    i32x16 before = {}, parts = i32x16{} + (1 << code.first);  // levels of the decades below; parts of this one
    for (int i = 0; i < 6; i++) {
        i32x16 beyond = scaled >= 1.0f;
        before += beyond & parts;
        parts += beyond & parts;
        scaled = f32x16((i32x16(scaled * 0.1f) & beyond) | (i32x16(scaled) & ~beyond));
    }
    f32x16 count = __builtin_convertvector(parts, f32x16);
    f32x16 part = minimum(maximum(splat(0.0f), (scaled - 0.1f) * (count * (1.0f / 0.9f))), count - 1.0f);
    i32x16 guess = (before + __builtin_convertvector(part, i32x16) + 1) & (size == size), minus = x < 0.0f;  // NaN as 0
    guess = code.zero + ((guess ^ minus) - minus);
    int32_t at[lanes];  // through memory: a lane at a time inside a register is slow
    float below[lanes], beyond[lanes];
    std::memcpy(at, &guess, sizeof at);
    for (int l = 0; l < lanes; l++) below[l] = code.above[at[l]], beyond[l] = code.above[at[l] + 1];
    return guess + (x <= load(below)) - (x > load(beyond));  // true is -1
}

}  // namespace leeway
