/* host.cpp: the host's side of the emulated CUDA runtime: queues, events, copies, errors. Queued work runs when the host waits. */
#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "cuda.h"
#include "faults.h"
#include "memory.h"

struct EmulatedGraph {
    std::vector<std::function<cudaError_t()>> work;
    bool broken = false; /* what a graph can't have was asked of the stream */
};

struct EmulatedStream {
    std::deque<std::function<cudaError_t()>> queue;
    uint64_t done = 0; /* how much of what was ever queued */
    std::unique_ptr<EmulatedGraph> capture;
};

struct EmulatedEvent {
    cudaStream_t stream = nullptr; /* that it was recorded on */
    uint64_t position = 0;         /* how much was queued there by then */
};

namespace {

constexpr size_t usual_shared_bytes = size_t(48) << 10, most_shared_bytes = size_t(99) << 10;
constexpr size_t longest_queue = 1024;

std::recursive_mutex lock;                  /* one kernel runs at a time */
cudaError_t sticky = cudaSuccess;           /* of the whole device, until the process ends */
char reason[640] = "";
uint64_t launches = 0;
int64_t waits = 0; /* of the host for the device */
int64_t graphs = 0; /* that were launched */
std::map<const void *, size_t> shared_limits;
std::map<const char *, size_t> pinned;

bool is_pinned(const void *address) {
    std::lock_guard guard(lock);
    auto block = pinned.upper_bound(static_cast<const char *>(address));
    return block != pinned.begin() && static_cast<const char *>(address) < (--block)->first + block->second;
}

/* Runs what is queued, up to a position. */
cudaError_t drain(cudaStream_t stream, uint64_t position = UINT64_MAX) {
    std::lock_guard guard(lock);
    while (sticky == cudaSuccess && !stream->queue.empty() && stream->done < position) {
        auto work = std::move(stream->queue.front());
        stream->queue.pop_front();
        stream->done++;
        sticky = work();
    }
    return sticky;
}

cudaError_t enqueue(cudaStream_t stream, std::function<cudaError_t()> work) {
    std::lock_guard guard(lock);
    if (sticky != cudaSuccess) return sticky;
    if (stream->capture) {
        stream->capture->work.push_back(std::move(work));
        return cudaSuccess;
    }
    stream->queue.push_back(std::move(work));
    return stream->queue.size() < longest_queue ? cudaSuccess : drain(stream);
}

/* Whether the stream is recorded, which a call that waits, allocates or copies from the host's memory spoils. */
bool spoils_capture(cudaStream_t stream) {
    if (!stream->capture) return false;
    return stream->capture->broken = true;
}

bool fits(const dim3 &grid, const dim3 &block, size_t shared, size_t most) {
    const bool threads = block.count() >= 1 && block.count() <= 1024 && block.x <= 1024 && block.y <= 1024 && block.z <= 64;
    const bool blocks = grid.count() >= 1 && grid.x <= 0x7fffffffu && grid.y <= 65535 && grid.z <= 65535;
    return threads && blocks && shared <= most;
}

/* The whole range is one live block's. */
bool is_device_range(const void *address, size_t bytes) {
    const auto *first = static_cast<const unsigned char *>(address);
    if (!emu::device.holds(first)) return false;
    for (size_t at = 0; at < bytes;) {
        const size_t left = 16 - size_t(uintptr_t(first + at) & 15), count = std::min(left, bytes - at);
        if (!emu::device.is_live(first + at, count)) return false;
        at += count;
    }
    return true;
}

cudaError_t copy_now(void *destination, const void *source, size_t bytes) {
    emu::DeviceAccess open;
    std::memcpy(destination, source, bytes);
    return cudaSuccess;
}

}  // namespace

int64_t emu::waits_of_host() { return waits; }
int64_t emu::graphs_launched() { return graphs; }

void emu::start_again() {
    std::lock_guard guard(lock);
    sticky = cudaSuccess;
    free_all_device();
}

