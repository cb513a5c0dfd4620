/* runtime.cu: streams, memory and copies of the CUDA back end (runtime.h).
 *
 * Memory comes from the device's stream-ordered pool, which keeps what is freed, so allocating costs no synchronisation. Uploads pass
 * through two pinned blocks in turn: the host's copy into one overlaps the device's copy out of the other. */
#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "message.h"
#include "stream.h"
#include "vendor.h"

namespace {

using namespace leeway;

/* What to do about an error that stays with the process. */
constexpr const char *remedy = "the GPU's state is lost, so start again, from the last checkpoint where there is one; LEEWAY_CUDA_SYNC=1 "
                               "in the environment names the very kernel";

/* "attention_forward (512, 8, 64)". */
void describe(char *text, size_t size, const char *op, std::initializer_list<int64_t> shape) {
    int at = std::snprintf(text, size, "%s (", op);
    const char *separator = "";
    for (int64_t extent : shape) {
        if (at < 0 || size_t(at) + 24 > size) break;
        at += std::snprintf(text + at, size - size_t(at), "%s%lld", separator, (long long)extent);
        separator = ", ";
    }
    std::snprintf(text + at, size - size_t(at), ")");
}

/* Why there is no device to open. */
leeway_status no_device(cudaError_t error) {
    switch (error) {
        case cudaErrorInsufficientDriver: {
            int version = 0;
            cudaDriverGetVersion(&version);
            if (version == 0)
                return fail(LEEWAY_DEVICE_LOST, "no NVIDIA driver was found on this machine; install one, or choose --device cpu");
            return fail(LEEWAY_DEVICE_LOST, "the NVIDIA driver speaks CUDA %d.%d and this library needs %d.%d; update the driver, or "
                        "choose --device cpu", version / 1000, version % 1000 / 10, CUDART_VERSION / 1000, CUDART_VERSION % 1000 / 10);
        }
        case cudaErrorNoDevice:
            return fail(LEEWAY_DEVICE_LOST, "the NVIDIA driver shows no GPU (is CUDA_VISIBLE_DEVICES set?); choose --device cpu");
        default:
            return fail(LEEWAY_DEVICE_LOST, "CUDA does not start: %s; choose --device cpu", cudaGetErrorString(error));
    }
}

__global__ void probe(Faults *faults) { *faults = ~Faults(0); }

leeway_status choose_device(leeway_stream *stream, int64_t ordinal) {
    int devices = 0;
    if (cudaError_t error = cudaGetDeviceCount(&devices); error != cudaSuccess) return no_device(error);
    if (ordinal < 0 || ordinal >= devices)
        return fail(LEEWAY_BAD_ARGUMENT, "stream_create: device must be 0 to %d, got %lld", devices - 1, (long long)ordinal);
    stream->device = int(ordinal);
    LEEWAY_CUDA(stream, "the device", cudaSetDevice(stream->device));
    LEEWAY_CUDA(stream, "the device's properties", cudaGetDeviceProperties(&stream->properties, stream->device));
    const cudaDeviceProp &chip = stream->properties;
    if (chip.major < 8)
        return fail(LEEWAY_DEVICE_LOST, "%s has compute capability %d.%d and the kernels need 8.0 (Ampere) or later; choose --device cpu",
                    chip.name, chip.major, chip.minor);
    if (!chip.memoryPoolsSupported)
        return fail(LEEWAY_DEVICE_LOST, "%s has no stream-ordered memory, which this back end needs (a virtual GPU may lack it); choose "
                    "--device cpu", chip.name);
    return LEEWAY_OK;
}

leeway_status keep_freed_memory(leeway_stream *stream) {
    cudaMemPool_t pool;
    LEEWAY_CUDA(stream, "the memory pool", cudaDeviceGetDefaultMemPool(&pool, stream->device));
    uint64_t most = UINT64_MAX;
    LEEWAY_CUDA(stream, "the memory pool", cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &most));
    return LEEWAY_OK;
}

