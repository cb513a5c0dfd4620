/* device.h: the dialect of the .cu files.
 *
 * nvcc compiles them for the GPU; g++ compiles the same text for the emulator (emu/), where a thread of a block is a fiber. So a kernel is
 * plain CUDA but for five things:
 *     LEEWAY_LAUNCH                             instead of <<< >>>; see stream.h
 *     LEEWAY_SHARED(float, tile, 32 * 33)       instead of __shared__ float tile[32 * 33]
 *     LEEWAY_DYNAMIC_SHARED(float, tile)        instead of extern __shared__
 *     LEEWAY_TABLE(Code, codes, 2) = {…}        instead of __device__ const Code codes[2]
 *     LEEWAY_UNROLL                             before a loop over a local array: so that its elements are registers
 * PTX stands only in named wrappers with a host body (async.h, mma.h). Both kinds of shared memory are aligned to 16.
 */
#pragma once

#include <cstdint>

#if defined(__CUDACC__)

#include <cuda_runtime.h>

#define LEEWAY_SHARED(type, name, count) __shared__ __align__(16) type name[count]
#define LEEWAY_DYNAMIC_SHARED(type, name)                                   \
    extern __shared__ __align__(16) unsigned char leeway_dynamic_shared[];  \
    type *const name = reinterpret_cast<type *>(leeway_dynamic_shared)
#define LEEWAY_TABLE(type, name, count) static __device__ const type name[count]
#define LEEWAY_UNROLL _Pragma("unroll")
/* The emulator ends a kernel that breaks this; a GPU does so itself. */
#define LEEWAY_REQUIRE_ALIGNED(address, bytes) ((void)0)

#else

#include "emu/cuda.h"

#endif

namespace leeway {

inline constexpr int warp = 32;
inline constexpr unsigned all_lanes = 0xffffffffu;

/* ceil(count / size). */
template <class Int>
__host__ __device__ constexpr Int blocks_of(Int count, Int size) {
    return (count + size - 1) / size;
}

/* The first element of this thread and the distance to its next one, where a grid walks over an array. */
__device__ inline int64_t grid_index() { return int64_t(blockIdx.x) * blockDim.x + threadIdx.x; }
__device__ inline int64_t grid_stride() { return int64_t(gridDim.x) * blockDim.x; }

}  // namespace leeway
