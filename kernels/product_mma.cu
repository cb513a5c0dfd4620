/* product_mma.cu: C[m,n] (+)= sum over terms of alpha * sum over k of A[m,k] B[k,n], + bias, of bf16 on tensor cores: the tiles.
 *
 * A block owns 128 x 128 or, where these are too few, 64 x 64 elements of C; a warp 64 x 32 or 32 x 32 of them: their running totals, and
 * the sums of the block of 512 k that is under way, both in registers. Slices of 32 k come through four stages of shared memory by
 * cp.async, three of them on their way while one is multiplied. A second term, fp32 of low rank, is added as in product.cu. Bytes moved: C
 * once, A once a column of tiles, B once a row of tiles.
 */
#include "product_mma.h"

#include "product.h"

namespace leeway {
namespace {

constexpr int stages = 4;
constexpr int slices_of_block = int(product_block) / tile_depth;
constexpr int float_slice = 16; /* k of a slice of the second term */
constexpr int float_slices_of_block = int(product_block) / float_slice;

/* down x across warps, each of which owns 16 tall x 16 pairs elements. */
template <int down_, int across_, int tall_, int pairs_, int blocks_>
struct Shape {
    static constexpr int across = across_, tall = tall_, pairs = pairs_, blocks = blocks_ /* that a multiprocessor holds */;
    static constexpr int threads = warp * down_ * across_, rows = 16 * tall_ * down_, columns = 16 * pairs_ * across_;
    static constexpr int left_pitch = rows + 4, right_pitch = columns + 4; /* of the second term's slices */
    static constexpr int stage_bytes = 2 * tile_depth * (rows + columns);
    static_assert(2 * float_slice * (left_pitch + right_pitch) * int(sizeof(float)) <= stages * stage_bytes);
};
using Large = Shape<2, 4, 4, 2, 1>;
using Small = Shape<2, 2, 2, 2, 3>;

/* A thread's elements of the tile: rows row + 16 i + 8 h, columns column + 8 j and the next one, in piece [i][j].x[2 h] and [2 h + 1]. */
template <class S>
struct Sums {
    SumPiece piece[S::tall][2 * S::pairs];
};

template <class S>
struct Place {
    int warp_row, warp_column, row, column;
    __device__ explicit Place(int thread)
        : warp_row(thread / warp / S::across * 16 * S::tall), warp_column(thread / warp % S::across * 16 * S::pairs),
          row(warp_row + thread % warp / 4), column(warp_column + thread % 4 * 2) {}
};

/* total = total + alpha * sum, sum = 0. */
template <class S>
__device__ __forceinline__ void settle(float alpha, Sums<S> &sum, Sums<S> &total) {
    LEEWAY_UNROLL for (int i = 0; i < S::tall; i++) {
        LEEWAY_UNROLL for (int j = 0; j < 2 * S::pairs; j++) {
            LEEWAY_UNROLL for (int e = 0; e < 4; e++) {
                total.piece[i][j].x[e] = fmaf(alpha, sum.piece[i][j].x[e], total.piece[i][j].x[e]);
                sum.piece[i][j].x[e] = 0.0f;
            }
        }
    }
}

/* Both operands' way from global memory to fragments. */
template <class S, class L>
struct Operands {
    using LeftTile = Tile<L::left_along_k, S::rows>;
    TileCopy<L::left_along_k, S::rows, S::threads> left;
    RightCopy<L, S::columns, S::threads> right;
    FragmentPlace<L::left_along_k, S::rows, true> left_place;
    FragmentPlace<L::right_along_k, S::columns, false> right_place;

    __device__ Operands(const SidedTerm &term, int row, int column, const Place<S> &place)
        : left(term.left, row, 0, term.depth, threadIdx.x), right(term.right, column, 0, term.depth, threadIdx.x),
          left_place(place.warp_row, threadIdx.x % warp), right_place(place.warp_column, threadIdx.x % warp) {}

    __device__ __forceinline__ void begin(char *stage) {
        left.begin(stage);
        right.begin(stage + LeftTile::bytes);
    }