/* Pinned memory of the host. */
template <class T>
leeway_status pin(T **address, int64_t bytes) {
    if (cudaMallocHost(reinterpret_cast<void **>(address), size_t(bytes)) == cudaSuccess) return LEEWAY_OK;
    cudaGetLastError();
    *address = nullptr;
    return fail(LEEWAY_OUT_OF_MEMORY, "stream_create: the host has no %lld bytes that the GPU can copy from", (long long)bytes);
}

/* The first kernel also tells whether the library holds code for this chip. */
leeway_status open(leeway_stream *stream, const leeway_stream_create_args &args) {
    LEEWAY_TRY(choose_device(stream, args.device));
    LEEWAY_CUDA(stream, "a stream", cudaStreamCreateWithFlags(&stream->queue, cudaStreamNonBlocking));
    LEEWAY_TRY(keep_freed_memory(stream));
    LEEWAY_CUDA(stream, "32 MiB of scratch",
                cudaMallocAsync(reinterpret_cast<void **>(&stream->scratch), size_t(scratch_bytes), stream->queue));
    LEEWAY_CUDA(stream, "8 bytes", cudaMallocAsync(reinterpret_cast<void **>(&stream->faults), sizeof(Faults), stream->queue));
    LEEWAY_TRY(pin(&stream->fault, sizeof(Faults)));
    for (auto &block : stream->staging) {
        LEEWAY_TRY(pin(&block.memory, staging_bytes));
        LEEWAY_CUDA(stream, "an event", cudaEventCreateWithFlags(&block.copied, cudaEventDisableTiming));
    }
    if (args.kernels == LEEWAY_KERNELS_VENDOR) LEEWAY_TRY(open_vendor(stream, &stream->vendor));
    return LEEWAY_LAUNCH(stream, probe, 1, 1, 0, stream->faults);
}

/* Frees what was opened, behind the copies that still read it. A lost device refuses, and nothing more can be done about that. */
void close(leeway_stream *stream) {
    cudaSetDevice(stream->device);
    drop_recording(stream); /* a stream that records can't be waited for */
    if (stream->queue) cudaStreamSynchronize(stream->queue);
    close_vendor(stream, stream->vendor);
    destroy_graphs(stream);
    for (auto &block : stream->staging) {
        if (block.copied) cudaEventDestroy(block.copied);
        if (block.memory) cudaFreeHost(block.memory);
    }
    if (stream->fault) cudaFreeHost(stream->fault);
    if (stream->faults) cudaFreeAsync(stream->faults, stream->queue);
    if (stream->scratch) cudaFreeAsync(stream->scratch, stream->queue);
    if (stream->queue) {
        cudaStreamSynchronize(stream->queue);
        cudaStreamDestroy(stream->queue);
    }
}

/* What the kernels reported since the last time, as status and sentence; forgets it. */
leeway_status raise_fault(leeway_stream *stream, Faults fault) {
    stream->asked = false;
    if (fault == ~Faults(0)) {
        stream->rules.clear();
        return LEEWAY_OK;
    }
    const bool is_kept = fault >> 32 >= first_kept;
    const std::vector<Rule> &rules = is_kept ? stream->kept : stream->rules;
    const size_t number = size_t(fault >> 32) - (is_kept ? first_kept : 0);
    if (number >= rules.size()) return failed(stream, "the word of reports, which a kernel overwrote", cudaErrorLaunchFailure);
    const Rule broken = rules[number];
    stream->rules.clear();
    LEEWAY_TRY(LEEWAY_LAUNCH(stream, probe, 1, 1, 0, stream->faults));
    char sentence[512];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    std::snprintf(sentence, sizeof sentence, broken.sentence, (long long)(fault & 0xffffffffu), (long long)broken.limit);
#pragma GCC diagnostic pop
    return fail(broken.status, "%s", sentence);
}

