/* planted.cu: mistakes that a GPU punishes, each planted in a small kernel; the emulator must name each, and pass the kernel without it.
 * Ends with "N passed, N failed". */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "async.h"
#include "planted.h"
#include "reduce.h"

namespace {

using namespace leeway;
using namespace planted;

constexpr int threads = 64;

/* y[i] = x[n - 1 - i] over a block, through shared memory. */
__global__ void reverse(const float *x, float *y, bool with_barrier) {
    LEEWAY_SHARED(float, tile, threads);
    tile[threadIdx.x] = x[threadIdx.x];
    if (with_barrier) __syncthreads();
    y[threadIdx.x] = tile[threads - 1 - threadIdx.x];
}

/* The same inside a warp. */
__global__ void reverse_warp(const float *x, float *y, bool with_barrier) {
    LEEWAY_SHARED(float, tile, warp);
    if (threadIdx.x >= warp) return;
    tile[threadIdx.x] = x[threadIdx.x];
    if (with_barrier) __syncwarp();
    y[threadIdx.x] = tile[warp - 1 - threadIdx.x];
}

struct alignas(16) Four {
    float x[4];
};

__global__ void copy_fours(const float *x, float *y, int shift) {
    if (threadIdx.x < threads / 4 - 1)
        *reinterpret_cast<Four *>(y + threadIdx.x * 4) = *reinterpret_cast<const Four *>(x + threadIdx.x * 4 + shift);
}

__global__ void copy(const float *x, float *y, int shift) { y[threadIdx.x] = x[threadIdx.x + unsigned(shift)]; }

__global__ void copy_through_async(const float *x, float *y, bool with_wait) {
    LEEWAY_SHARED(float, tile, threads);
    if (threadIdx.x % 4 == 0) copy_async16(tile + threadIdx.x, x + threadIdx.x);
    commit_async();
    if (with_wait) wait_async<0>();
    __syncthreads();
    y[threadIdx.x] = tile[threadIdx.x];
}

__global__ void barrier_of_some(float *y, unsigned some) {
    if (threadIdx.x < some) __syncthreads();
    y[threadIdx.x] = 1.0f;
}

__global__ void two_barriers(float *y, unsigned some) {
    if (threadIdx.x < some)
        __syncthreads();
    else
        __syncthreads();
    y[threadIdx.x] = 1.0f;
}

__global__ void sum_of_some_lanes(float *y, unsigned some) {
    if (threadIdx.x % warp < some) y[threadIdx.x] = warp_sum(1.0f);
}

__global__ void without_writing(float *) {}

__global__ void large_tile(float *y) {
    LEEWAY_SHARED(float, tile, 13 * 1024);
    tile[threadIdx.x] = 1.0f;
    y[threadIdx.x] = tile[threadIdx.x];
}

const Plant plants[] = {
    {"right kernels pass", [] {
         Bench a, b, c, d, e;
         a.run(reverse, threads, a.x, a.y, true);
         b.run(reverse_warp, threads, b.x, b.y, true);
         c.run(copy_fours, threads, c.x, c.y, 4);
         d.run(copy_through_async, threads, d.x, d.y, true);
         e.run(sum_of_some_lanes, threads, e.y, 32u);
         const std::string errors = a.error + b.error + c.error + d.error + e.error;
         expect("right kernels", errors.empty(), errors);
         expect("their results", a.host[0] == 63 && b.host[0] == 31 && c.host[0] == 4 && d.host[9] == 9 && e.host[5] == 32, "other values");
     }},
    {"missing barrier", [] {
         Bench bench;
         bench.run(reverse, threads, bench.x, bench.y, false);
         expect("missing barrier", bench.error.find("a race") != std::string::npos, bench.error);
     }},
    {"missing warp barrier", [] {
         Bench bench;
         bench.run(reverse_warp, threads, bench.x, bench.y, false);
         expect("missing warp barrier", bench.error.find("a race") != std::string::npos, bench.error);
     }},
    {"misaligned pack", [] {
         Bench bench;
         bench.run(copy_fours, threads, bench.x, bench.y, 1);
         expect("misaligned pack", bench.error.find("misaligned address") != std::string::npos, bench.error);
     }},
    {"host pointer", [] {
         Bench bench;
         std::vector<float> mine(threads);
         bench.run(copy, threads, mine.data(), bench.y, 0);
         expect("host pointer", bench.error.find("in the host's memory") != std::string::npos, bench.error);
     }},
    {"one element out of bounds", [] {
         Bench bench;
         bench.run(copy, threads, bench.x, bench.y, 1);
         expect("out of bounds", bench.error.find("256 bytes behind the start of a block of 256") != std::string::npos, bench.error);
     }},
    {"one element before", [] {
         Bench bench;
         bench.run(copy, threads, bench.x, bench.y, -1);
         expect("before", bench.error.find("the kernel reads 4 bytes") != std::string::npos, bench.error);
     }},
    {"cp.async without its wait", [] {
         Bench bench;
         bench.run(copy_through_async, threads, bench.x, bench.y, false);
         expect("cp.async", bench.error.empty() && bench.is_nan(0) && bench.is_nan(threads - 1), bench.error + "the data were there");
     }},
    {"host that does not wait", [] {
         Bench bench;
         const cudaLaunchConfig_t configuration = {1, threads, 0, bench.stream, nullptr, 0};
         cudaLaunchKernelEx(&configuration, copy, bench.x, bench.y, 0);
         bench.host.assign(threads, -1.0f);
         cudaMemcpyAsync(bench.host.data(), bench.y, threads * sizeof(float), cudaMemcpyDeviceToHost, bench.stream);
         expect("host that does not wait", bench.host[3] == -1.0f, "the data were there");
     }},
    {"graph that runs twice", [] {
         Bench bench;
         const std::string error = bench.record([&] { bench.queue(copy, threads, bench.x, bench.y, 0); });
         bench.host.assign(threads, 5.0f);
         bench.write();
         bench.replay();
         const float first = bench.host[3];
         bench.host.assign(threads, 6.0f);
         bench.write();
         bench.replay();
         expect("graph", error.empty() && bench.error.empty() && first == 5.0f && bench.host[3] == 6.0f, error + bench.error);
     }},
    {"argument that a graph holds by value", [] {
         Bench bench;
         int shift = 4;
         bench.record([&] { bench.queue(copy, threads / 2, bench.x, bench.y, shift); });
         shift = 8;
         bench.replay();
         expect("argument by value", bench.host[0] == 4.0f, "the graph saw the new value");
     }},
    {"recording that waits", [] {
         Bench bench;
         const std::string error = bench.record([&] { cudaStreamSynchronize(bench.stream); });
         expect("recording that waits", error.find("previous error during capture") != std::string::npos, error);
     }},
    {"recording that allocates", [] {
         Bench bench;
         float *more = nullptr;
         const std::string error = bench.record([&] { cudaMallocAsync(reinterpret_cast<void **>(&more), 64, bench.stream); });
         expect("recording that allocates", error.find("previous error during capture") != std::string::npos, error);
     }},
    {"recording that reads the host's memory", [] {
         Bench bench;
         const std::string error = bench.record([&] { bench.write(); });
         expect("recording that uploads", error.find("previous error during capture") != std::string::npos, error);
     }},
    {"block too large", [] {
         Bench bench;
         bench.run(copy, 1025, bench.x, bench.y, 0);
         expect("block too large", bench.error.find("invalid configuration") != std::string::npos, bench.error);
     }},
    {"too much shared memory", [] {
         Bench bench;
         bench.run(large_tile, threads, bench.y);
         expect("too much shared memory", bench.error.find("53248 bytes of shared memory") != std::string::npos, bench.error);
     }},
    {"barrier that some threads skip", [] {
         Bench bench;
         bench.run(barrier_of_some, threads, bench.y, 32u);
         expect("barrier of some", bench.error.find("the barrier of") != std::string::npos, bench.error);
     }},
    {"two barriers at once", [] {
         Bench bench;
         bench.run(two_barriers, threads, bench.y, 32u);
         expect("two barriers", bench.error.find("meet at the barriers") != std::string::npos, bench.error);
     }},
    {"shuffle without all lanes", [] {
         Bench bench;
         bench.run(sum_of_some_lanes, threads, bench.y, 31u);
         expect("shuffle", bench.error.find("who never come") != std::string::npos, bench.error);
     }},
    {"result that nobody wrote", [] {
         Bench bench;
         bench.run(without_writing, threads, bench.y);
         expect("fresh memory", bench.error.empty() && bench.is_nan(0), bench.error + "no NaN");
     }},
};

int passed = 0, failed = 0;

/* Runs in a process of its own, since a broken kernel takes its device with it. 0: it held. */
int in_child(void (*plant)()) {
    std::fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        plant();
        std::fflush(stdout);
        _exit(failed == 0 ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return status;
}

void run(const Plant &plant) { expect(plant.name, in_child(plant.plant) == 0, "see above, or the process died"); }

}  // namespace

void planted::expect(const char *name, bool holds, const std::string &found) {
    holds ? passed++ : failed++;
    if (!holds) std::printf("FAILED %s: %s\n", name, found.empty() ? "nothing was reported" : found.c_str());
}

int main() {
    for (const Plant &plant : plants) run(plant);
    for (const Plant &plant : plants_of_products()) run(plant);
    for (const Plant &plant : plants_of_rows()) run(plant);
    for (const Plant &plant : plants_of_gradients()) run(plant);
    for (const Plant &plant : plants_of_vendors()) run(plant);
    const int status = in_child([] {
        Bench bench;
        std::printf("%g", double(*static_cast<volatile float *>(bench.x))); /* the host reads device memory */
    });
    expect("device pointer on the host", WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "the read went through");
    std::printf("%d passed, %d failed\n", passed, failed);
    return failed == 0 ? 0 : 1;
}
