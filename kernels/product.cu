/* product.cu: C[m,n] (+)= sum over terms of alpha * sum over k of A[m,k] B[k,n], + bias: the tiles; the numerics are in operand.h.
 *
 * A block owns 128 x 64 elements of C, a thread 8 x 4 of them: their running totals, and the sums of the block of 512 k that is under way.
 * Where such tiles are too few for the device it is 32 x 64, and 4 x 4 a thread. Both operands come in slices of 16 k, widened to fp32,
 * through two buffers of shared memory: while the block multiplies one slice, the next one is on its way to registers (product_slice.h).
 * 12 values read from shared memory make 32 multiply-adds. Bytes moved: C once, A once a column of tiles, B once a row of tiles; blocks
 * that follow each other share B's slices, which is the weight.
 */
#include "product.h"

#include "product_job.h"
#include "vendor.h"

namespace leeway {
namespace {

constexpr int wide = 64; /* columns of a tile */
constexpr int slice = 16;
constexpr int slices_of_block = int(product_block) / slice;

/* A warp's threads cover 4 tall x 32 elements, two warps the width. */
template <int height>
struct Tile {
    static constexpr int tall = height == 128 ? 8 : 4; /* rows of a thread */
    static constexpr int threads = height / (4 * tall) * 2 * warp;
    using Sums = Floats<4>[tall];
    int row; /* of the thread's first element */
    int column;
    __device__ explicit Tile(int thread)
        : row((thread / (2 * warp) * 4 + thread % warp / 8) * tall), column(thread / warp % 2 * 32 + thread % 8 * 4) {}
};

template <int height>
using Sums = typename Tile<height>::Sums;

/* One slice of both operands, [k][lane]; rows of 16 bytes beyond the lanes keep columns off each other's banks. */
template <int height>
struct Buffer {
    static constexpr int left_pitch = height + 4, right_pitch = wide + 4;
    static constexpr int floats = slice * (left_pitch + right_pitch);
    float *left;
    float *right;
    __device__ Buffer(float *shared, int index) : left(shared + index * floats), right(left + slice * left_pitch) {}
};

template <int height>
__device__ __forceinline__ void multiply(const Buffer<height> &buffer, const Tile<height> &tile, Sums<height> &sum) {
    constexpr int tall = Tile<height>::tall;
    const float *a = buffer.left + tile.row, *b = buffer.right + tile.column;
#pragma unroll
    for (int k = 0; k < slice; k++, a += Buffer<height>::left_pitch, b += Buffer<height>::right_pitch) {
        const Floats<tall> left = load<tall>(a);
        const Floats<4> right = load<4>(b);
        LEEWAY_UNROLL for (int i = 0; i < tall; i++) {
            LEEWAY_UNROLL for (int j = 0; j < 4; j++) sum[i].x[j] = fmaf(left.x[i], right.x[j], sum[i].x[j]);
        }
    }
}

/* total = total + alpha * sum, sum = 0. */
template <int tall>
__device__ __forceinline__ void settle(float alpha, Floats<4> (&sum)[tall], Floats<4> (&total)[tall]) {
    LEEWAY_UNROLL for (int i = 0; i < tall; i++) {
        LEEWAY_UNROLL for (int j = 0; j < 4; j++) {
            total[i].x[j] = fmaf(alpha, sum[i].x[j], total[i].x[j]);
            sum[i].x[j] = 0.0f;
        }
    }
}

/* total += the term's blocks in order, for the tile whose first element is (row, column). */
template <class Left, class Right, int height>
__device__ __forceinline__ void add_term(const SidedTerm &term, int row, int column, float *shared, Sums<height> &total) {
    constexpr int threads = Tile<height>::threads;
    Slice<Left, height, slice, threads, Buffer<height>::left_pitch> left(term.left, row, 0, term.depth, threadIdx.x);
    Slice<Right, wide, slice, threads, Buffer<height>::right_pitch> right(term.right, column, 0, term.depth, threadIdx.x);
    const Tile<height> tile(threadIdx.x);
    const int slices = blocks_of(term.depth, slice);
    Sums<height> sum = {};
    left.fetch();
    right.fetch();
    for (int s = 0; s < slices; s++) {
        const Buffer<height> buffer(shared, s % 2);
        left.stage(buffer.left);
        right.stage(buffer.right);
        __syncthreads();  // and everybody is done with the other buffer, which the next slice overwrites
        if (s + 1 < slices) {
            left.fetch();
            right.fetch();
        }
        multiply<height>(buffer, tile, sum);
        if (s % slices_of_block == slices_of_block - 1 || s + 1 == slices) settle(term.alpha, sum, total);
    }
}

template <class T>
__device__ __forceinline__ void read_row(const Output &out, const void *from, int64_t at, int inside, Floats<4> &values) {
    const T *x = static_cast<const T *>(from) + at;
    if (out.packs && inside >= 4) {
        values = load<4>(x);
        return;
    }
    LEEWAY_UNROLL for (int j = 0; j < 4; j++) values.x[j] = j < inside ? widen(x[j]) : 0.0f;
}

template <class T>
__device__ __forceinline__ void write_row(const Output &out, int64_t at, int inside, const Floats<4> &values) {
    T *x = static_cast<T *>(out.c) + at;
    if (out.packs && inside >= 4) {
        store<4>(x, values);
        return;
    }
    LEEWAY_UNROLL for (int j = 0; j < 4; j++)
        if (j < inside) x[j] = narrow<T>(values.x[j]);
}

/* The part of the rows of C that a thread owns: rows and columns of it that exist. */
struct Part {
    int64_t at;
    int rows;
    int columns;
    __device__ Part(const SidedProduct &job, int row, int column)
        : at(row * job.out.row + column), rows(job.rows - row), columns(job.columns - column) {}
};

template <int tall>
__device__ __forceinline__ void read_start(const Output &out, const Part &part, Floats<4> (&total)[tall]) {
    LEEWAY_UNROLL for (int i = 0; i < tall; i++) {
        total[i] = {};
        if (!out.start || i >= part.rows || part.columns <= 0) continue;
        if (out.start_narrow) read_row<bf16>(out, out.start, part.at + i * out.row, part.columns, total[i]);
        else read_row<float>(out, out.start, part.at + i * out.row, part.columns, total[i]);
    }
}

template <int tall>
__device__ __forceinline__ void add_bias(const Output &out, int column, int columns, Floats<4> (&total)[tall]) {
    LEEWAY_UNROLL for (int j = 0; j < 4; j++) {
        const float bias = j < columns ? element(out.bias, column + j, out.narrow) : 0.0f;
        LEEWAY_UNROLL for (int i = 0; i < tall; i++) total[i].x[j] += bias;
    }
}

template <int tall>
__device__ __forceinline__ void write(const Output &out, const Part &part, const Floats<4> (&total)[tall]) {
    LEEWAY_UNROLL for (int i = 0; i < tall; i++) {
        if (i >= part.rows || part.columns <= 0) continue;
        if (out.narrow) write_row<bf16>(out, part.at + i * out.row, part.columns, total[i]);
        else write_row<float>(out, part.at + i * out.row, part.columns, total[i]);
    }
}

template <class Left, class Right, int height>
__global__ void __launch_bounds__(Tile<height>::threads, 512 / Tile<height>::threads) tiles(SidedProduct job) {
    LEEWAY_SHARED(float, shared, 2 * Buffer<height>::floats);
    const unsigned rows_of_tiles = unsigned(blocks_of(job.rows, height));
    const int row = int(blockIdx.x % rows_of_tiles) * height, column = int(blockIdx.x / rows_of_tiles) * wide;
    const Tile<height> tile(threadIdx.x);
    const Part part(job, row + tile.row, column + tile.column);
    Sums<height> total;
    read_start(job.out, part, total);
    add_term<Left, Right, height>(job.term[0], row, column, shared, total);
    if (job.out.bias) add_bias(job.out, column + tile.column, part.columns, total);
    if (job.terms == 2) {
        __syncthreads();  // the last slice's readers are done
        add_term<Elements<float>, Elements<float>, height>(job.term[1], row, column, shared, total);
    }
    write(job.out, part, total);
}

int64_t count_tiles(const SidedProduct &job, int height) {
    return blocks_of(int64_t(job.rows), int64_t(height)) * blocks_of(int64_t(job.columns), int64_t(wide));
}

template <int height>
leeway_status launch_tiles(leeway_stream *stream, const SidedProduct &job, leeway_dtype left, leeway_dtype right) {
    const int64_t grid = count_tiles(job, height);
    if (grid > INT32_MAX) return fail(LEEWAY_UNSUPPORTED, "a product of %d x %d elements has too many tiles", job.rows, job.columns);
    return with_elements(left, right, [&](auto left_elements, auto right_elements) {
        using Left = typename decltype(left_elements)::type;
        using Right = typename decltype(right_elements)::type;
        return LEEWAY_LAUNCH(stream, (tiles<Left, Right, height>), unsigned(grid), Tile<height>::threads, 0, job);
    });
}

bool is_aligned(const void *address, int64_t bytes) { return reinterpret_cast<uintptr_t>(address) % uintptr_t(bytes) == 0; }

Side side_of(const Operand &operand, int64_t lanes) {
    const bool along_k = operand.k_stride == 1;
    const int64_t stride = along_k ? operand.lane_stride : operand.k_stride;
    const bool nf4 = operand.dtype == LEEWAY_NF4;
    const bool aligned = nf4 ? operand.origin % 4 == 0 : is_aligned(operand.data, 4 * bytes_of(operand.dtype));
    return {operand.data, operand.absmax, operand.origin, stride, int(lanes), along_k, aligned && stride % 4 == 0};
}

Output output_of(const Product &job) {
    const bool narrow = job.dtype == LEEWAY_BF16;
    Output out = {job.c, nullptr, job.bias, job.c_stride, 1, narrow, false, false};
    if (job.base) out.start = job.base;
    else if (job.accumulate) out.start = job.c, out.start_narrow = narrow;
    out.packs = job.c_stride % 4 == 0 && is_aligned(job.c, 4 * bytes_of(job.dtype)) && is_aligned(out.start, out.start_narrow ? 8 : 16);
    return out;
}

SidedProduct sided(const Product &job, bool turned) {
    SidedProduct sided = {output_of(job), int(job.rows), int(job.columns), int(job.terms), {}};
    for (int t = 0; t < sided.terms; t++) {
        const Term &term = job.term[t];
        const Side a = side_of(term.a, job.rows), b = side_of(term.b, job.columns);
        sided.term[t] = {turned ? b : a, turned ? a : b, int(term.depth), term.alpha};
    }
    if (turned) {
        std::swap(sided.rows, sided.columns);
        std::swap(sided.out.row, sided.out.column);
    }
    return sided;
}

}  // namespace

leeway_status product(leeway_stream *stream, const Product &job) {
    if (job.rows <= 0 || job.columns <= 0) return LEEWAY_OK;
    if (stream->vendor != nullptr && fits_vendor(job)) return vendor_product(stream, job);
    const leeway_dtype a = job.term[0].a.dtype, b = job.term[0].b.dtype;
    const SidedProduct tiled = sided(job, false);
    if (fits_tensor_cores(tiled, a, b)) return tensor_product(stream, tiled, b);
    if (job.rows <= thin_lanes) return thin_product(stream, tiled, a, b);
    if (job.columns <= thin_lanes && b != LEEWAY_NF4 && !job.bias) return thin_product(stream, sided(job, true), b, a);
    const bool fills = count_tiles(tiled, 128) >= stream->properties.multiProcessorCount;
    return fills ? launch_tiles<128>(stream, tiled, a, b) : launch_tiles<32>(stream, tiled, a, b);
}

}  // namespace leeway
