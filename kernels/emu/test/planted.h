/* planted.h: what the planted mistakes share: a small device, and what becomes of the kernels that run on it. */
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "device.h"

namespace planted {

struct Plant {
    const char *name;
    void (*plant)();
};

/* planted_mma.cu */
std::vector<Plant> plants_of_products();
/* planted_forward.cu */
std::vector<Plant> plants_of_rows();
/* planted_backward.cu */
std::vector<Plant> plants_of_gradients();
/* planted_vendor.cu */
std::vector<Plant> plants_of_vendors();

void expect(const char *name, bool holds, const std::string &found);

/* A device with x = 0, 1, ... and a fresh y, and what became of the kernel that a plant ran on them. */
struct Bench {
    cudaStream_t stream = nullptr;
    float *x = nullptr, *y = nullptr;
    cudaGraph_t graph = nullptr;
    std::vector<float> host;
    std::string error;

    explicit Bench(int count = 64) : host(size_t(count)) {
        cudaSetDevice(0);
        cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking);
        cudaMallocAsync(reinterpret_cast<void **>(&x), bytes(), stream);
        cudaMallocAsync(reinterpret_cast<void **>(&y), bytes(), stream);
        for (int i = 0; i < count; i++) host[size_t(i)] = float(i);
        write();
    }

    size_t bytes() const { return host.size() * sizeof(float); }

    /* x = host */
    void write() { cudaMemcpyAsync(x, host.data(), bytes(), cudaMemcpyHostToDevice, stream); }

    /* host = y behind the kernel */
    template <class... P, class... A>
    void run(void (*kernel)(P...), dim3 block, A... arguments) {
        const cudaLaunchConfig_t configuration = {1, block, 0, stream, nullptr, 0};
        cudaError_t status = cudaLaunchKernelEx(&configuration, kernel, arguments...);
        if (status == cudaSuccess) status = cudaMemcpyAsync(host.data(), y, bytes(), cudaMemcpyDeviceToHost, stream);
        if (status == cudaSuccess) status = cudaStreamSynchronize(stream);
        if (status != cudaSuccess) error = cudaGetErrorString(status);
    }

    template <class... P, class... A>
    void queue(void (*kernel)(P...), dim3 block, A... arguments) {
        const cudaLaunchConfig_t configuration = {1, block, 0, stream, nullptr, 0};
        cudaLaunchKernelEx(&configuration, kernel, arguments...);
    }

    /* Records what work queues; what is wrong with it, or nothing. */
    template <class Work>
    std::string record(Work work) {
        cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal);
        work();
        const cudaError_t status = cudaStreamEndCapture(stream, &graph);
        return status == cudaSuccess ? "" : cudaGetErrorString(status);
    }

    /* host = y behind the graph */
    void replay() {
        cudaGraphExec_t runnable = nullptr;
        cudaGraphInstantiate(&runnable, graph, 0);
        cudaError_t status = cudaGraphLaunch(runnable, stream);
        if (status == cudaSuccess) status = cudaMemcpyAsync(host.data(), y, bytes(), cudaMemcpyDeviceToHost, stream);
        if (status == cudaSuccess) status = cudaStreamSynchronize(stream);
        if (status != cudaSuccess) error = cudaGetErrorString(status);
        cudaGraphExecDestroy(runnable);
    }

    bool is_nan(int i) const { return host[size_t(i)] != host[size_t(i)]; }
};

}  // namespace planted
