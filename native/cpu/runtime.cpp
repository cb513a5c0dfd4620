/* runtime.cpp: streams, threads, memory of the CPU back end. */
#include <sys/sysinfo.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "host.h"
#include "message.h"
#include "parallel.h"

namespace {

using leeway::Task;

struct Scratch {
    void *memory;
    Scratch() : memory(leeway::allocate_pages(leeway::scratch_bytes_per_thread)) {
        if (memory == nullptr) throw std::bad_alloc();
    }
    Scratch(Scratch &&other) noexcept : memory(std::exchange(other.memory, nullptr)) {}
    Scratch(const Scratch &) = delete;
    ~Scratch() { std::free(memory); }
};

/* Waits until the value is no longer this one. Ops follow each other within microseconds, so it looks for some of them (1000 pauses: about
 * 20) before it sleeps; waking a sleeper takes as long as a small op. */
template <class Value>
void await_change(const std::atomic<Value> &value, Value from) {
    for (int look = 0; look < 1000; look++) {
        if (value.load(std::memory_order_acquire) != from) return;
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
    }
    value.wait(from, std::memory_order_acquire);
}

}  // namespace

/* Workers wait between calls; a call publishes (task, tasks), raises the generation, takes part, and returns when every worker has left the
 * task, so that the task may live on the caller's stack and no worker can miss a generation. */
struct leeway_stream {
    explicit leeway_stream(int64_t threads) : scratch(size_t(threads)) {
        try {
            for (int64_t i = 1; i < threads; i++) workers.emplace_back([this, i] { work(size_t(i)); });
        } catch (...) {
            stop(); // the workers that started wait for members that are about to go
            throw;
        }
    }

    ~leeway_stream() { stop(); }

    void run(int64_t count, const Task &body) {
        if (count == 1 || workers.empty()) {
            for (int64_t i = 0; i < count; i++) body(i, scratch[0].memory);
            return;
        }
        task = &body;
        tasks = count;
        next.store(0, std::memory_order_relaxed);
        inside.store(uint32_t(workers.size()), std::memory_order_relaxed);
        announce();
        drain(0);
        for (uint32_t left; (left = inside.load(std::memory_order_acquire)) != 0;) await_change(inside, left);
    }

    std::vector<Scratch> scratch;

private:
    void announce() {
        generation.fetch_add(1, std::memory_order_release);
        generation.notify_all();
    }

    void stop() {
        stopping = true;
        announce();
        for (auto &worker : workers) worker.join();
    }

    void drain(size_t thread) {
        for (int64_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < tasks;) (*task)(i, scratch[thread].memory);
    }

    void work(size_t thread) {
        for (uint32_t seen = 0;; seen++) {
            await_change(generation, seen);
            if (stopping) return;
            drain(thread);
            if (inside.fetch_sub(1, std::memory_order_acq_rel) == 1) inside.notify_one();
        }
    }

    std::vector<std::thread> workers;
    const Task *task = nullptr;
    int64_t tasks = 0;
    std::atomic<int64_t> next{0};
    std::atomic<uint32_t> inside{0};
    std::atomic<uint32_t> generation{0};
    bool stopping = false; /* like task and tasks written before generation rises and read behind that */
};

namespace leeway {

int64_t thread_count(const leeway_stream *stream) { return int64_t(stream->scratch.size()); }

void parallel_for(leeway_stream *stream, int64_t tasks, const Task &task) {
    if (tasks > 0) stream->run(tasks, task);
}

}  // namespace leeway

namespace {

const char *isa_name() {
#if defined(__x86_64__)
    switch (leeway::instruction_set()) {
        case leeway::Isa::avx512bf16: return "x86-64 AVX512-BF16";
        case leeway::Isa::avx512: return "x86-64 AVX-512";
        case leeway::Isa::avx2: return "x86-64 AVX2";
        case leeway::Isa::portable: return "x86-64 baseline";
    }
#endif
    return "portable";
}

}  // namespace

const char *leeway_backend(void) { return "cpu"; }

leeway_status leeway_stream_create(leeway_stream *, const leeway_stream_create_args *args) {
    LEEWAY_CHECK("stream_create", args->stream != nullptr, "stream must not be NULL");
    LEEWAY_CHECK("stream_create", args->threads >= 0 && args->threads <= 1024, "threads must be 0 to 1024, got %lld",
                 (long long)args->threads);
    LEEWAY_CHECK("stream_create", args->device == 0, "the CPU is device 0, got %lld", (long long)args->device);
    LEEWAY_CHECK("stream_create", args->kernels == LEEWAY_KERNELS_OWN && args->reserved == 0, "the CPU has kernels 0 (own) alone, got %d",
                 int(args->kernels));
    try {
        *args->stream = new leeway_stream(args->threads == 0 ? leeway::usable_processors() : args->threads);
        return LEEWAY_OK;
    } catch (const std::exception &cause) {
        return leeway::fail(LEEWAY_OUT_OF_MEMORY, "stream_create: no memory or threads for %lld threads (%s)", (long long)args->threads,
                            cause.what());
    }
}