const char *cudaGetErrorString(cudaError_t error) {
    switch (error) {
        case cudaSuccess: return "no error";
        case cudaErrorInvalidValue: return "invalid argument";
        case cudaErrorMemoryAllocation: return "out of memory";
        case cudaErrorInvalidConfiguration: return "invalid configuration argument";
        case cudaErrorInsufficientDriver: return "CUDA driver version is insufficient for CUDA runtime version";
        case cudaErrorNoDevice: return "no CUDA-capable device is detected";
        case cudaErrorNoKernelImageForDevice: return "no kernel image is available for execution on the device";
        case cudaErrorStreamCaptureUnsupported: return "operation not permitted when stream is capturing";
        case cudaErrorStreamCaptureInvalidated: return "operation failed due to a previous error during capture";
        default: return reason;
    }
}

cudaError_t cudaGetLastError() { return sticky; }

cudaError_t cudaDriverGetVersion(int *version) {
    *version = emu::faults().driver == emu::Driver::none ? 0 : emu::faults().driver == emu::Driver::old ? 11080 : CUDART_VERSION;
    return cudaSuccess;
}

cudaError_t cudaGetDeviceCount(int *count) {
    *count = 0;
    switch (emu::faults().driver) {
        case emu::Driver::none:
        case emu::Driver::old: return cudaErrorInsufficientDriver;
        case emu::Driver::no_device: return cudaErrorNoDevice;
        default: *count = 1; return cudaSuccess;
    }
}

cudaError_t cudaSetDevice(int device) {
    emu::open_device_memory();
    return device == 0 ? cudaSuccess : cudaErrorInvalidValue;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp *properties, int) {
    *properties = {};
    std::snprintf(properties->name, sizeof properties->name, "emulator");
    properties->major = emu::faults().driver == emu::Driver::old_chip ? 7 : 8;
    properties->minor = emu::faults().driver == emu::Driver::old_chip ? 5 : 0;
    properties->multiProcessorCount = 4;
    properties->sharedMemPerMultiprocessor = 100 << 10;
    properties->memoryPoolsSupported = 1;
    properties->totalGlobalMem = emu::device_bytes_total();
    return cudaSuccess;
}

cudaError_t cudaMemGetInfo(size_t *available, size_t *total) {
    *total = emu::device_bytes_total();
    *available = *total - emu::device_bytes_used();
    return sticky;
}

cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t *pool, int) {
    *pool = 0;
    return sticky;
}

cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t, cudaMemPoolAttr, void *) { return sticky; }

cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t, cudaMemPoolAttr, void *value) {
    *static_cast<uint64_t *>(value) = emu::device_bytes_used();
    return sticky;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned) {
    *stream = new EmulatedStream();
    return sticky;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
    delete stream;
    return sticky;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
    if (spoils_capture(stream)) return cudaErrorStreamCaptureUnsupported;
    waits++;
    return drain(stream);
}

cudaError_t cudaStreamQuery(cudaStream_t stream) {
    std::lock_guard guard(lock);
    if (spoils_capture(stream)) return cudaErrorStreamCaptureUnsupported;
    return sticky != cudaSuccess ? sticky : stream->queue.empty() ? cudaSuccess : cudaErrorNotReady;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned) {
    *event = new EmulatedEvent();
    return sticky;
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
    delete event;
    return sticky;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
    *event = {stream, stream->done + stream->queue.size()};
    return sticky;
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
    if (!event->stream) return sticky;
    waits += event->stream->done < event->position;
    return drain(event->stream, event->position);
}

cudaError_t cudaMallocAsync(void **address, size_t bytes, cudaStream_t stream) {
    std::lock_guard guard(lock);
    if (sticky != cudaSuccess) return sticky;
    if (spoils_capture(stream)) return cudaErrorStreamCaptureUnsupported; /* CUDA makes it part of the graph; none of ours has one */
    if (emu::faults().allocation_fails()) return cudaErrorMemoryAllocation;
    *address = emu::allocate_device(bytes);
    if (*address == nullptr && drain(stream) == cudaSuccess) *address = emu::allocate_device(bytes);
    if (sticky != cudaSuccess) return sticky;
    return *address == nullptr ? cudaErrorMemoryAllocation : cudaSuccess;
}

cudaError_t cudaFreeAsync(void *address, cudaStream_t stream) {
    if (emu::device_block(address) == 0) return cudaErrorInvalidValue;
    return enqueue(stream, [=] {
        emu::free_device(address);
        return cudaSuccess;
    });
}

