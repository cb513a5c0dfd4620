/* reduce.h: sums and maxima over a warp and over a block, by fixed trees: the same bits on every run. */
#pragma once

#include <type_traits>

#include "device.h"

namespace leeway {

template <class T>
__device__ T warp_sum(T x) {
    for (int distance = warp / 2; distance > 0; distance /= 2) x += __shfl_xor_sync(all_lanes, x, distance);
    return x;
}

__device__ inline float warp_max(float x) {
    for (int distance = warp / 2; distance > 0; distance /= 2) x = fmaxf(x, __shfl_xor_sync(all_lanes, x, distance));
    return x;
}

/* The sum over a block of threads threads, a multiple of 32, given to all of them. Every thread calls it. */
template <int threads, class T>
__device__ T block_sum(T x) {
    LEEWAY_SHARED(T, partial, threads / warp);
    x = warp_sum(x);
    __syncthreads();  // the last call's readers are done
    if (threadIdx.x % warp == 0) partial[threadIdx.x / warp] = x;
    __syncthreads();
    T sum = partial[0];
    for (int i = 1; i < threads / warp; i++) sum += partial[i];
    return sum;
}

/* join(join(x0, x1), x2)... of a block's values in a fixed order, given to all threads; join is associative and commutative, like max. */
template <int threads, class T, class Join>
__device__ T block_join(T x, Join join) {
    LEEWAY_SHARED(T, partial, threads / warp);
    for (int distance = warp / 2; distance > 0; distance /= 2) x = join(x, __shfl_xor_sync(all_lanes, x, distance));
    __syncthreads();  // the last call's readers are done
    if (threadIdx.x % warp == 0) partial[threadIdx.x / warp] = x;
    __syncthreads();
    T all = partial[0];
    for (int i = 1; i < threads / warp; i++) all = join(all, partial[i]);
    return all;
}

/* The sum of integers over the threads before this one in a block of threads threads, a multiple of 32; all = that over the block. Every
 * thread calls it. */
template <int threads, class T>
__device__ T block_sum_before(std::type_identity_t<T> x, T *all) {
    LEEWAY_SHARED(T, partial, threads / warp);
    const int lane = int(threadIdx.x) % warp, own = int(threadIdx.x) / warp;
    T sum = x;  // over the lanes up to this one
    for (int distance = 1; distance < warp; distance *= 2) {
        const T below = __shfl_up_sync(all_lanes, sum, distance);
        if (lane >= distance) sum += below;
    }
    __syncthreads();  // the last call's readers are done
    if (lane == warp - 1) partial[own] = sum;
    __syncthreads();
    T before = 0;
    *all = 0;
    for (int i = 0; i < threads / warp; i++) {
        if (i < own) before += partial[i];
        *all += partial[i];
    }
    return before + sum - x;
}

}  // namespace leeway