leeway_status leeway_stream_destroy(leeway_stream *stream, const leeway_stream_destroy_args *args) {
    LEEWAY_CHECK("stream_destroy", args->reserved == 0, "reserved must be 0, got %lld", (long long)args->reserved);
    delete stream;
    return LEEWAY_OK;
}

leeway_status leeway_synchronize(leeway_stream *, const leeway_synchronize_args *args) {
    LEEWAY_CHECK("synchronize", args->reserved == 0, "reserved must be 0, got %lld", (long long)args->reserved);
    return LEEWAY_OK;
}

leeway_status leeway_device_query(leeway_stream *stream, const leeway_device_query_args *args) {
    LEEWAY_CHECK("device_query", args->total_bytes && args->free_bytes && args->scratch_bytes && args->threads && args->name,
                 "every output must be given");
    struct sysinfo info;
    if (sysinfo(&info) != 0) return leeway::fail(LEEWAY_DEVICE_LOST, "device_query: the system does not tell its memory");
    *args->total_bytes = int64_t(info.totalram) * info.mem_unit;
    *args->free_bytes = leeway::available_bytes(int64_t(info.freeram) * info.mem_unit);
    *args->threads = leeway::thread_count(stream);
    *args->scratch_bytes = *args->threads * leeway::scratch_bytes_per_thread;
    std::snprintf(args->name, 128, "%s, %lld threads", isa_name(), (long long)*args->threads);
    return LEEWAY_OK;
}

leeway_status leeway_allocate(leeway_stream *, const leeway_allocate_args *args) {
    LEEWAY_CHECK("allocate", args->address != nullptr, "address must not be NULL");
    LEEWAY_CHECK("allocate", args->bytes > 0, "bytes must be positive, got %lld", (long long)args->bytes);
    void *block = leeway::allocate_pages(args->bytes);
    if (block == nullptr)
        return leeway::fail(LEEWAY_OUT_OF_MEMORY, "allocate: the host has no block of %lld bytes", (long long)args->bytes);
    *args->address = block;
    return LEEWAY_OK;
}

leeway_status leeway_free(leeway_stream *, const leeway_free_args *args) {
    std::free(args->address);
    return LEEWAY_OK;
}

leeway_status leeway_copy(leeway_stream *stream, const leeway_copy_args *args) {
    LEEWAY_CHECK("copy", args->kind >= LEEWAY_HOST_TO_DEVICE && args->kind <= LEEWAY_DEVICE_TO_DEVICE, "kind must be 0, 1 or 2, got %d",
                 int(args->kind));
    LEEWAY_CHECK("copy", args->bytes >= 0, "bytes must not be negative, got %lld", (long long)args->bytes);
    LEEWAY_CHECK("copy", args->bytes == 0 || (args->destination && args->source), "destination and source must not be NULL");
    auto *destination = static_cast<char *>(args->destination);
    auto *source = static_cast<const char *>(args->source);
    leeway::parallel_blocks(stream, args->bytes, int64_t(1) << 22,
                            [=](int64_t begin, int64_t end) { std::memcpy(destination + begin, source + begin, size_t(end - begin)); });
    return LEEWAY_OK;
}

/* Work is done when a call returns, so there is nothing to record. */
leeway_status leeway_graph_begin(leeway_stream *, const leeway_graph_begin_args *args) {
    LEEWAY_CHECK("graph_begin", args->reserved == 0, "reserved must be 0, got %lld", (long long)args->reserved);
    return leeway::fail(LEEWAY_UNSUPPORTED, "graph_begin: the CPU runs calls one by one");
}

leeway_status leeway_graph_end(leeway_stream *, const leeway_graph_end_args *) {
    return leeway::fail(LEEWAY_BAD_ARGUMENT, "graph_end: nothing is being recorded");
}

leeway_status leeway_graph_launch(leeway_stream *, const leeway_graph_launch_args *) {
    return leeway::fail(LEEWAY_BAD_ARGUMENT, "graph_launch: the graph is none of this stream's");
}

leeway_status leeway_graph_destroy(leeway_stream *, const leeway_graph_destroy_args *) {
    return leeway::fail(LEEWAY_BAD_ARGUMENT, "graph_destroy: the graph is none of this stream's");
}
