/* product_mma.h: the product of bf16 operands on tensor cores (mma.h), and tiles of its operands in shared memory.
 *
 * The numerics are those of operand.h but inside a block of 512 k: its sum is a chain of steps of 16 k in ascending order, each of them one
 * mma that starts from the sum so far. Every kernel here keeps to that, so that a row has the same bits among any number of rows.
 */
#pragma once

#include "async.h"
#include "mma.h"
#include "product_job.h"

namespace leeway {

/* The same sums where C has at most 16 rows. */
inline constexpr int thin_rows = 16;
leeway_status thin_tensor_product(leeway_stream *stream, const SidedProduct &job, leeway_dtype right);

/* How a kernel finds the first term's operands. */
template <bool left_along_k_, bool right_along_k_, bool nf4_>
struct Layout {
    static constexpr bool left_along_k = left_along_k_, right_along_k = right_along_k_, nf4 = nf4_ /* B */;
};

/* body(Layout()) */
template <class Body>
leeway_status with_layout(const SidedTerm &term, leeway_dtype right, Body body) {
    if (!term.left.along_k) return body(Layout<false, false, false>());
    if (right == LEEWAY_NF4) return term.right.along_k ? body(Layout<true, true, true>()) : body(Layout<true, false, true>());
    return term.right.along_k ? body(Layout<true, true, false>()) : body(Layout<true, false, false>());
}

/* k that a tile holds. */
inline constexpr int tile_depth = 32;

/* lanes x tile_depth elements of an operand in shared memory, in the order that they have in global memory: rows of a lane's k, or rows of
 * a k's lanes, 64 lanes a panel. Rows are swizzled. */
template <bool along_k, int lanes>
struct Tile {
    static constexpr int width = along_k ? tile_depth : lanes < 64 ? lanes : 64; /* elements of a row */
    static constexpr int row_bytes = 2 * width;
    static constexpr int panel_bytes = row_bytes * (along_k ? lanes : tile_depth);
    static constexpr int bytes = 2 * lanes * tile_depth;
    /* Of eight neighbours that begin at an element that is a multiple of 8. */
    __device__ static int offset(int row, int element) {
        return element / width * panel_bytes + swizzled<row_bytes>(row, element % width / 8);
    }
};

/* Walks over tiles of a Side one behind the other along k. A thread moves chunks of 8 elements, number i of them i * step rows from the
 * first. */
template <bool along_k, int lanes, int threads>
class TileWalk {
    using Shape = Tile<along_k, lanes>;
    static constexpr int chunks_of_row = (along_k ? tile_depth : lanes) / 8;
    static constexpr int step = threads / chunks_of_row;
    static_assert(step % 8 == 0, "a thread's chunks have one place in the swizzle");

    int64_t row_step, advance, from;
    int place;      /* in the tile */
    int k, end;     /* of the first chunk, and of the operand */
    int lanes_left; /* from the first chunk's first lane on */

public:
    static constexpr int count = lanes * tile_depth / 8 / threads;

    /* Begins at k = first, ends before depth_end. */
    __device__ TileWalk(const Side &side, int first_lane, int first, int depth_end, int thread) : end(depth_end) {
        const int row = thread / chunks_of_row, element = thread % chunks_of_row * 8;
        const int lane = first_lane + (along_k ? row : element);
        k = first + (along_k ? element : row);
        lanes_left = side.lanes - lane;
        from = along_k ? lane * side.stride + k : k * side.stride + lane;
        row_step = step * side.stride;
        advance = along_k ? tile_depth : tile_depth * side.stride;
        place = Shape::offset(row, element);
    }

    /* How many of a chunk's elements the operand has. */
    __device__ __forceinline__ int existing(int i) const {
        const int rows_left = along_k ? lanes_left - i * step : end - k - i * step;
        return rows_left > 0 ? max(0, min(along_k ? end - k : lanes_left, 8)) : 0;
    }
    /* Where they lie in the operand, and in the tile. */
    __device__ __forceinline__ int64_t at(int i) const { return from + i * row_step; }
    __device__ __forceinline__ int to(int i) const { return place + i * step * Shape::row_bytes; }

