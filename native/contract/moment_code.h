/* moment_code.h: the 8-bit codes of optimiser moments (Dettmers et al. 2022, section 1.3: dynamic tree quantisation; optimizer.h).
 *
 * Levels between 0 and 1, ascending: 0; for each decade i = 0 .. 6 that begins at 10^(i-7) the middles of equal parts of [0.1, 1) times
 * 10^(i-6), 2^i parts in the signed code and 2^(i+1) in the unsigned one; 1. The signed code has all but 0 and 1 with a minus sign too. A
 * code is the index among the ascending levels.
 */
#pragma once

#include <bit>
#include <cstdint>

namespace leeway {

inline constexpr int64_t moment_block = 256;

struct MomentCode {
    float level[256];
    int32_t zero; /* code of level 0 */

    /* A cell holds the sizes of one upper half of a float, from 2^-23 (below, all is 0) to 1. Cells are narrower than gaps between levels,
     * so a cell sees one step from code to code at most: levels above 0 that lie below the cell; and << 8, the lower half of a float
     * behind which there is one more, 2^16 for none. */
    static constexpr int32_t first_cell = (127 - 23) << 7, last_cell = 127 << 7;
    int32_t cell[last_cell - first_cell + 1];

    MomentCode() = default; /* undefined contents */
    constexpr explicit MomentCode(bool with_sign) : zero(with_sign ? 127 : 0) {
        int32_t code = zero;
        level[code] = 0.0f;
        double decade = 1e-6;
        for (int32_t i = 0; i < 7; i++, decade *= 10)
            for (int32_t part = 0, parts = 1 << (with_sign ? i : i + 1); part < parts; part++)
                level[++code] = float(decade * (0.1 + 0.9 * (part + 0.5) / parts));
        level[255] = 1.0f;
        for (int32_t c = 0; c < zero; c++) level[c] = -level[2 * zero - c];
        code = zero;
        for (int32_t upper = first_cell; upper <= last_cell; upper++) {
            const int32_t middle = code < 255 ? middle_above(code) : INT32_MAX;
            const bool steps = middle >> 16 == upper;
            cell[upper - first_cell] = (code - zero) | (steps ? middle & 0xffff : 1 << 16) << 8;
            code += steps;
        }
    }

private:
    /* The bits of the float halfway between the levels of a code and the next. */
    constexpr int32_t middle_above(int32_t code) const {
        return std::bit_cast<int32_t>(float((double(level[code]) + double(level[code + 1])) / 2));
    }
};

/* The nearest level of a number x, |x| <= 1, given its bits: the lower one of two as near. NaN becomes 0. */
[[gnu::always_inline]] constexpr int32_t nearest_level(const MomentCode &code, int32_t bits) {
    constexpr int32_t least = MomentCode::first_cell << 16, one = MomentCode::last_cell << 16;
    const int32_t minus = bits >> 31, given = bits & 0x7fffffff, size = given < least || given > one ? least : given;
    const int32_t cell = code.cell[(size >> 16) - MomentCode::first_cell];
    const int32_t steps = (cell & 0xff) + ((size & 0xffff) - minus > cell >> 8);  // of two as near, the lower has the larger size below 0
    const int32_t nearest = code.zero + ((steps ^ minus) - minus);
    return nearest > 0 ? nearest : 0;  // 1 is a level, -1 is none
}

}  // namespace leeway
