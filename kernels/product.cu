/* product.cu: C[m,n] (+)= sum over terms of alpha * sum over k of A[m,k] B[k,n], + bias: the tiles; the numerics are in operand.h.
 *
 * A block owns 32 down x 64 elements of C, a thread 8 x 4 of them: their running totals, and the sums of the block of 512 k that is under
 * way. Both operands come in slices of 16 k, widened to fp32, through two buffers of shared memory: while the block multiplies one slice,
 * the next one is on its way to registers (product_slice.h). 12 values read from shared memory make 32 multiply-adds. Bytes moved: C once,
 * A once a column of tiles, B once a row of tiles; blocks that follow each other share B's slices, which is the weight.
 */
#include "product.h"

#include "product_job.h"

namespace leeway {
namespace {

constexpr int wide = 64; /* columns of a tile */
constexpr int slice = 16;
constexpr int slices_of_block = int(product_block) / slice;

template <int down>
constexpr int threads_of = 64 * down;

/* One slice of both operands, [k][lane]; rows of 16 bytes beyond the lanes keep columns off each other's banks. */
template <int down>
struct Buffer {
    static constexpr int left_pitch = 32 * down + 4, right_pitch = wide + 4;
    static constexpr int floats = slice * (left_pitch + right_pitch);
    float *left;
    float *right;
    __device__ Buffer(float *shared, int index) : left(shared + index * floats), right(left + slice * left_pitch) {}
};

/* A thread's 8 x 4 elements of the tile. A warp's threads cover 32 x 32. */
struct Place {
    int row;
    int column;
    __device__ explicit Place(int thread)
        : row(thread / (2 * warp) * 32 + thread % warp / 8 * 8), column(thread / warp % 2 * 32 + thread % 8 * 4) {}
};

using Sums = Floats<4>[8];

template <int down>
__device__ __forceinline__ void multiply(const Buffer<down> &buffer, const Place &place, Sums &sum) {
    const float *a = buffer.left + place.row, *b = buffer.right + place.column;
#pragma unroll
    for (int k = 0; k < slice; k++, a += Buffer<down>::left_pitch, b += Buffer<down>::right_pitch) {
        const Floats<4> upper = load<4>(a), lower = load<4>(a + 4), right = load<4>(b);
        LEEWAY_UNROLL for (int i = 0; i < 8; i++) {
            const float left = i < 4 ? upper.x[i % 4] : lower.x[i % 4];
            LEEWAY_UNROLL for (int j = 0; j < 4; j++) sum[i].x[j] = fmaf(left, right.x[j], sum[i].x[j]);
        }
    }
}

/* total = total + alpha * sum, sum = 0. */
__device__ __forceinline__ void settle(float alpha, Sums &sum, Sums &total) {
    LEEWAY_UNROLL for (int i = 0; i < 8; i++) {
        LEEWAY_UNROLL for (int j = 0; j < 4; j++) {
            total[i].x[j] = fmaf(alpha, sum[i].x[j], total[i].x[j]);
            sum[i].x[j] = 0.0f;
        }
    }
}

/* total += the term's blocks in order, for the tile whose first element is (row, column). */
template <class Left, class Right, int down>
__device__ __forceinline__ void add_term(const SidedTerm &term, int row, int column, float *shared, Sums &total) {
    constexpr int threads = threads_of<down>;
    Slice<Left, 32 * down, slice, threads, Buffer<down>::left_pitch> left(term.left, row, 0, term.depth, threadIdx.x);
    Slice<Right, wide, slice, threads, Buffer<down>::right_pitch> right(term.right, column, 0, term.depth, threadIdx.x);
    const Place place(threadIdx.x);
    const int slices = blocks_of(term.depth, slice);
    Sums sum = {};
    left.fetch();
    right.fetch();
    for (int s = 0; s < slices; s++) {
        const Buffer<down> buffer(shared, s % 2);
        left.stage(buffer.left);
        right.stage(buffer.right);
        __syncthreads();  // and everybody is done with the other buffer, which the next slice overwrites
        if (s + 1 < slices) {
            left.fetch();
            right.fetch();
        }
        multiply<down>(buffer, place, sum);
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

__device__ __forceinline__ void read_start(const Output &out, const Part &part, Sums &total) {
    LEEWAY_UNROLL for (int i = 0; i < 8; i++) {
        total[i] = {};
        if (!out.start || i >= part.rows || part.columns <= 0) continue;
        if (out.start_narrow) read_row<bf16>(out, out.start, part.at + i * out.row, part.columns, total[i]);
        else read_row<float>(out, out.start, part.at + i * out.row, part.columns, total[i]);
    }
}

__device__ __forceinline__ void add_bias(const Output &out, int column, int columns, Sums &total) {
    LEEWAY_UNROLL for (int j = 0; j < 4; j++) {
        const float bias = j < columns ? element(out.bias, column + j, out.narrow) : 0.0f;
        LEEWAY_UNROLL for (int i = 0; i < 8; i++) total[i].x[j] += bias;
    }
}

__device__ __forceinline__ void write(const Output &out, const Part &part, const Sums &total) {
    LEEWAY_UNROLL for (int i = 0; i < 8; i++) {
        if (i >= part.rows || part.columns <= 0) continue;
        if (out.narrow) write_row<bf16>(out, part.at + i * out.row, part.columns, total[i]);
        else write_row<float>(out, part.at + i * out.row, part.columns, total[i]);
    }
}

template <class Left, class Right, int down>
__global__ void __launch_bounds__(threads_of<down>, down == 1 ? 6 : 2) tiles(SidedProduct job) {
    LEEWAY_SHARED(float, shared, 2 * Buffer<down>::floats);
    const unsigned rows_of_tiles = unsigned(blocks_of(job.rows, 32 * down));
    const int row = int(blockIdx.x % rows_of_tiles) * 32 * down, column = int(blockIdx.x / rows_of_tiles) * wide;
    const Place place(threadIdx.x);
    const Part part(job, row + place.row, column + place.column);
    Sums total;
    read_start(job.out, part, total);
    add_term<Left, Right, down>(job.term[0], row, column, shared, total);
    if (job.out.bias) add_bias(job.out, column + place.column, part.columns, total);
    if (job.terms == 2) {
        __syncthreads();  // the last slice's readers are done
        add_term<Elements<float>, Elements<float>, down>(job.term[1], row, column, shared, total);
    }
    write(job.out, part, total);
}

template <int down>
leeway_status launch_tiles(leeway_stream *stream, const SidedProduct &job, leeway_dtype left, leeway_dtype right) {
    const int64_t grid = blocks_of(int64_t(job.rows), int64_t(32 * down)) * blocks_of(int64_t(job.columns), int64_t(wide));
    if (grid > INT32_MAX) return fail(LEEWAY_UNSUPPORTED, "a product of %d x %d elements has too many tiles", job.rows, job.columns);
    return with_elements(left, right, [&](auto left_elements, auto right_elements) {
        using Left = typename decltype(left_elements)::type;
        using Right = typename decltype(right_elements)::type;
        return LEEWAY_LAUNCH(stream, (tiles<Left, Right, down>), unsigned(grid), threads_of<down>, 0, job);
    });
}

bool is_aligned(const void *address, int64_t bytes) { return reinterpret_cast<uintptr_t>(address) % uintptr_t(bytes) == 0; }

Side side_of(const Operand &operand, int64_t lanes) {
    const bool along_k = operand.k_stride == 1;
    const int64_t stride = along_k ? operand.lane_stride : operand.k_stride;
    const bool nf4 = operand.dtype == LEEWAY_NF4;
    const bool aligned = nf4 ? operand.origin % 4 == 0 && is_aligned(operand.data, 2) : is_aligned(operand.data, 4 * bytes_of(operand.dtype));
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
    const leeway_dtype a = job.term[0].a.dtype, b = job.term[0].b.dtype;
    if (job.rows <= thin_lanes) return thin_product(stream, sided(job, false), a, b);
    if (job.columns <= thin_lanes && b != LEEWAY_NF4 && !job.bias) return thin_product(stream, sided(job, true), b, a);
    const SidedProduct tiled = sided(job, false);
    const int64_t large = blocks_of(job.rows, int64_t(128)) * blocks_of(job.columns, int64_t(wide));
    const bool fills = large >= stream->properties.multiProcessorCount;
    return fills ? launch_tiles<4>(stream, tiled, a, b) : launch_tiles<1>(stream, tiled, a, b);
}

}  // namespace leeway