    __device__ __forceinline__ void go_on() {
        from += advance;
        k += tile_depth;
    }
};

/* Copies tiles of a bf16 operand. What lies outside of it is 0. */
template <bool along_k, int lanes, int threads>
class TileCopy {
    const bf16 *const data;
    TileWalk<along_k, lanes, threads> walk;

public:
    __device__ TileCopy(const Side &side, int first_lane, int first, int end, int thread)
        : data(static_cast<const bf16 *>(side.data)), walk(side, first_lane, first, end, thread) {}

    /* Begins to copy this tile, which is there behind commit_async and wait_async; the next one lies behind it. */
    __device__ __forceinline__ void begin(char *tile) {
        LEEWAY_UNROLL for (int i = 0; i < walk.count; i++) {
            const int elements = walk.existing(i);
            copy_async16_up_to(tile + walk.to(i), elements > 0 ? data + walk.at(i) : data, 2 * elements);
        }
        walk.go_on();
    }
};

/* The same of an NF4 operand: the codes of the tile that comes next are held in registers. */
template <bool along_k, int lanes, int threads>
class Nf4TileCopy {
    using Walk = TileWalk<along_k, lanes, threads>;
    const uint8_t *const codes;
    const float *const absmax;
    const int64_t origin;
    Walk walk;
    uint32_t held[Walk::count];
    float scale[Walk::count];
    int elements[Walk::count];

    __device__ __forceinline__ void fetch() {
        LEEWAY_UNROLL for (int i = 0; i < Walk::count; i++) {
            elements[i] = walk.existing(i);
            const int64_t at = elements[i] > 0 ? origin + walk.at(i) : 0; /* some that exist */
            held[i] = *reinterpret_cast<const uint32_t *>(codes + at / 2);
            scale[i] = absmax[at / nf4_block];
        }
        walk.go_on();
    }

public:
    __device__ Nf4TileCopy(const Side &side, int first_lane, int first, int end, int thread)
        : codes(static_cast<const uint8_t *>(side.data)), absmax(side.absmax), origin(side.origin),
          walk(side, first_lane, first, end, thread) {
        fetch();
    }

    __device__ __forceinline__ void begin(char *tile) {
        LEEWAY_UNROLL for (int i = 0; i < Walk::count; i++) {
            Pack<bf16, 8> chunk;
            LEEWAY_UNROLL for (int e = 0; e < 8; e++)
                chunk.x[e] = e < elements[i] ? narrow<bf16>(nf4_level(held[i] >> 4 * e & 15) * scale[i]) : bf16{0};
            store_pack<8>(reinterpret_cast<bf16 *>(tile + walk.to(i)), chunk);
        }
        fetch();
    }
};

/* Of the right operand of a Layout. */
template <class L, int lanes, int threads>
using RightCopy = std::conditional_t<L::nf4, Nf4TileCopy<L::right_along_k, lanes, threads>, TileCopy<L::right_along_k, lanes, threads>>;

/* Where a lane's row of a load of four matrices, 16 lanes x 16 k of the operand, lies in a tile: the matrices of a Left are ordered by
 * lane, then k, those of two neighbouring Right by k, then lane. */
template <bool along_k, int lanes, bool left>
class FragmentPlace {
    using Shape = Tile<along_k, lanes>;
    int base;

public:
    __device__ FragmentPlace(int first_lane, int lane) {
        const int odd = lane / 8 % 2, upper = lane / 16;
        const int lane_half = 8 * (left ? odd : upper), k_half = 8 * (left ? upper : odd), row = lane % 8;
        base = along_k ? Shape::offset(first_lane + lane_half + row, k_half) : Shape::offset(k_half + row, first_lane + lane_half);
    }
    /* Of lanes first_lane + 16 i and k 16 step on. A step along a row is an exclusive or, as the exchange of its chunks is: the bits of the
     * chunk's number that the step sets are 0 at first, first_lane being a multiple of what a warp owns. */
    __device__ __forceinline__ int at(int i, int step) const {
        return along_k ? (base ^ step * 32) + i * 16 * Shape::row_bytes : (base ^ i * 32) + step * 16 * Shape::row_bytes;
    }
};

/* The fragments of 16 lanes x 16 k at a place of a tile. */
template <bool along_k>
__device__ __forceinline__ void load_left(const char *at, Left &left) {
    load_matrices<!along_k>(at, left.x);
}

template <bool along_k>
__device__ __forceinline__ void load_right(const char *at, Right &first, Right &second) {
    uint32_t both[4];
    load_matrices<!along_k>(at, both);
    first = {both[0], both[1]};
    second = {both[2], both[3]};
}

}  // namespace leeway
