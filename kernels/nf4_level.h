/* nf4_level.h: the sixteen levels of nf4.h where lanes read different ones. */
#pragma once

#include "device.h"
#include "nf4.h"

namespace leeway {

LEEWAY_TABLE(float, nf4_table, 16) = {nf4_levels[0],  nf4_levels[1],  nf4_levels[2],  nf4_levels[3], nf4_levels[4],  nf4_levels[5],
                                      nf4_levels[6],  nf4_levels[7],  nf4_levels[8],  nf4_levels[9], nf4_levels[10], nf4_levels[11],
                                      nf4_levels[12], nf4_levels[13], nf4_levels[14], nf4_levels[15]};

/* code in 0..15 */
__device__ inline float nf4_level(int code) { return nf4_table[code]; }

}  // namespace leeway