/* Queues the copy that wait() looks at. */
leeway_status ask_for_fault(leeway_stream *stream) {
    *stream->fault = ~Faults(0);
    if (stream->rules.empty() && !stream->asked) return LEEWAY_OK;
    LEEWAY_CUDA(stream, "8 bytes", cudaMemcpyAsync(stream->fault, stream->faults, sizeof(Faults), cudaMemcpyDeviceToHost, stream->queue));
    return LEEWAY_OK;
}

leeway_status wait(leeway_stream *stream) {
    LEEWAY_CUDA(stream, "what was queued", cudaStreamSynchronize(stream->queue));
    stream->launches = 0;
    return raise_fault(stream, *stream->fault);
}

/* Room in a pinned block whose last copies are done; at most *bytes, which becomes what there is. */
leeway_status stage(leeway_stream *stream, int64_t *bytes, unsigned char **room) {
    auto *block = &stream->staging[stream->next_staging];
    if (block->used == staging_bytes) {
        LEEWAY_CUDA(stream, "an upload", cudaEventRecord(block->copied, stream->queue));
        stream->next_staging ^= 1;
        block = &stream->staging[stream->next_staging];
        LEEWAY_CUDA(stream, "an upload", cudaEventSynchronize(block->copied));
        block->used = 0;
    }
    *bytes = std::min(*bytes, staging_bytes - block->used);
    *room = block->memory + block->used;
    block->used = std::min(staging_bytes, (block->used + *bytes + 255) / 256 * 256);
    return LEEWAY_OK;
}

/* Through the pinned blocks in turn: source may change as soon as this returns. */
leeway_status upload(leeway_stream *stream, char *destination, const char *source, int64_t bytes) {
    for (int64_t at = 0, count; at < bytes; at += count) {
        unsigned char *room = nullptr;
        count = bytes - at;
        LEEWAY_TRY(stage(stream, &count, &room));
        std::memcpy(room, source + at, size_t(count));
        LEEWAY_CUDA(stream, "an upload", cudaMemcpyAsync(destination + at, room, size_t(count), cudaMemcpyHostToDevice, stream->queue));
    }
    return LEEWAY_OK;
}

}  // namespace

namespace leeway {

bool synchronous() {
    static const char *const value = std::getenv("LEEWAY_CUDA_SYNC");
    return value != nullptr && std::strcmp(value, "1") == 0;
}

leeway_status begin(leeway_stream *stream, const char *op, std::initializer_list<int64_t> shape) {
    if (stream->lost[0] != '\0') return fail(LEEWAY_DEVICE_LOST, "%s: not run, because earlier %s", op, stream->lost);
    describe(stream->op, sizeof stream->op, op, shape);
    note_recorded(stream);
    LEEWAY_CUDA(stream, "the device", cudaSetDevice(stream->device)); /* the one of the calling thread may be another */
    return LEEWAY_OK;
}

leeway_status failed(leeway_stream *stream, const char *what, cudaError_t error) {
    cudaGetLastError();  // an error that does not stay is forgotten
    drop_recording(stream);
    const char *reason = cudaGetErrorString(error);
    if (error == cudaErrorMemoryAllocation) return fail(LEEWAY_OUT_OF_MEMORY, "%s: the GPU has no memory left for %s", stream->op, what);
    if (error == cudaErrorNoKernelImageForDevice)
        return fail(LEEWAY_DEVICE_LOST,
                    "this library holds no code for %s (compute capability %d.%d); build it on this machine with LEEWAY_CUDA=1",
                    stream->properties.name, stream->properties.major, stream->properties.minor);
    const cudaError_t now = stream->queue ? cudaStreamQuery(stream->queue) : cudaSuccess;
    if (error != cudaErrorLaunchFailure && (now == cudaSuccess || now == cudaErrorNotReady)) /* the device goes on */
        return fail(LEEWAY_UNSUPPORTED, "%s: CUDA refuses %s: %s", stream->op, what, reason);
    std::snprintf(stream->lost, sizeof stream->lost, "%s failed in one of %lld kernels up to %s: %s; %s", what, (long long)stream->launches,
                  stream->op, reason, remedy);
    return fail(LEEWAY_DEVICE_LOST, "%s", stream->lost);
}

leeway_status launched(leeway_stream *stream, const char *kernel, cudaError_t error) {
    stream->launches++;
    if (error != cudaSuccess) return failed(stream, kernel, error);
    if (!synchronous()) return LEEWAY_OK;
    if (cudaError_t late = cudaStreamSynchronize(stream->queue); late != cudaSuccess) {
        stream->launches = 1;
        return failed(stream, kernel, late);
    }
    return LEEWAY_OK;
}

leeway_status rule(leeway_stream *stream, const Rule &rule, uint32_t *number) {
    auto &rules = stream->recording ? stream->kept : stream->rules;
    auto same = [&](const Rule &known) {
        return known.sentence == rule.sentence && known.limit == rule.limit && known.status == rule.status;
    };
    const auto found = std::find_if(rules.begin(), rules.end(), same);
    *number = uint32_t(found - rules.begin()) + (stream->recording ? first_kept : 0);
    if (found != rules.end()) return LEEWAY_OK;
    return without_throwing("rule", [&] {
        rules.push_back(rule);
        return leeway_status(LEEWAY_OK);
    });
}

}  // namespace leeway

