/* thin_product.cu: the product of a few rows with many columns, and turned: decoding, low ranks. The sums are those of product.cu.
 *
 * A block owns 4 or 8 lanes of left x 32 lanes of right; each of its warps takes a block of 512 k at a time, a lane of the warp one lane
 * of right. So chains stay whole, and many are under way. When every warp has its sums, they are added to the totals in order. Both
 * operands come in slices of 32 k through the warp's own shared memory. Bytes moved: right once for 8 lanes of left.
 */
#include "product.h"
#include "product_job.h"

namespace leeway {
namespace {

constexpr int slice = 32;
constexpr int most_warps = 8;
constexpr int wide = warp;          /* lanes of right a block */
constexpr int right_pitch = wide + 1; /* so that a column of the slice lies in different banks */

/* Shared memory of a warp; its sums [lane of left][lane of right] take the place of left's slice. */
template <int lanes>
struct Part {
    static constexpr int left_floats = slice * lanes, right_floats = slice * right_pitch, floats = left_floats + right_floats;
    float *left;
    float *right;
    __device__ Part(float *shared, int index) : left(shared + index * floats), right(left + left_floats) {}
};

/* The sums of one block of k. Every lane of the warp calls it. */
template <class Left, class Right, int lanes>
__device__ __forceinline__ void add_block(const SidedTerm &term, int row, int column, int first, const Part<lanes> &part) {
    const int lane = threadIdx.x % warp, end = min(term.depth, first + int(product_block));
    Slice<Left, lanes, slice, warp, lanes> left(term.left, row, first, end, lane);
    Slice<Right, wide, slice, warp, right_pitch> right(term.right, column, first, end, lane);
    Floats<4> sum[lanes / 4] = {};
    left.fetch();
    right.fetch();
    for (int k = first; k < end; k += slice) {
        left.stage(part.left);
        right.stage(part.right);
        __syncwarp();
        if (k + slice < end) {
            left.fetch();
            right.fetch();
        }
        const int steps = min(slice, blocks_of(end - k, 16) * 16); /* as product.cu pads */
#pragma unroll 8
        for (int i = 0; i < steps; i++) {
            const float b = part.right[i * right_pitch + lane];
            LEEWAY_UNROLL for (int q = 0; q < lanes / 4; q++) {
                const Floats<4> a = load<4>(part.left + i * lanes + 4 * q);
                LEEWAY_UNROLL for (int j = 0; j < 4; j++) sum[q].x[j] = fmaf(a.x[j], b, sum[q].x[j]);
            }
        }
        __syncwarp();
    }
    LEEWAY_UNROLL for (int i = 0; i < lanes; i++) part.left[i * wide + lane] = sum[i / 4].x[i % 4];
}

/* An element of the block's C: of thread t are elements t, t + threads, ... */
template <int lanes, class Body>
__device__ __forceinline__ void for_own_elements(const SidedProduct &job, int row, int column, Body body) {
    for (int e = threadIdx.x; e < lanes * wide; e += blockDim.x) {
        const int m = row + e / wide, n = column + e % wide;
        if (m < job.rows && n < job.columns) body(e, m, n);
    }
}

/* totals[e] += the term's blocks in order. */
template <class Left, class Right, int lanes>
__device__ __forceinline__ void add_term(const SidedProduct &job, const SidedTerm &term, int row, int column, float *shared,
                                         float *totals) {
    const int warps = blockDim.x / warp, own = threadIdx.x / warp;
    for (int first = 0; first < term.depth; first += warps * int(product_block)) {
        const int begin = first + own * int(product_block), blocks = min(warps, blocks_of(term.depth - first, int(product_block)));
        if (own < blocks) add_block<Left, Right, lanes>(term, row, column, begin, Part<lanes>(shared, own));
        __syncthreads();
        for_own_elements<lanes>(job, row, column, [&](int e, int, int) {
            float total = totals[e];
            for (int b = 0; b < blocks; b++) total = fmaf(term.alpha, Part<lanes>(shared, b).left[e], total);
            totals[e] = total;
        });
        __syncthreads();  // sums are read, so slices may come again
    }
}

template <class Left, class Right, int lanes>
__global__ void __launch_bounds__(most_warps * warp, 2) thin(SidedProduct job) {
    LEEWAY_DYNAMIC_SHARED(float, shared);
    float *totals = shared + blockDim.x / warp * Part<lanes>::floats;
    const unsigned groups = unsigned(blocks_of(job.rows, lanes));
    const int row = int(blockIdx.x % groups) * lanes, column = int(blockIdx.x / groups) * wide;
    const Output &out = job.out;
    for_own_elements<lanes>(job, row, column, [&](int e, int m, int n) {
        totals[e] = out.start ? element(out.start, m * out.row + n * out.column, out.start_narrow) : 0.0f;
    });
    add_term<Left, Right, lanes>(job, job.term[0], row, column, shared, totals);
    if (out.bias)
        for_own_elements<lanes>(job, row, column, [&](int e, int, int n) { totals[e] += element(out.bias, n, out.narrow); });
    if (job.terms == 2) add_term<Elements<float>, Elements<float>, lanes>(job, job.term[1], row, column, shared, totals);
    for_own_elements<lanes>(job, row, column, [&](int e, int m, int n) {
        const int64_t at = m * out.row + n * out.column;
        if (out.narrow) static_cast<bf16 *>(out.c)[at] = narrow<bf16>(totals[e]);
        else static_cast<float *>(out.c)[at] = totals[e];
    });
}

template <int lanes>
leeway_status launch_thin(leeway_stream *stream, const SidedProduct &job, leeway_dtype left, leeway_dtype right) {
    int warps = 1;
    for (int t = 0; t < job.terms; t++) warps = std::max(warps, std::min(most_warps, blocks_of(job.term[t].depth, int(product_block))));
    const unsigned grid = unsigned(blocks_of(job.rows, lanes)) * unsigned(blocks_of(job.columns, wide));
    const size_t bytes = size_t(warps * Part<lanes>::floats + lanes * wide) * sizeof(float);
    return with_elements(left, right, [&](auto left_elements, auto right_elements) {
        using Left = typename decltype(left_elements)::type;
        using Right = typename decltype(right_elements)::type;
        return LEEWAY_LAUNCH(stream, (thin<Left, Right, lanes>), grid, unsigned(warps * warp), bytes, job);
    });
}

}  // namespace

leeway_status thin_product(leeway_stream *stream, const SidedProduct &job, leeway_dtype left, leeway_dtype right) {
    return job.rows <= 4 ? launch_thin<4>(stream, job, left, right) : launch_thin<8>(stream, job, left, right);
}

}  // namespace leeway