cudaError_t cudaMallocHost(void **address, size_t bytes) {
    std::lock_guard guard(lock);
    if (emu::faults().allocation_fails()) return cudaErrorMemoryAllocation;
    *address = std::aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
    if (*address == nullptr) return cudaErrorMemoryAllocation;
    pinned[static_cast<const char *>(*address)] = bytes;
    return sticky;
}

cudaError_t cudaFreeHost(void *address) {
    std::lock_guard guard(lock);
    pinned.erase(static_cast<const char *>(address));
    std::free(address);
    return sticky;
}

cudaError_t cudaMemcpyAsync(void *destination, const void *source, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
    const bool to_device = kind != cudaMemcpyDeviceToHost, from_device = kind != cudaMemcpyHostToDevice;
    if (to_device != emu::device.holds(destination) || from_device != emu::device.holds(source)) return cudaErrorInvalidValue;
    if (to_device && !is_device_range(destination, bytes)) return cudaErrorInvalidValue;
    if (from_device && !is_device_range(source, bytes)) return cudaErrorInvalidValue;
    if (!(from_device && to_device) && spoils_capture(stream)) return cudaErrorStreamCaptureUnsupported;
    if (from_device || is_pinned(source)) return enqueue(stream, [=] { return copy_now(destination, source, bytes); });
    waits++;
    const cudaError_t error = drain(stream); /* memory that may be paged out is read before the call returns */
    return error == cudaSuccess ? copy_now(destination, source, bytes) : error;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
    std::lock_guard guard(lock);
    if (spoils_capture(stream)) return cudaErrorStreamCaptureUnsupported;
    if (sticky == cudaSuccess) stream->capture = std::make_unique<EmulatedGraph>();
    return sticky;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t *graph) {
    std::lock_guard guard(lock);
    *graph = nullptr;
    const auto captured = std::move(stream->capture);
    if (!captured) return cudaErrorInvalidValue;
    if (captured->broken) return cudaErrorStreamCaptureInvalidated;
    *graph = new EmulatedGraph{captured->work, false};
    return sticky;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t *runnable, cudaGraph_t graph, unsigned long long) {
    *runnable = new EmulatedGraph{graph->work, false};
    return sticky;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t runnable, cudaStream_t stream) {
    graphs++;
    for (const auto &work : runnable->work)
        if (cudaError_t error = enqueue(stream, work); error != cudaSuccess) return error;
    return sticky;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
    delete graph;
    return sticky;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t runnable) {
    delete runnable;
    return sticky;
}

cudaError_t cudaFuncSetAttribute(const void *kernel, int attribute, int value) {
    std::lock_guard guard(lock);
    if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize || value < 0 || size_t(value) > most_shared_bytes)
        return cudaErrorInvalidValue;
    shared_limits[kernel] = size_t(value);
    return sticky;
}

cudaError_t emu_queue(const cudaLaunchConfig_t &configuration, const void *kernel, const emu::Body &body) {
    std::lock_guard guard(lock);
    if (emu::faults().driver == emu::Driver::no_image) return cudaErrorNoKernelImageForDevice;
    const auto limit = shared_limits.find(kernel);
    const size_t most = limit == shared_limits.end() ? usual_shared_bytes : limit->second;
    if (!fits(configuration.grid, configuration.block, configuration.dynamic_bytes, most)) return cudaErrorInvalidConfiguration;
    const bool recorded = configuration.stream->capture != nullptr, planted = !recorded && emu::faults().kernel_fails();
    return enqueue(configuration.stream, [=]() {
        const bool broken = planted || (recorded && emu::faults().kernel_fails());
        const emu::Launch launch = {configuration.grid, configuration.block, configuration.dynamic_bytes,
                                    std::max(most, usual_shared_bytes), &body, ++launches};
        if (!broken && emu::run(launch)) return cudaSuccess;
        const bool misaligned = !broken && emu::failure_is_misalignment();
        std::snprintf(reason, sizeof reason, "%s: %s", misaligned ? "misaligned address" : "an illegal memory access was encountered",
                      broken ? "planted" : emu::failure());
        return misaligned ? cudaErrorMisalignedAddress : cudaErrorIllegalAddress;
    });
}
