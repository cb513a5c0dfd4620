/* cuda.h: what the .cu files use of CUDA, for g++. Included by device.h where nvcc doesn't compile.
 *
 * The emulator runs one block after the other, in random order; a thread of a block is a fiber (block.h). It is not kinder than a GPU:
 * fresh memory is NaN; queued work runs when the host waits for it, not before; and every access of a kernel is checked (access.cpp).
 */
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <type_traits>
#include <utility>

#include "block.h"

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)

#define threadIdx (emu::current->thread)
#define blockIdx (emu::current->block)
#define blockDim (emu::current->block_size)
#define gridDim (emu::current->grid_size)

/* The key is one variable for each place in the text and each instance of a template, like the array that it stands for. */
#define LEEWAY_SHARED(type, name, count) \
    static char name##_key;              \
    auto &name = *static_cast<type(*)[count]>(emu::shared_array(&name##_key, sizeof(type) * size_t(count)))
#define LEEWAY_DYNAMIC_SHARED(type, name) type *const name = static_cast<type *>(emu::dynamic_shared())
#define LEEWAY_TABLE(type, name, count) static const type name[count]
#define LEEWAY_UNROLL _Pragma("GCC unroll 32")
#define LEEWAY_REQUIRE_ALIGNED(address, bytes) emu::require_aligned(address, bytes)

#define __syncthreads() emu::block_barrier(__FILE__, __LINE__)
#define __syncwarp() emu::warp_barrier(__builtin_LINE())

using std::max;
using std::min;

/* The value of lane source(lane). All 32 lanes of the warp take part, from one line of the text. */
template <class T>
T emu_shuffle(unsigned lanes, T value, int source, int line) {
    static_assert(sizeof(T) <= 8);
    uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof value);
    bits = emu::exchange(lanes, bits, source, line);
    std::memcpy(&value, &bits, sizeof value);
    return value;
}
template <class T>
T __shfl_xor_sync(unsigned lanes, T value, int mask, int line = __builtin_LINE()) {
    return emu_shuffle(lanes, value, emu::lane() ^ mask, line);
}
template <class T>
T __shfl_up_sync(unsigned lanes, T value, int distance, int line = __builtin_LINE()) {
    const int source = emu::lane() - distance;
    return emu_shuffle(lanes, value, source >= 0 ? source : emu::lane(), line);
}
/* Bit l: whether lane l says so. */
inline unsigned __ballot_sync(unsigned lanes, bool own, int line = __builtin_LINE()) {
    unsigned all = unsigned(own) << emu::lane();
    for (int mask = 16; mask > 0; mask /= 2) all |= __shfl_xor_sync(lanes, all, mask, line);
    return all;
}
inline int __popc(unsigned x) { return __builtin_popcount(x); }

template <class T, class Change>
T emu_atomic(T *address, Change change) {
    emu::begin_atomic(address, sizeof(T));
    const T old = *address;
    *address = change(old);
    emu::end_atomic();
    return old;
}
template <class T>
T atomicMin(T *address, T value) {
    return emu_atomic(address, [=](T old) { return std::min(old, value); });
}
template <class T>
T atomicAdd(T *address, T value) {
    static_assert(std::is_integral_v<T>, "sums of floats in the order of arrival are not the same bits on every run");
    return emu_atomic(address, [=](T old) { return T(old + value); });
}

/* The runtime's host side, in host.cpp. */
#define CUDART_VERSION 13000

enum cudaError_t {
    cudaSuccess = 0,
    cudaErrorInvalidValue = 1,
    cudaErrorMemoryAllocation = 2,
    cudaErrorInvalidConfiguration = 9,
    cudaErrorInsufficientDriver = 35,
    cudaErrorNoDevice = 100,
    cudaErrorNoKernelImageForDevice = 209,
    cudaErrorNotReady = 600,
    cudaErrorIllegalAddress = 700,
    cudaErrorLaunchOutOfResources = 701,
    cudaErrorMisalignedAddress = 716,
    cudaErrorLaunchFailure = 719,
    cudaErrorStreamCaptureUnsupported = 900,
    cudaErrorStreamCaptureInvalidated = 901
};
enum cudaMemcpyKind { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost = 2, cudaMemcpyDeviceToDevice = 3 };
enum cudaMemPoolAttr { cudaMemPoolAttrReleaseThreshold, cudaMemPoolAttrReservedMemCurrent, cudaMemPoolAttrUsedMemCurrent };
enum { cudaStreamNonBlocking = 1, cudaEventDisableTiming = 2, cudaFuncAttributeMaxDynamicSharedMemorySize = 8 };

struct cudaDeviceProp {
    char name[256];
    int major, minor, multiProcessorCount, memoryPoolsSupported;
    size_t totalGlobalMem, sharedMemPerMultiprocessor;
};
/* In CUDA's order; gridDim and blockDim are macros here. */
struct cudaLaunchConfig_t {
    dim3 grid, block;
    size_t dynamic_bytes;
    struct EmulatedStream *stream;
    void *attributes;
    unsigned attribute_count;
};
using cudaStream_t = struct EmulatedStream *;
using cudaEvent_t = struct EmulatedEvent *;
using cudaMemPool_t = int;
using cudaGraph_t = struct EmulatedGraph *;
using cudaGraphExec_t = struct EmulatedGraph *;
enum cudaStreamCaptureMode { cudaStreamCaptureModeThreadLocal = 1 };

const char *cudaGetErrorString(cudaError_t error);
cudaError_t cudaGetLastError();
cudaError_t cudaDriverGetVersion(int *version);
cudaError_t cudaGetDeviceCount(int *count);
cudaError_t cudaSetDevice(int device);
cudaError_t cudaGetDeviceProperties(cudaDeviceProp *properties, int device);
cudaError_t cudaMemGetInfo(size_t *available, size_t *total);
cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t *pool, int device);
cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t pool, cudaMemPoolAttr attribute, void *value);
cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t pool, cudaMemPoolAttr attribute, void *value);
cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned flags);
cudaError_t cudaStreamDestroy(cudaStream_t stream);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
cudaError_t cudaStreamQuery(cudaStream_t stream);
cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned flags);
cudaError_t cudaEventDestroy(cudaEvent_t event);
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
cudaError_t cudaEventSynchronize(cudaEvent_t event);
cudaError_t cudaMallocAsync(void **address, size_t bytes, cudaStream_t stream);
cudaError_t cudaFreeAsync(void *address, cudaStream_t stream);
cudaError_t cudaMallocHost(void **address, size_t bytes);
cudaError_t cudaFreeHost(void *address);
cudaError_t cudaMemcpyAsync(void *destination, const void *source, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream);
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode);
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph);
cudaError_t cudaGraphInstantiate(cudaGraphExec_t *runnable, cudaGraph_t graph, unsigned long long flags);
cudaError_t cudaGraphLaunch(cudaGraphExec_t runnable, cudaStream_t stream);
cudaError_t cudaGraphDestroy(cudaGraph_t graph);
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t runnable);
cudaError_t cudaFuncSetAttribute(const void *kernel, int attribute, int value);
cudaError_t emu_queue(const cudaLaunchConfig_t &configuration, const void *kernel, const emu::Body &body);

template <class... Parameters, class... Arguments>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t *configuration, void (*kernel)(Parameters...), Arguments... arguments) {
    auto closure = [=]() __attribute__((no_sanitize_address)) { kernel(Parameters(arguments)...); };
    using Closure = decltype(closure);
    auto run = [](const void *given) __attribute__((no_sanitize_address)) { (*static_cast<const Closure *>(given))(); };
    return emu_queue(*configuration, reinterpret_cast<const void *>(kernel), {std::make_shared<const Closure>(closure), run});
}
