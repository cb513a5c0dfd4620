/* row_softmax.h: log-sum-exp and entropy of one row of logits, tile by tile. Milakov and Gimelshein 2018, algorithm 3, on tiles.
 *
 * The one definition of z, lse and log_prob on the device: head_forward, head_backward and sample all go through it, so that the log-prob
 * stored when a token was drawn is the same bits as the one that training computes. A tile's statistics depend on its logits alone; tiles
 * are added in order.
 */
#pragma once

#include <climits>
#include <cmath>

#include "logits.h"
#include "number.h"
#include "reduce.h"

namespace leeway {

/* NaN wins. */
__device__ inline float larger(float x, float y) { return x > y || x != x ? x : y; }

/* With d = z - max over the allowed tokens: sum = sum e^d and weighted = sum e^d d. d and e^d are fp32, all sums and what comes of them
 * in double. Where a z is NaN, or infinite upwards, so is lse. */
struct RowSoftmax {
    float max = -INFINITY;
    double sum = 0.0;
    double weighted = 0.0;

    /* Adds those of the next tile. */
    __device__ void add(const RowSoftmax &tile) {
        if (tile.max == -INFINITY) return;  // nothing in it can occur
        if (max == -INFINITY) {
            *this = tile;
        } else if (tile.max <= max) {
            join(*this, tile, double(tile.max) - double(max));
        } else {  // also where tile is NaN
            join(tile, *this, double(max) - double(tile.max));
        }
    }

    __device__ double exact_lse() const { return double(max) + log(sum); }
    __device__ float lse() const { return float(exact_lse()); }
    /* lse - sum p z */
    __device__ float entropy() const { return float(log(sum) - weighted / sum); }

private:
    /* upper + lower, whose maximum lies shift <= 0 from upper's. The order of the roundings is written out, so that all callers get it. */
    __device__ void join(const RowSoftmax upper, const RowSoftmax lower, double shift) {
        const double shrink = exp(shift);
        max = upper.max;
        sum = fma(shrink, lower.sum, upper.sum);
        weighted = fma(shrink, fma(shift, lower.sum, lower.weighted), upper.weighted);
    }
};

/* z - lse, rounded once; z of scaled_logit. */
__device__ inline float log_prob_of(float z, double exact_lse) { return float(double(z) - exact_lse); }

/* softcap tanh(a / softcap); softcap = 0: a. */
__device__ inline float capped(float a, float softcap) { return softcap > 0.0f ? softcap * tanhf(a / softcap) : a; }

/* A block holds a tile of a row in registers: thread t has the tokens 4 (p threads + t) .. + 3 for p = 0..3, read in packs of n = 4 where
 * rows begin at multiples of 16 bytes, else n = 1. Few threads do for a small vocabulary. */
inline constexpr int tile_values = 16;
inline constexpr int small_tile_threads = 32, tile_threads = 256;
static_assert(tile_threads * tile_values == softmax_tile);

/* body(integral_constant of the threads) for the tiles of a vocabulary. */
template <class Body>
auto with_tile_threads(int64_t vocabulary, Body body) {
    if (vocabulary <= small_tile_threads * tile_values) return body(std::integral_constant<int, small_tile_threads>());
    return body(std::integral_constant<int, tile_threads>());
}

/* The place in its tile of value i of this thread. */
template <int threads>
__device__ int tile_place(int i) {
    return ((i / 4) * threads + int(threadIdx.x)) * 4 + i % 4;
}

/* The count values of a tile; 0 behind them. */
template <int threads, int n>
__device__ void load_tile(const float *tile, int64_t count, float (&values)[tile_values]) {
    LEEWAY_UNROLL for (int i = 0; i < tile_values; i += 4) {
        const int at = tile_place<threads>(i);
        if (n == 4 && at + 4 <= count) {
            const auto pack = load<4>(tile + at);
            for (int k = 0; k < 4; k++) values[i + k] = pack.x[k];
        } else {
            for (int k = 0; k < 4; k++) values[i + k] = at + k < count ? tile[at + k] : 0.0f;
        }
    }
}

/* Writes them, rounded where T is bf16, to a row that begins at a multiple of 16 bytes. */
template <int threads, class T>
__device__ void store_tile(T *tile, int64_t count, const float (&values)[tile_values]) {
    LEEWAY_UNROLL for (int i = 0; i < tile_values; i += 4) {
        const int at = tile_place<threads>(i);
        if (at + 4 <= count) {
            store<4>(tile + at, Floats<4>{values[i], values[i + 1], values[i + 2], values[i + 3]});
        } else {
            for (int k = 0; k < 4; k++)
                if (at + k < count) tile[at + k] = narrow<T>(values[i + k]);
        }
    }
}

/* Bit i: value i of this thread belongs to a token of the tile, of which there are count from first on, that is allowed. */
template <int threads>
__device__ unsigned live_values(int64_t count, const uint32_t *allowed, int64_t first) {
    unsigned live = 0;
    LEEWAY_UNROLL for (int i = 0; i < tile_values; i++) {
        const int at = tile_place<threads>(i);
        if (at < count && is_allowed(allowed, first + at)) live |= 1u << i;
    }
    return live;
}

/* The statistics of a tile, the same in all threads; every thread calls it. */
template <int threads>
__device__ RowSoftmax tile_softmax(const float (&z)[tile_values], unsigned live) {
    float most = -INFINITY;
    LEEWAY_UNROLL for (int i = 0; i < tile_values; i++)
        if (live >> i & 1) most = larger(most, z[i]);
    RowSoftmax tile;
    tile.max = block_join<threads>(most, [](float x, float y) { return larger(x, y); });
    double sum = 0.0, weighted = 0.0;
    LEEWAY_UNROLL for (int i = 0; i < tile_values; i++) {
        const float below = z[i] - tile.max, d = !(live >> i & 1) || below < far_below ? far_below : below, e = expf(d);
        sum += double(e);
        weighted += double(e) * double(d);
    }
    tile.sum = block_sum<threads>(sum);
    tile.weighted = block_sum<threads>(weighted);
    return tile;
}

/* The lowest place of a live z that is max; INT_MAX: none. */
template <int threads>
__device__ int tile_arg_max(const float (&z)[tile_values], unsigned live, float max) {
    int lowest = INT_MAX;
    LEEWAY_UNROLL for (int i = tile_values - 1; i >= 0; i--)
        if ((live >> i & 1) && z[i] == max) lowest = tile_place<threads>(i);
    return block_join<threads>(lowest, [](int x, int y) { return x < y ? x : y; });
}

}  // namespace leeway
