/* product_slice.h: how the kernels of the product (operand.h) bring operands from global memory to shared memory as fp32.
 *
 * One of an operand's strides is 1: its elements lie along k (a row of x or of W) or across lanes (a row of dy^T). Either way a thread
 * moves packs of 4 neighbours, by one access where the addresses allow it, and shared memory holds [k][lane]. */
#pragma once

#include "nf4_level.h"
#include "number.h"
#include "operand.h"
#include "stream.h"

namespace leeway {

/* Element (lane, k) lies at lane * stride + k of data where along_k, else at k * stride + lane; NF4: that far from element origin. */
struct Side {
    const void *data;
    const float *absmax;
    int64_t origin;
    int64_t stride;
    int lanes;
    bool along_k;
    bool packs; /* every element whose distance from the begin of its row is a multiple of 4 begins a pack */
};

struct SidedTerm {
    Side left;
    Side right;
    int depth;
    float alpha;
};

/* Elements of a Side as fp32. four(at): at .. at + 3, at being the begin of a pack. */
template <class T>
struct Elements {
    const T *data;
    __device__ explicit Elements(const Side &side) : data(static_cast<const T *>(side.data)) {}
    __device__ float one(int64_t at) const { return widen(data[at]); }
    __device__ Floats<4> four(int64_t at) const { return load<4>(data + at); }
};

/* T: the type to which what the codes mean is rounded. */
template <class T>
struct Nf4Elements {
    const uint8_t *codes;
    const float *absmax;
    int64_t origin;
    __device__ explicit Nf4Elements(const Side &side)
        : codes(static_cast<const uint8_t *>(side.data)), absmax(side.absmax), origin(side.origin) {}
    __device__ float one(int64_t at) const {
        at += origin;
        return rounded_to<T>(nf4_level(codes[at / 2] >> (at % 2 * 4) & 15) * absmax[at / nf4_block]);
    }
    __device__ Floats<4> four(int64_t at) const {
        at += origin;
        const int packed = *reinterpret_cast<const uint16_t *>(codes + at / 2);
        const float scale = absmax[at / nf4_block];
        Floats<4> values;
        LEEWAY_UNROLL for (int i = 0; i < 4; i++) values.x[i] = rounded_to<T>(nf4_level(packed >> 4 * i & 15) * scale);
        return values;
    }
};

/* lanes x depth elements of a Side, held by so many threads between fetch and stage. Lanes and k outside the operand are 0. */
template <class Source, int lanes, int depth, int threads, int pitch>
class Slice {
    static constexpr int count = lanes * depth / 4 / threads; /* packs of a thread */
    static_assert(count * 4 * threads == lanes * depth && lanes % 4 == 0 && depth % 4 == 0);

    const Source source;
    const bool along_k, packs;
    const int end; /* of k */
    const int left; /* lanes of the operand from this slice's first one on */
    int lane, row;  /* where this thread's first pack stands in the slice: lane, and k */
    int lane_step, row_step;
    int k;          /* of the first pack of the next fetch */
    int64_t at, step, advance;
    Floats<4> held[count];

    __device__ __forceinline__ Floats<4> read(int l, int i, int64_t from) const {
        const bool lane_inside = l < left, k_inside = i < end;
        if (packs && lane_inside && k_inside && (along_k ? i + 4 <= end : l + 4 <= left)) return source.four(from);
        Floats<4> values = {};
        LEEWAY_UNROLL for (int e = 0; e < 4; e++)
            if (along_k ? lane_inside && i + e < end : k_inside && l + e < left) values.x[e] = source.one(from + e);
        return values;
    }

public:
    /* Begins at k = first, ends before depth_end. */
    __device__ Slice(const Side &side, int first_lane, int first, int depth_end, int thread)
        : source(side), along_k(side.along_k), packs(side.packs), end(depth_end), left(side.lanes - first_lane) {
        constexpr int per_row = depth / 4, per_column = lanes / 4;
        lane = along_k ? thread / per_row : thread % per_column * 4;
        row = along_k ? thread % per_row * 4 : thread / per_column;
        lane_step = along_k ? threads / per_row : 0;
        row_step = along_k ? 0 : threads / per_column;
        k = first + row;
        at = along_k ? (first_lane + lane) * side.stride + k : k * side.stride + first_lane + lane;
        step = (along_k ? lane_step : row_step) * side.stride;
        advance = along_k ? depth : depth * side.stride;
    }

    /* Loads this slice; the next fetch is of the one behind it. */
    __device__ __forceinline__ void fetch() {
        LEEWAY_UNROLL for (int i = 0; i < count; i++) held[i] = read(lane + i * lane_step, k + i * row_step, at + i * step);
        at += advance;
        k += depth;
    }

    /* What was fetched last, to shared (depth, pitch). */
    __device__ __forceinline__ void stage(float *shared) const {
        LEEWAY_UNROLL for (int i = 0; i < count; i++) {
            float *to = shared + (row + i * row_step) * pitch + lane + i * lane_step;
            if (!along_k && pitch % 4 == 0) {
                store<4>(to, held[i]);
                continue;
            }
            LEEWAY_UNROLL for (int e = 0; e < 4; e++) to[along_k ? e * pitch : e] = held[i].x[e];
        }
    }
};

}  // namespace leeway
