/* attention_mma.h: the parts of the attention kernels on tensor cores (mma.h), forward and backward: tiles of rows of bf16 in shared
 * memory, their fragments, and products of tiles.
 *
 * A tile is so many rows (of queries, keys, values or gradients) of dims elements side by side, swizzled; dims is head_dim filled up with
 * zeros to one of few sizes. A warp holds the products of 16 tall rows of one tile with rows of another (multiply_along: over dims), or
 * sums over the rows of a tile weighted by such products (multiply_across: over rows). Every element is one chain of steps of 16 terms in
 * ascending order, each of them one mma that starts from the sum so far, so nothing of a row depends on the rows beside it.
 */
#pragma once

#include "async.h"
#include "attention_tile.h"
#include "mma.h"

namespace leeway {

/* Whether attention goes over tensor cores; else it takes attention.cu, attention_backward.cu. */
inline bool fits_tensor_cores(leeway_dtype dtype, int64_t head_dim) { return dtype == LEEWAY_BF16 && head_dim % 16 == 0; }

/* body(std::integral_constant dims) with the least dims that hold head_dim. */
template <class Body>
leeway_status with_dims(int64_t head_dim, Body body) {
    if (head_dim <= 32) return body(std::integral_constant<int, 32>());
    if (head_dim <= 64) return body(std::integral_constant<int, 64>());
    if (head_dim <= 80) return body(std::integral_constant<int, 80>());
    if (head_dim <= 96) return body(std::integral_constant<int, 96>());
    if (head_dim <= 128) return body(std::integral_constant<int, 128>());
    return body(std::integral_constant<int, 256>());
}

template <int dims>
inline constexpr int tile_row_bytes = 2 * dims;

/* Begins to copy count rows to a tile by threads threads, of which this is number thread: row r from data + at(r), zeros where at(r) is
 * below 0 and from head_dim on. The tile is there behind commit_async and wait_async. */
template <int dims, int count, int threads, class At>
__device__ __forceinline__ void copy_rows(char *tile, const bf16 *data, int head_dim, int thread, At at) {
    constexpr int chunks = dims / 8, row_bytes = tile_row_bytes<dims>, step = threads / chunks;
    auto copy = [&](int row, int chunk, int to) {
        const int64_t from = at(row);
        const bool exists = from >= 0 && chunk * 8 < head_dim;
        copy_async16_up_to(tile + to, exists ? data + from + chunk * 8 : data, exists ? 16 : 0);
    };
    if constexpr (threads % chunks == 0 && step % 8 == 0) { /* a thread's chunks have one place in the swizzle */
        const int row = int(unsigned(thread) / chunks), chunk = int(unsigned(thread) % chunks), to = swizzled<row_bytes>(row, chunk);
        static_assert(count % step == 0);
        LEEWAY_UNROLL for (int r = 0; r < count; r += step) copy(row + r, chunk, to + r * row_bytes);
    } else {
#pragma unroll 2
        for (unsigned i = unsigned(thread); i < count * chunks; i += threads) {
            const int row = int(i / chunks), chunk = int(i % chunks);
            copy(row, chunk, swizzled<row_bytes>(row, chunk));
        }
    }
}

/* Where a lane finds its row of four 8 x 8 matrices in a tile: 16 rows x 16 dims. */
template <int dims>
class RowPlace {
    static constexpr int among = exchanged_chunks<tile_row_bytes<dims>>;
    int base, chunk;

    __device__ RowPlace(int row, int half) : base(row * tile_row_bytes<dims>), chunk(swizzled<tile_row_bytes<dims>>(row, half)) {
        chunk = (chunk - base) / 16;
    }

public:
    /* Matrices in the order rows, then dims: a Left, or transposed two neighbouring Right whose k are the rows. */
    __device__ static RowPlace rows_first(int lane) { return {lane % 16, lane / 16}; }
    /* In the order dims, then rows: two neighbouring Right whose k are the dims. */
    __device__ static RowPlace dims_first(int lane) { return {lane % 8 + lane / 16 * 8, lane / 8 % 2}; }

