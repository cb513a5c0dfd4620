/* row_cut.h: where in descending order of z the masses of a row's tokens reach a sum, found by one block.
 *
 * Buckets of the distance to the largest z find the neighbourhood, buckets of the bits of z in it the z itself. Masses are integers, so
 * that the order of the atomic adds doesn't matter. Bytes moved: z and what the mass is made of, about four times, from cache.
 */
#pragma once

#include "number.h"
#include "reduce.h"

namespace leeway {

using Mass = unsigned long long;

/* Numbers in the order of the floats they stand for; both zeros are one number. */
__device__ inline uint32_t key_of(float z) {
    const uint32_t bits = float_as_bits(z + 0.0f);
    return bits >> 31 ? ~bits : bits | 0x80000000u;
}

/* Where in descending order of z the masses of the tokens reach what is wanted: at tokens of this key, behind others of the mass above. */
struct Cut {
    uint32_t key;
    Mass above;
};

/* A bucket a thread. Finds the first one with which the sum from above on reaches wanted, the sum of all being that at least. */
template <int threads>
__device__ int find_bucket(const Mass *buckets, Mass wanted, Mass *above) {
    LEEWAY_SHARED(Mass, found_above, 1);
    LEEWAY_SHARED(int, found, 1);
    Mass total;
    const Mass mine = buckets[threadIdx.x], before = *above + block_sum_before<threads>(mine, &total);
    if (before < wanted && before + mine >= wanted) {
        *found = int(threadIdx.x);
        *found_above = before;
    }
    __syncthreads();
    *above = *found_above;
    const int bucket = *found;
    __syncthreads();
    return bucket;
}

/* Bucket of a token by how far its z lies below the largest: threads / 32 a unit, in exact steps, so buckets are in the order of z. */
template <int threads>
__device__ int depth_bucket(float z, float max) {
    const float depth = (max - z) * float(threads / 32);
    return depth < float(threads - 1) ? int(depth) : threads - 1;
}

/* Adds up mass(v) of the tokens in buckets bucket(v), a bucket a thread; bucket < 0 or mass = 0: not counted. */
template <int threads, class MassOf, class BucketOf>
__device__ void fill_buckets(int64_t count, Mass *buckets, MassOf mass, BucketOf bucket) {
    buckets[threadIdx.x] = 0;
    __syncthreads();
    for (int64_t v = threadIdx.x; v < count; v += threads) {
        const Mass m = mass(v);
        const int b = m > 0 ? bucket(v) : -1;
        if (b >= 0) atomicAdd(&buckets[b], m);
    }
    __syncthreads();
}

/* The cut at wanted <= the sum of mass(v) over all tokens, wanted > 0. */
template <int threads, class MassOf>
__device__ Cut find_cut(const float *z, int64_t count, float max, Mass wanted, MassOf mass) {
    LEEWAY_SHARED(Mass, buckets, threads);
    Mass above = 0;
    fill_buckets<threads>(count, buckets, mass, [&](int64_t v) { return depth_bucket<threads>(z[v], max); });
    const int neighbourhood = find_bucket<threads>(buckets, wanted, &above);
    uint32_t low = ~0u, high = 0;
    for (int64_t v = threadIdx.x; v < count; v += threads)
        if (mass(v) > 0 && depth_bucket<threads>(z[v], max) == neighbourhood) {
            const uint32_t key = key_of(z[v]);
            low = key < low ? key : low;
            high = key > high ? key : high;
        }
    low = block_join<threads>(low, [](uint32_t x, uint32_t y) { return x < y ? x : y; });
    high = block_join<threads>(high, [](uint32_t x, uint32_t y) { return x > y ? x : y; });
    while (low < high) {
        const uint32_t width = (high - low) / threads + 1;
        fill_buckets<threads>(count, buckets, mass, [&](int64_t v) {
            const uint32_t key = key_of(z[v]);
            return low <= key && key <= high ? int((high - key) / width) : -1;
        });
        const uint32_t top = high - uint32_t(find_bucket<threads>(buckets, wanted, &above)) * width;
        low = top - low < width ? low : top - width + 1;
        high = top;
    }
    return {high, above};
}

}  // namespace leeway
