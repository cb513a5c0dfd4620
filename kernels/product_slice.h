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

/* Reads four neighbours of a Side: as they lie in memory, so that nothing waits for them before value() is asked.
 *     four(at)          at .. at + 3, at being the begin of a pack
 *     none()            four zeros; put(raw, e, at): sets one */
template <class T>
struct Elements {
    using Raw = Pack<T, 4>;
    const T *data;
    __device__ explicit Elements(const Side &side) : data(static_cast<const T *>(side.data)) {}
    __device__ Raw four(int64_t at) const { return load_pack<4>(data + at); }
    __device__ static Raw none() { return {}; }
    __device__ void put(Raw &raw, int e, int64_t at) const { raw.x[e] = data[at]; }
    __device__ static float value(const Raw &raw, int e) { return widen(raw.x[e]); }
};

/* T: the type to which what the codes mean is rounded. Four neighbours lie in one block of absmax or in two. */
template <class T>
struct Nf4Elements {
    struct Raw {
        int codes; /* four bits each; bit 16 + e: element e takes the second scale */
        float scale;
        float second;
    };
    const uint8_t *codes;
    const float *absmax;
    int64_t origin;
    __device__ explicit Nf4Elements(const Side &side)
        : codes(static_cast<const uint8_t *>(side.data)), absmax(side.absmax), origin(side.origin) {}
    __device__ Raw four(int64_t at) const {
        at += origin;
        return {*reinterpret_cast<const uint16_t *>(codes + at / 2), absmax[at / nf4_block], 0.0f};
    }
    __device__ static Raw none() { return {0x7777, 0.0f, 0.0f}; }
    __device__ void put(Raw &raw, int e, int64_t at) const {
        at += origin;
        const int code = codes[at / 2] >> (at % 2 * 4) & 15;
        const bool second = at % nf4_block < e;  // the block began behind element 0
        raw.codes = (raw.codes & ~(15 << 4 * e)) | code << 4 * e | int(second) << (16 + e);
        (second ? raw.second : raw.scale) = absmax[at / nf4_block];
    }
    __device__ static float value(const Raw &raw, int e) {
        return rounded_to<T>(nf4_level(raw.codes >> 4 * e & 15) * (raw.codes >> (16 + e) & 1 ? raw.second : raw.scale));
    }
};

/* lanes x depth elements of a Side, held by so many threads between fetch and stage. Lanes and k outside the operand are 0. */
template <class Source, int lanes, int depth, int threads, int pitch>
class Slice {
    static constexpr int count = lanes * depth / 4 / threads; /* packs of a thread */
    static_assert(count * 4 * threads == lanes * depth && lanes % 4 == 0 && depth % 4 == 0);

    static constexpr int per_row = depth / 4, per_column = lanes / 4; /* packs */
    using Raw = typename Source::Raw;
    const Source source;
    const bool along_k, whole; /* whole: all lanes are the operand's, in packs */
    const int thread;
    const int end;  /* of k */
    const int left; /* lanes of the operand from this slice's first one on */
    int next;       /* k that the next fetch begins with */
    int64_t at, step, advance;
    Raw held[count];

    /* Where pack i of this thread stands in the slice. */
    __device__ __forceinline__ int lane(int i) const {
        return along_k ? thread / per_row + i * (threads / per_row) : thread % per_column * 4;
    }
    __device__ __forceinline__ int row(int i) const {
        return along_k ? thread % per_row * 4 : thread / per_column + i * (threads / per_column);
    }

    /* The elements that exist of four from lane l and k i on. */
    __device__ __forceinline__ Raw read(int l, int i, int64_t from) const {
        Raw raw = Source::none();
        LEEWAY_UNROLL for (int e = 0; e < 4; e++)
            if (along_k ? l < left && i + e < end : l + e < left && i < end) source.put(raw, e, from + e);
        return raw;
    }

public:
    /* Begins at k = first, ends before depth_end. */
    __device__ Slice(const Side &side, int first_lane, int first, int depth_end, int thread)
        : source(side), along_k(side.along_k), whole(side.packs && first_lane + lanes <= side.lanes), thread(thread), end(depth_end),
          left(side.lanes - first_lane), next(first) {
        const int64_t l = first_lane + lane(0), k = first + row(0);
        at = along_k ? l * side.stride + k : k * side.stride + l;
        step = (along_k ? threads / per_row : threads / per_column) * side.stride;
        advance = along_k ? depth : depth * side.stride;
    }

    /* Loads this slice; the next fetch is of the one behind it. */
    __device__ __forceinline__ void fetch() {
        if (whole && next + depth <= end) {
            LEEWAY_UNROLL for (int i = 0; i < count; i++) held[i] = source.four(at + i * step);
        } else {
            LEEWAY_UNROLL for (int i = 0; i < count; i++) held[i] = read(lane(i), next + row(i), at + i * step);
        }
        at += advance;
        next += depth;
    }

    /* What was fetched last, to shared (depth, pitch). */
    __device__ __forceinline__ void stage(float *shared) const {
        LEEWAY_UNROLL for (int i = 0; i < count; i++) {
            float *to = shared + row(i) * pitch + lane(i);
            Floats<4> values;
            LEEWAY_UNROLL for (int e = 0; e < 4; e++) values.x[e] = Source::value(held[i], e);
            if (!along_k && pitch % 4 == 0) {
                store<4>(to, values);
                continue;
            }
            LEEWAY_UNROLL for (int e = 0; e < 4; e++) to[along_k ? e * pitch : e] = values.x[e];
        }
    }
};

}  // namespace leeway