const char *leeway_backend(void) { return LEEWAY_BACKEND; }

leeway_status leeway_stream_create(leeway_stream *, const leeway_stream_create_args *args) {
    LEEWAY_CHECK("stream_create", args->stream != nullptr, "stream must not be NULL");
    LEEWAY_CHECK("stream_create", (args->kernels == LEEWAY_KERNELS_OWN || args->kernels == LEEWAY_KERNELS_VENDOR) && args->reserved == 0,
                 "kernels must be 0 (own) or 1 (vendor), and reserved 0, got %d", int(args->kernels));
    return without_throwing("stream_create", [&] {
        auto stream = std::make_unique<leeway_stream>();
        std::snprintf(stream->op, sizeof stream->op, "stream_create");
        const leeway_status status = open(stream.get(), *args);
        if (status != LEEWAY_OK) {
            close(stream.get());
            return status;
        }
        *args->stream = stream.release();
        return leeway_status(LEEWAY_OK);
    });
}

leeway_status leeway_stream_destroy(leeway_stream *stream, const leeway_stream_destroy_args *args) {
    LEEWAY_CHECK("stream_destroy", args->reserved == 0, "reserved must be 0, got %lld", (long long)args->reserved);
    close(stream);
    delete stream;
    return LEEWAY_OK;
}

leeway_status leeway_synchronize(leeway_stream *stream, const leeway_synchronize_args *args) {
    LEEWAY_CHECK("synchronize", args->reserved == 0, "reserved must be 0, got %lld", (long long)args->reserved);
    LEEWAY_TRY(refuse_recording(stream, "synchronize"));
    if (stream->lost[0] != '\0') return fail(LEEWAY_DEVICE_LOST, "%s", stream->lost);
    LEEWAY_CUDA(stream, "the device", cudaSetDevice(stream->device));
    LEEWAY_TRY(ask_for_fault(stream));
    return wait(stream);
}