    /* Of rows 16 i and dims 16 step on. A step is an exclusive or on the exchanged bits of a chunk's number, for they are even. */
    __device__ __forceinline__ int at(int i, int step) const {
        return base + i * 16 * tile_row_bytes<dims> + ((chunk ^ (2 * step % among)) + 2 * step / among * among) * 16;
    }
};

/* The fragments of 16 rows x 16 dims at a place of a tile: rows are those of the product's left operand, columns of its right operand, or
 * (across) the right operand's k. */
__device__ __forceinline__ Left load_left(const char *at) {
    Left left;
    load_matrices<false>(at, left.x);
    return left;
}
__device__ __forceinline__ void load_right_along(const char *at, Right &first, Right &second) {
    uint32_t both[4];
    load_matrices<false>(at, both);
    first = {both[0], both[1]};
    second = {both[2], both[3]};
}
__device__ __forceinline__ void load_right_across(const char *at, Right &first, Right &second) {
    uint32_t both[4];
    load_matrices<true>(at, both);
    first = {both[0], both[1]};
    second = {both[2], both[3]};
}

/* sum[i][j] += rows 16 i of left times rows 8 j of right, over dims. left begins at the warp's first row. */
template <int dims, int tall, int pieces>
__device__ __forceinline__ void multiply_along(const char *left, const char *right, int lane, SumPiece (&sum)[tall][pieces]) {
    const auto left_place = RowPlace<dims>::rows_first(lane), right_place = RowPlace<dims>::dims_first(lane);
    LEEWAY_UNROLL for (int step = 0; step < dims / 16; step++) {
        Left a[tall];
        LEEWAY_UNROLL for (int i = 0; i < tall; i++) a[i] = load_left(left + left_place.at(i, step));
        LEEWAY_UNROLL for (int j = 0; j < pieces; j += 2) {
            Right b[2];
            load_right_along(right + right_place.at(j / 2, step), b[0], b[1]);
            LEEWAY_UNROLL for (int i = 0; i < tall; i++) {
                multiply_add(a[i], b[0], sum[i][j]);
                multiply_add(a[i], b[1], sum[i][j + 1]);
            }
        }
    }
}

/* sum[i][j] += weights of rows 16 i times columns 8 j of a tile, over 16 steps of its rows. */
template <int dims, int tall, int steps>
__device__ __forceinline__ void multiply_across(const Left (&weights)[tall][steps], const char *tile, int lane,
                                                SumPiece (&sum)[tall][dims / 8]) {
    const auto place = RowPlace<dims>::rows_first(lane);
    LEEWAY_UNROLL for (int step = 0; step < steps; step++) {
        LEEWAY_UNROLL for (int j = 0; j < dims / 16; j++) {
            Right b[2];
            load_right_across(tile + place.at(step, j), b[0], b[1]);
            LEEWAY_UNROLL for (int i = 0; i < tall; i++) {
                multiply_add(weights[i][step], b[0], sum[i][2 * j]);
                multiply_add(weights[i][step], b[1], sum[i][2 * j + 1]);
            }
        }
    }
}

/* Two neighbouring pieces, 16 rows x 16 columns, rounded to bf16 as the left operand of a product over these columns. */
__device__ __forceinline__ Left narrow_left(const SumPiece &first, const SumPiece &second) {
    return {{narrow_pair(first.x[0], first.x[1]), narrow_pair(first.x[2], first.x[3]), narrow_pair(second.x[0], second.x[1]),
             narrow_pair(second.x[2], second.x[3])}};
}

/* Of a lane's elements: x[2 h + e] of piece j of 16 rows stands in row piece_row(lane) + 8 h, column piece_column(lane) + 8 j + e. */
__device__ inline int piece_row(int lane) { return lane / 4; }
__device__ inline int piece_column(int lane) { return lane % 4 * 2; }

/* Over the four lanes that have a row. */
__device__ inline float quad_sum(float x) {
    x += __shfl_xor_sync(all_lanes, x, 1);
    return x + __shfl_xor_sync(all_lanes, x, 2);
}
__device__ inline float quad_max(float x) {
    x = fmaxf(x, __shfl_xor_sync(all_lanes, x, 1));
    return fmaxf(x, __shfl_xor_sync(all_lanes, x, 2));
}

/* Row h of a lane's pieces to a row of an array: those columns below head_dim. */
template <int pieces>
__device__ __forceinline__ void store_pieces(bf16 *row, int head_dim, int lane, const SumPiece (&sum)[pieces], int h, float factor) {
    LEEWAY_UNROLL for (int j = 0; j < pieces; j++) {
        const int column = piece_column(lane) + 8 * j;
        if (column < head_dim)
            *reinterpret_cast<uint32_t *>(row + column) = narrow_pair(sum[j].x[2 * h] * factor, sum[j].x[2 * h + 1] * factor);
    }
}

}  // namespace leeway
