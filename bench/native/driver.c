/* driver.c: a libcuda.so.1 without a GPU behind it. What a launch through a Java binding of the driver costs on the Java side alone: these
 * functions take the real ones' arguments and do nothing. Never for use, and for no statement about a GPU. */
#include <stdint.h>

static volatile uintptr_t sink;

int cuInit(unsigned flags) {
    sink = flags;
    return 0;
}

int cuDriverGetVersion(int *version) {
    *version = 13000;
    return 0;
}

int cuLaunchKernel(void *function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y, unsigned block_z,
                   unsigned shared, void *stream, void **parameters, void **extra) {
    sink = (uintptr_t)function + grid_x + grid_y + grid_z + block_x + block_y + block_z + shared + (uintptr_t)stream +
           (uintptr_t)parameters + (uintptr_t)extra;
    return 0;
}
