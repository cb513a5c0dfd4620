/* tensor.h: the instructions of mma.h that the 32 lanes of a warp carry out together. */
#pragma once

#include <cstdint>

namespace emu {

/* ldmatrix: count (1, 2, 4) matrices of 8 x 8 16-bit elements; row of lane 8 m + r is row r of matrix m, 16 bytes of shared memory. A lane
 * gets two elements of each matrix, to its own to[m]. Each lane reads for itself, so a row that another one wrote wants its barrier. */
void load_matrices(const void *row, int count, bool transposed, uint32_t *to, int line);

/* mma.m16n8k16 of bf16: c += A B, a, b and c being the lane's registers. */
void multiply_add(const uint32_t *a, const uint32_t *b, float *c, int line);

}  // namespace emu
