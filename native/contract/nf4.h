/* nf4.h: the sixteen levels of NormalFloat4 (Dettmers et al. 2023, appendix E): quantiles of a normal distribution, scaled to [-1,1],
 * with an exact zero at code 7. A weight is level * absmax of its block of 64. */
#pragma once

#include <cstdint>

namespace leeway {

inline constexpr int64_t nf4_block = 64;

inline constexpr float nf4_levels[16] = {
    -1.0f,
    -0.6961928009986877f,
    -0.5250730514526367f,
    -0.39491748809814453f,
    -0.28444138169288635f,
    -0.18477343022823334f,
    -0.09105003625154495f,
    0.0f,
    0.07958029955625534f,
    0.16093020141124725f,
    0.24611230194568634f,
    0.33791524171829224f,
    0.44070982933044434f,
    0.5626170039176941f,
    0.7229568362236023f,
    1.0f,
};

/* Element i of the row-major matrix: low nibble first. */
inline float nf4_element(const uint8_t *codes, const float *absmax, int64_t i) {
    int code = (codes[i / 2] >> (i % 2 * 4)) & 15;
    return nf4_levels[code] * absmax[i / nf4_block];
}

}  // namespace leeway