leeway_status leeway_device_query(leeway_stream *stream, const leeway_device_query_args *args) {
    LEEWAY_CHECK("device_query", args->total_bytes && args->free_bytes && args->scratch_bytes && args->threads && args->name,
                 "every output must be given");
    LEEWAY_TRY(refuse_recording(stream, "device_query"));
    LEEWAY_TRY(begin(stream, "device_query", {}));
    size_t available = 0, total = 0;
    LEEWAY_CUDA(stream, "the free memory", cudaMemGetInfo(&available, &total));
    cudaMemPool_t pool;
    uint64_t reserved = 0, used = 0;
    LEEWAY_CUDA(stream, "the memory pool", cudaDeviceGetDefaultMemPool(&pool, stream->device));
    LEEWAY_CUDA(stream, "the memory pool", cudaMemPoolGetAttribute(pool, cudaMemPoolAttrReservedMemCurrent, &reserved));
    LEEWAY_CUDA(stream, "the memory pool", cudaMemPoolGetAttribute(pool, cudaMemPoolAttrUsedMemCurrent, &used));
    *args->total_bytes = int64_t(total);
    *args->free_bytes = int64_t(available) + int64_t(reserved - used);
    *args->scratch_bytes = scratch_bytes;
    *args->threads = stream->properties.multiProcessorCount;
    std::snprintf(args->name, 128, "%.80s, compute capability %d.%d", stream->properties.name, stream->properties.major,
                  stream->properties.minor);
    return LEEWAY_OK;
}

leeway_status leeway_allocate(leeway_stream *stream, const leeway_allocate_args *args) {
    LEEWAY_CHECK("allocate", args->address != nullptr, "address must not be NULL");
    LEEWAY_CHECK("allocate", args->bytes > 0, "bytes must be positive, got %lld", (long long)args->bytes);
    LEEWAY_TRY(refuse_recording(stream, "allocate"));
    LEEWAY_TRY(begin(stream, "allocate", {args->bytes}));
    void *block = nullptr;
    const cudaError_t error = cudaMallocAsync(&block, size_t(args->bytes), stream->queue);
    if (error == cudaErrorMemoryAllocation) {
        cudaGetLastError();
        return fail(LEEWAY_OUT_OF_MEMORY, "allocate: the GPU has no block of %lld bytes", (long long)args->bytes);
    }
    if (error != cudaSuccess) return failed(stream, "a block", error);
    *args->address = block;
    return LEEWAY_OK;
}

leeway_status leeway_free(leeway_stream *stream, const leeway_free_args *args) {
    if (args->address == nullptr || stream->lost[0] != '\0') return LEEWAY_OK;  // what a lost device held is gone
    LEEWAY_TRY(refuse_recording(stream, "free"));
    LEEWAY_TRY(begin(stream, "free", {}));
    LEEWAY_CUDA(stream, "the block", cudaFreeAsync(args->address, stream->queue));
    return LEEWAY_OK;
}

leeway_status leeway_copy(leeway_stream *stream, const leeway_copy_args *args) {
    LEEWAY_CHECK("copy", args->kind >= LEEWAY_HOST_TO_DEVICE && args->kind <= LEEWAY_DEVICE_TO_DEVICE, "kind must be 0, 1 or 2, got %d",
                 int(args->kind));
    LEEWAY_CHECK("copy", args->bytes >= 0, "bytes must not be negative, got %lld", (long long)args->bytes);
    LEEWAY_CHECK("copy", args->bytes == 0 || (args->destination && args->source), "destination and source must not be NULL");
    if (args->kind != LEEWAY_DEVICE_TO_DEVICE) LEEWAY_TRY(refuse_recording(stream, "copy from or to the host"));
    LEEWAY_TRY(begin(stream, "copy", {args->bytes}));
    if (args->bytes == 0) return LEEWAY_OK;
    if (args->kind == LEEWAY_HOST_TO_DEVICE)
        return upload(stream, static_cast<char *>(args->destination), static_cast<const char *>(args->source), args->bytes);
    const bool down = args->kind == LEEWAY_DEVICE_TO_HOST;
    if (down) LEEWAY_TRY(ask_for_fault(stream));
    LEEWAY_CUDA(stream, "a copy", cudaMemcpyAsync(args->destination, args->source, size_t(args->bytes),
                                                  down ? cudaMemcpyDeviceToHost : cudaMemcpyDeviceToDevice, stream->queue));
    return down ? wait(stream) : leeway_status(LEEWAY_OK);
}