    __device__ __forceinline__ void multiply(const char *stage, Sums<S> &sum) const {
        LEEWAY_UNROLL for (int step = 0; step < tile_depth / 16; step++) {
            Left a[S::tall];
            Right b[2 * S::pairs];
            LEEWAY_UNROLL for (int i = 0; i < S::tall; i++) load_left<L::left_along_k>(stage + left_place.at(i, step), a[i]);
            LEEWAY_UNROLL for (int j = 0; j < S::pairs; j++)
                load_right<L::right_along_k>(stage + LeftTile::bytes + right_place.at(j, step), b[2 * j], b[2 * j + 1]);
            LEEWAY_UNROLL for (int i = 0; i < S::tall; i++) {
                LEEWAY_UNROLL for (int j = 0; j < 2 * S::pairs; j++) multiply_add(a[i], b[j], sum.piece[i][j]);
            }
        }
    }
};

/* total += the term's blocks in order, for the tile whose first element is (row, column). */
template <class S, class L>
__device__ __forceinline__ void add_term(const SidedTerm &term, int row, int column, char *shared, const Place<S> &place, Sums<S> &total) {
    Operands<S, L> operands(term, row, column, place);
    const int slices = blocks_of(term.depth, tile_depth);
    for (int s = 0; s < stages - 1; s++) {
        if (s < slices) operands.begin(shared + s * S::stage_bytes);
        commit_async();
    }
    Sums<S> sum = {};
    for (int s = 0; s < slices; s++) {
        wait_async<stages - 2>();
        __syncthreads();  // everybody's part of this slice is there, and the last slice is done with
        if (s + stages - 1 < slices) operands.begin(shared + (s + stages - 1) % stages * S::stage_bytes);
        commit_async();
        operands.multiply(shared + s % stages * S::stage_bytes, sum);
        if (s % slices_of_block == slices_of_block - 1 || s + 1 == slices) settle(term.alpha, sum, total);
    }
}

template <class S>
__device__ __forceinline__ void multiply_floats(const float *left, const float *right, Sums<S> &sum) {
#pragma unroll 4
    for (int k = 0; k < float_slice; k++, left += S::left_pitch, right += S::right_pitch) {
        Floats<2> b[2 * S::pairs];
        LEEWAY_UNROLL for (int j = 0; j < 2 * S::pairs; j++) b[j] = load<2>(right + 8 * j);
        LEEWAY_UNROLL for (int i = 0; i < S::tall; i++) {
            LEEWAY_UNROLL for (int e = 0; e < 4; e++) {
                const float a = left[16 * i + e / 2 * 8];
                LEEWAY_UNROLL for (int j = 0; j < 2 * S::pairs; j++)
                    sum.piece[i][j].x[e] = fmaf(a, b[j].x[e % 2], sum.piece[i][j].x[e]);
            }
        }
    }
}

/* The same of fp32 operands, by the sums of product.cu. */
template <class S>
__device__ __forceinline__ void add_float_term(const SidedTerm &term, int row, int column, float *shared, const Place<S> &place,
                                               Sums<S> &total) {
    using Elements = Elements<float>;
    Slice<Elements, S::rows, float_slice, S::threads, S::left_pitch> left(term.left, row, 0, term.depth, threadIdx.x);
    Slice<Elements, S::columns, float_slice, S::threads, S::right_pitch> right(term.right, column, 0, term.depth, threadIdx.x);
    const int slices = blocks_of(term.depth, float_slice);
    Sums<S> sum = {};
    for (int s = 0; s < slices; s++) {
        float *const left_slice = shared + s % 2 * float_slice * (S::left_pitch + S::right_pitch);
        float *const right_slice = left_slice + float_slice * S::left_pitch;
        left.fetch();
        right.fetch();
        left.stage(left_slice);
        right.stage(right_slice);
        __syncthreads();  // and everybody is done with the other buffer, which the next slice overwrites
        multiply_floats<S>(left_slice + place.row, right_slice + place.column, sum);
        if (s % float_slices_of_block == float_slices_of_block - 1 || s + 1 == slices) settle(term.alpha, sum, total);
    }
}

/* body(row, column, pair) for the thread's pairs of elements of the tile that begin inside C. */
template <class S, class Body>
__device__ __forceinline__ void for_pairs(const SidedProduct &job, int row, int column, Sums<S> &total, Body body) {
    LEEWAY_UNROLL for (int i = 0; i < S::tall; i++) {
        LEEWAY_UNROLL for (int h = 0; h < 2; h++) {
            LEEWAY_UNROLL for (int j = 0; j < 2 * S::pairs; j++) {
                const int m = row + 16 * i + 8 * h, n = column + 8 * j;
                if (m < job.rows && n < job.columns) body(m, n, total.piece[i][j].x + 2 * h);
            }
        }
    }
}

template <class S>
__device__ __forceinline__ void read_start(const SidedProduct &job, int row, int column, Sums<S> &total) {
    const Output &out = job.out;
    for_pairs(job, row, column, total, [&](int m, int n, float *pair) {
        const int64_t at = m * out.row + n;
        pair[0] = element(out.start, at, out.start_narrow);
        if (n + 1 < job.columns) pair[1] = element(out.start, at + 1, out.start_narrow);
    });
}

template <class S>
__device__ __forceinline__ void add_bias(const SidedProduct &job, int column, Sums<S> &total) {
    LEEWAY_UNROLL for (int j = 0; j < 2 * S::pairs; j++) {
        LEEWAY_UNROLL for (int e = 0; e < 2; e++) {
            const int n = column + 8 * j + e;
            const float bias = n < job.columns ? element(job.out.bias, n, job.out.narrow) : 0.0f;
            LEEWAY_UNROLL for (int i = 0; i < S::tall; i++) {
                total.piece[i][j].x[e] += bias;
                total.piece[i][j].x[2 + e] += bias;
            }
        }
    }
}

template <class T, class S>
__device__ __forceinline__ void write(const SidedProduct &job, int row, int column, Sums<S> &total) {
    const Output &out = job.out;
    for_pairs(job, row, column, total, [&](int m, int n, const float *pair) {
        T *const to = static_cast<T *>(out.c) + m * out.row + n;
        if (out.packs && n + 1 < job.columns) {
            store<2>(to, Floats<2>{pair[0], pair[1]});
            return;
        }
        to[0] = narrow<T>(pair[0]);
        if (n + 1 < job.columns) to[1] = narrow<T>(pair[1]);
    });
}

template <class S, class L>
__global__ void __launch_bounds__(S::threads, S::blocks) tensor_tiles(SidedProduct job) {
    LEEWAY_DYNAMIC_SHARED(char, shared);
    const unsigned rows_of_tiles = unsigned(blocks_of(job.rows, S::rows));
    const int row = int(blockIdx.x % rows_of_tiles) * S::rows, column = int(blockIdx.x / rows_of_tiles) * S::columns;
    const Place<S> place(threadIdx.x);
    Sums<S> total = {};
    if (job.out.start) read_start(job, row + place.row, column + place.column, total);
    add_term<S, L>(job.term[0], row, column, shared, place, total);
    if (job.out.bias) add_bias(job, column + place.column, total);
    if (job.terms == 2) {
        __syncthreads();  // the last slice's readers are done
        add_float_term<S>(job.term[1], row, column, reinterpret_cast<float *>(shared), place, total);
    }
    if (job.out.narrow) write<bf16>(job, row + place.row, column + place.column, total);
    else write<float>(job, row + place.row, column + place.column, total);
}

int64_t tiles_of(const SidedProduct &job, int rows, int columns) {
    return blocks_of(int64_t(job.rows), int64_t(rows)) * blocks_of(int64_t(job.columns), int64_t(columns));
}

template <class S>
leeway_status launch_tiles(leeway_stream *stream, const SidedProduct &job, leeway_dtype right) {
    const int64_t grid = tiles_of(job, S::rows, S::columns);
    if (grid > INT32_MAX) return fail(LEEWAY_UNSUPPORTED, "a product of %d x %d elements has too many tiles", job.rows, job.columns);
    return with_layout(job.term[0], right, [&](auto layout) {
        return LEEWAY_LAUNCH(stream, (tensor_tiles<S, decltype(layout)>), unsigned(grid), S::threads, size_t(stages * S::stage_bytes), job);
    });
}

/* NF4: as its bf16 copy does. */
bool begins_rows_at_packs(const Side &side) {
    return side.stride % 8 == 0 && side.origin % 8 == 0 && reinterpret_cast<uintptr_t>(side.data) % 16 == 0;
}

}  // namespace

bool fits_tensor_cores(const SidedProduct &job, leeway_dtype left, leeway_dtype right) {
    const SidedTerm &term = job.term[0];
    if (left != LEEWAY_BF16 || right == LEEWAY_F32) return false;
    if (!term.left.along_k && (term.right.along_k || right == LEEWAY_NF4)) return false;
    return begins_rows_at_packs(term.left) && begins_rows_at_packs(term.right);
}

leeway_status tensor_product(leeway_stream *stream, const SidedProduct &job, leeway_dtype right) {
    if (job.rows <= thin_rows) return thin_tensor_product(stream, job, right);
    const bool fills = tiles_of(job, Large::rows, Large::columns) >= stream->properties.multiProcessorCount;
    return fills ? launch_tiles<Large>(stream, job, right) : launch_tiles<Small>(stream, job, right);
}

}  // namespace leeway
