/* noop.c: two functions that do nothing, as plain C for FFM and JavaCPP and under the names that JNI looks for. The second has the shape of
 * a kernel launch: a function, six sizes, shared memory, a stream, parameters, extra. */
#include "noop.h"

static volatile int64_t sink;

void bench_noop(void) {}

int32_t bench_launch(int64_t function, int32_t grid_x, int32_t grid_y, int32_t grid_z, int32_t block_x, int32_t block_y, int32_t block_z,
                     int32_t shared, int64_t stream, int64_t parameters, int64_t extra) {
    sink = function + grid_x + grid_y + grid_z + block_x + block_y + block_z + shared + stream + parameters + extra;
    return 0;
}

void Java_dev_leeway_bench_launch_JniCalls_noop(void *environment, void *type) {
    (void)environment;
    (void)type;
}

int32_t Java_dev_leeway_bench_launch_JniCalls_launch(void *environment, void *type, int64_t function, int32_t grid_x, int32_t grid_y,
                                                     int32_t grid_z, int32_t block_x, int32_t block_y, int32_t block_z, int32_t shared,
                                                     int64_t stream, int64_t parameters, int64_t extra) {
    (void)environment;
    (void)type;
    return bench_launch(function, grid_x, grid_y, grid_z, block_x, block_y, block_z, shared, stream, parameters, extra);
}
