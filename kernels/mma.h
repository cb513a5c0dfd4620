/* mma.h: products of bf16 matrices by the 32 lanes of a warp together (PTX ISA, mma.sync and ldmatrix). Compute capability 8.0 on.
 *
 * A register holds two bf16, the one of the lower index in the lower half. Lane l has, by PTX ISA, "Matrix Fragments for mma.m16n8k16 with
 * floating point type" (g = l / 4, t = l % 4):
 *     Left      A (16,16)  x[i]: row g + 8 (i % 2), k 2 t + 8 (i / 2) and the next one
 *     Right     B (16,8)   x[i]: k 2 t + 8 i and the next one, column g
 *     SumPiece  C (16,8)   x[i]: row g + 8 (i / 2), column 2 t + i % 2
 * All 32 lanes call each of these functions from one place of the text.
 */
#pragma once

#include "number.h"

#if !defined(__CUDACC__)
#include "emu/tensor.h"
#endif

namespace leeway {

struct Left {
    uint32_t x[4];
};
struct Right {
    uint32_t x[2];
};
struct SumPiece {
    float x[4];
};

/* Among how many neighbouring 16-byte chunks of a row of so many bytes the swizzle exchanges: the largest power of two up to 8 that divides
 * their number. */
template <int row_bytes>
inline constexpr int exchanged_chunks = row_bytes % 128 == 0 ? 8 : row_bytes % 64 == 0 ? 4 : 2;

/* The byte at which 16-byte chunk number chunk of a row lies in an array of rows of a multiple of 32 bytes: the chunks of a row are
 * exchanged such that the same chunk of 8 rows that follow each other lies in different banks. */
template <int row_bytes>
__device__ constexpr int swizzled(int row, int chunk) {
    static_assert(row_bytes % 32 == 0);
    constexpr unsigned among = exchanged_chunks<row_bytes>;
    return row * row_bytes + int(unsigned(chunk) ^ unsigned(row) / (8 / among) % among) * 16;
}

#if defined(__CUDACC__)

/* count (1, 2, 4) matrices of 8 x 8 16-bit elements from shared memory: lane 8 m + r gives the address of row r of matrix m, 16 bytes and
 * a multiple of 16; to[m] gets row l / 4, columns 2 (l % 4) and the next one. transposed: those of the transposed matrix. */
template <bool transposed, int count>
__device__ __forceinline__ void load_matrices(const void *row, uint32_t (&to)[count]) {
    static_assert(count == 1 || count == 2 || count == 4);
    const unsigned at = unsigned(__cvta_generic_to_shared(row));
    if constexpr (count == 4 && transposed)
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                     : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3]) : "r"(at) : "memory");
    else if constexpr (count == 4)
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                     : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3]) : "r"(at) : "memory");
    else if constexpr (count == 2 && transposed)
        asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];" : "=r"(to[0]), "=r"(to[1]) : "r"(at) : "memory");
    else if constexpr (count == 2)
        asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0, %1}, [%2];" : "=r"(to[0]), "=r"(to[1]) : "r"(at) : "memory");
    else if constexpr (transposed)
        asm volatile("ldmatrix.sync.aligned.m8n8.x1.trans.shared.b16 {%0}, [%1];" : "=r"(to[0]) : "r"(at) : "memory");
    else
        asm volatile("ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%0}, [%1];" : "=r"(to[0]) : "r"(at) : "memory");
}

/* sum += a b. Products are exact; how the 16 of an element are added to its sum is the chip's own, the same wherever the element stands. */
__device__ __forceinline__ void multiply_add(const Left &a, const Right &b, SumPiece &sum) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(sum.x[0]), "+f"(sum.x[1]), "+f"(sum.x[2]), "+f"(sum.x[3])
                 : "r"(a.x[0]), "r"(a.x[1]), "r"(a.x[2]), "r"(a.x[3]), "r"(b.x[0]), "r"(b.x[1]));
}

/* Both rounded to bf16, nearest even, the first one in the lower half. */
__device__ __forceinline__ uint32_t narrow_pair(float low, float high) {
    uint32_t pair;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
    return pair;
}

/* 2^x to 2 units in the last place; 0 below 2^-126, and 1 at 0. */
__device__ __forceinline__ float power_of_two(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

/* a b rounded, never part of a fused multiply-add: the same bits in every kernel. */
__device__ __forceinline__ float rounded_product(float a, float b) { return __fmul_rn(a, b); }

/* The lane's number, asked for anew: what follows from it is not kept in registers from one use to the next. */
__device__ __forceinline__ int lane_anew() {
    int lane;
    asm volatile("mov.u32 %0, %%laneid;" : "=r"(lane));
    return lane;
}

#else

template <bool transposed, int count>
__device__ void load_matrices(const void *row, uint32_t (&to)[count], int line = __builtin_LINE()) {
    static_assert(count == 1 || count == 2 || count == 4);
    emu::load_matrices(row, count, transposed, to, line);
}

__device__ inline void multiply_add(const Left &a, const Right &b, SumPiece &sum, int line = __builtin_LINE()) {
    emu::multiply_add(a.x, b.x, sum.x, line);
}

__device__ inline uint32_t narrow_pair(float low, float high) { return round_to_bf16(low).bits | uint32_t(round_to_bf16(high).bits) << 16; }

__device__ inline float power_of_two(float x) {
    const float y = exp2f(x);
    return y < 0x1p-126f ? 0.0f : y;
}

__device__ inline float rounded_product(float a, float b) {
    float y = a * b;
    asm("" : "+x"(y));
    return y;
}

__device__ inline int lane_anew() { return emu::lane(); }

#endif

}  // namespace leeway
