/* thin_total.h: what the kernels of few rows share (thin_product.cu, thin_product_mma.cu): a block owns lanes x 32 elements of C whose
 * totals lie in shared memory, each of its warps takes a block of 512 k at a time, and the warps' sums are added to the totals in order. */
#pragma once

#include "product_job.h"

namespace leeway {

inline constexpr int thin_most_warps = 8;
inline constexpr int thin_wide = warp; /* lanes of right a block */

/* Shared memory of a warp that multiplies fp32; its sums [lane of left][lane of right] take the place of left's slice. */
template <int lanes>
struct ThinPart {
    static constexpr int slice = 32, right_pitch = thin_wide + 1; /* so that a column of the slice lies in different banks */
    static constexpr int left_floats = slice * lanes, right_floats = slice * right_pitch, floats = left_floats + right_floats;
    float *left;
    float *right;
    __device__ ThinPart(float *shared, int index) : left(shared + index * floats), right(left + left_floats) {}
};

/* As many warps as there are blocks of k. */
inline int thin_warps(const SidedProduct &job) {
    int warps = 1;
    for (int t = 0; t < job.terms; t++) {
        const int blocks = blocks_of(job.term[t].depth, int(product_block));
        warps = std::max(warps, std::min(thin_most_warps, blocks));
    }
    return warps;
}

/* An element of the block's C: of thread t are elements t, t + threads, ... */
template <int lanes, class Body>
__device__ __forceinline__ void for_own_elements(const SidedProduct &job, int row, int column, Body body) {
    for (int e = threadIdx.x; e < lanes * thin_wide; e += blockDim.x) {
        const int m = row + e / thin_wide, n = column + e % thin_wide;
        if (m < job.rows && n < job.columns) body(e, m, n);
    }
}

template <int lanes>
__device__ __forceinline__ void begin_totals(const SidedProduct &job, int row, int column, float *totals) {
    const Output &out = job.out;
    for_own_elements<lanes>(job, row, column, [&](int e, int m, int n) {
        totals[e] = out.start ? element(out.start, m * out.row + n * out.column, out.start_narrow) : 0.0f;
    });
}

template <int lanes>
__device__ __forceinline__ void add_bias(const SidedProduct &job, int row, int column, float *totals) {
    for_own_elements<lanes>(job, row, column, [&](int e, int, int n) { totals[e] += element(job.out.bias, n, job.out.narrow); });
}

template <int lanes>
__device__ __forceinline__ void write_totals(const SidedProduct &job, int row, int column, const float *totals) {
    const Output &out = job.out;
    for_own_elements<lanes>(job, row, column, [&](int e, int m, int n) {
        const int64_t at = m * out.row + n * out.column;
        if (out.narrow) static_cast<bf16 *>(out.c)[at] = narrow<bf16>(totals[e]);
        else static_cast<float *>(out.c)[at] = totals[e];
    });
}

/* totals[e] += the term's blocks in order: multiply(k, warp) leaves the sums of the block from k on in sums_of(warp). */
template <int lanes, class Multiply, class SumsOf>
__device__ __forceinline__ void add_blocks(const SidedProduct &job, const SidedTerm &term, int row, int column, float *totals,
                                           Multiply multiply, SumsOf sums_of) {
    const int warps = blockDim.x / warp, own = threadIdx.x / warp;
    for (int first = 0; first < term.depth; first += warps * int(product_block)) {
        const int blocks = min(warps, blocks_of(term.depth - first, int(product_block)));
        if (own < blocks) multiply(first + own * int(product_block), own);
        __syncthreads();
        for_own_elements<lanes>(job, row, column, [&](int e, int, int) {
            float total = totals[e];
            for (int b = 0; b < blocks; b++) total = fmaf(term.alpha, sums_of(b)[e], total);
            totals[e] = total;
        });
        __syncthreads();  // sums are read, so slices may come again
    }
}

/* The sums of one block of k. Every lane of the warp calls it. */
template <class Left, class Right, int lanes>
__device__ __forceinline__ void multiply_block(const SidedTerm &term, int row, int column, int first, const ThinPart<lanes> &part) {
    using Part = ThinPart<lanes>;
    const int lane = threadIdx.x % warp, end = min(term.depth, first + int(product_block));
    Slice<Left, lanes, Part::slice, warp, lanes> left(term.left, row, first, end, lane);
    Slice<Right, thin_wide, Part::slice, warp, Part::right_pitch> right(term.right, column, first, end, lane);
    Floats<4> sum[lanes / 4] = {};
    left.fetch();
    right.fetch();
    for (int k = first; k < end; k += Part::slice) {
        left.stage(part.left);
        right.stage(part.right);
        __syncwarp();
        if (k + Part::slice < end) {
            left.fetch();
            right.fetch();
        }
        const int steps = min(Part::slice, blocks_of(end - k, 16) * 16); /* as product.cu pads */
#pragma unroll (lanes > 8 ? 2 : 8)
        for (int i = 0; i < steps; i++) {
            const float b = part.right[i * Part::right_pitch + lane];
            LEEWAY_UNROLL for (int q = 0; q < lanes / 4; q++) {
                const Floats<4> a = load<4>(part.left + i * lanes + 4 * q);
                LEEWAY_UNROLL for (int j = 0; j < 4; j++) sum[q].x[j] = fmaf(a.x[j], b, sum[q].x[j]);
            }
        }
        __syncwarp();
    }
    LEEWAY_UNROLL for (int i = 0; i < lanes; i++) part.left[i * thin_wide + lane] = sum[i / 4].x[i % 4];
}

/* totals[e] += a term's blocks of fp32 arithmetic. */
template <class Left, class Right, int lanes>
__device__ __forceinline__ void add_term(const SidedProduct &job, const SidedTerm &term, int row, int column, float *shared,
                                         float *totals) {
    add_blocks<lanes>(
        job, term, row, column, totals,
        [&](int first, int own) { multiply_block<Left, Right, lanes>(term, row, column, first, ThinPart<lanes>(shared, own)); },
        [&](int b) { return ThinPart<lanes>(shared, b).left; });
}

}  // namespace leeway
