/* stream.h: a stream of the CUDA back end, how kernels are launched on it, and how their failures become sentences. */
#pragma once

#include <initializer_list>
#include <vector>

#include "check.h"
#include "device.h"
#include "number.h"

namespace leeway {

/* Where a kernel reports an element that breaks the contract of its op: the rule's number << 32 | index, the least of all; none = ~0. */
using Faults = unsigned long long;

struct Vendor; /* vendor.h */

/* A rule about elements in device memory: what leeway_synchronize says and returns where one breaks it. */
struct Rule {
    leeway_status status;
    const char *sentence; /* "tokens[%lld] is outside 0..%lld": the element's index, then limit */
    int64_t limit;
};

}  // namespace leeway

struct leeway_stream {
    cudaStream_t queue = nullptr;
    leeway::Vendor *vendor = nullptr;  /* who multiplies matrices instead of product.cu, or NULL */
    int device = 0;
    cudaDeviceProp properties = {};
    unsigned char *scratch = nullptr;  /* of leeway::scratch_bytes: what an op needs inside one call beyond its arguments */
    leeway::Faults *faults = nullptr;  /* device memory */
    leeway::Faults *fault = nullptr;   /* pinned host memory: what faults held when it was asked for */
    struct Staging {
        unsigned char *memory = nullptr; /* pinned host memory */
        int64_t used = 0;
        cudaEvent_t copied = nullptr;    /* all that was staged, once the block is full */
    } staging[2];
    int next_staging = 0;
    std::vector<leeway::Rule> rules; /* those asked about since the last synchronisation, each once */
    std::vector<leeway::Rule> kept;  /* those of kernels in graphs: their numbers, from first_kept on, never change */
    bool asked = false;              /* a graph ran since the last synchronisation */
    leeway_graph *recording = nullptr;
    std::vector<leeway_graph *> graphs;
    char op[256] = "";               /* the last op with its shapes, or the graph that ran last */
    int64_t launches = 0;            /* since the last synchronisation */
    char lost[512] = "";             /* why the device is gone, or empty */
};

namespace leeway {

inline constexpr int64_t scratch_bytes = int64_t(32) << 20;
inline constexpr uint32_t first_kept = 1u << 31;
inline constexpr int64_t staging_bytes = int64_t(8) << 20;

/* Begins an op: refuses where the device was lost, and keeps name and shapes for the sentence about a failure. */
leeway_status begin(leeway_stream *stream, const char *op, std::initializer_list<int64_t> shape);

/* Refuses what can't be recorded, while something is, and ends the recording (graph.cu). */
leeway_status refuse_recording(leeway_stream *stream, const char *op);

/* Forgets a recording that an op was refused in. */
void drop_recording(leeway_stream *stream);

void destroy_graphs(leeway_stream *stream);

/* The op that was begun is the recording's first, unless it has one. */
void note_recorded(leeway_stream *stream);

/* LEEWAY_CUDA_SYNC=1. */
bool synchronous();

/* The status and sentence of a CUDA call that failed in the op that was begun, over what: "32 MiB of scratch", a kernel. */
leeway_status failed(leeway_stream *stream, const char *what, cudaError_t error);

/* Behind a launch: its own failure, or with LEEWAY_CUDA_SYNC=1 in the environment that of the kernel. */
leeway_status launched(leeway_stream *stream, const char *kernel, cudaError_t error);

/* The number under which a kernel reports a break of the rule: report(faults, number, index). */
leeway_status rule(leeway_stream *stream, const Rule &rule, uint32_t *number);

/* Whether an earlier kernel on this stream reported an element: what reads those elements must do nothing. */
__device__ inline bool refused(const Faults *faults) { return *static_cast<const volatile Faults *>(faults) != ~Faults(0); }

/* Reports element index: of all that break rules, the one of the lowest rule, then index, is named. */
__device__ inline void report(Faults *faults, uint32_t rule, int64_t index) {
    atomicMin(faults, Faults(rule) << 32 | Faults(uint32_t(index)));
}

/* As many blocks as cover count elements, at most four waves of the device: the kernel walks on by grid_stride(). */
inline unsigned grid_for(const leeway_stream *stream, int64_t count, int threads) {
    const int64_t most = int64_t(stream->properties.multiProcessorCount) * 16;
    const int64_t needed = blocks_of(count, int64_t(threads));
    return unsigned(needed < 1 ? 1 : needed < most ? needed : most);
}

template <class... Parameters, class... Arguments>
leeway_status launch(leeway_stream *stream, const char *name, void (*kernel)(Parameters...), dim3 grid, dim3 block, size_t shared,
                     Arguments... arguments) {
    constexpr size_t without_asking = 48 << 10;
    if (shared > without_asking) {
        const auto *function = reinterpret_cast<const void *>(kernel);
        const cudaError_t error = cudaFuncSetAttribute(function, cudaFuncAttributeMaxDynamicSharedMemorySize, int(shared));
        if (error != cudaSuccess) return failed(stream, name, error);
    }
    const cudaLaunchConfig_t configuration = {grid, block, shared, stream->queue, nullptr, 0};
    return launched(stream, name, cudaLaunchKernelEx(&configuration, kernel, Parameters(arguments)...));
}

}  // namespace leeway

/* LEEWAY_LAUNCH(stream, (kernel<T>), grid, block, shared bytes, arguments...): queues it; the status of the launch. */
#define LEEWAY_LAUNCH(stream, kernel, grid, block, shared, ...) leeway::launch(stream, #kernel, kernel, grid, block, shared, __VA_ARGS__)

/* Returns the status of a CUDA call that failed, over what. */
#define LEEWAY_CUDA(stream, what, call)                                                                   \
    do {                                                                                                  \
        if (cudaError_t error = (call); error != cudaSuccess) return leeway::failed(stream, what, error); \
    } while (0)
