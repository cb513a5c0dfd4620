/* noop.h: see noop.c. */
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

void bench_noop(void);
int32_t bench_launch(int64_t function, int32_t grid_x, int32_t grid_y, int32_t grid_z, int32_t block_x, int32_t block_y, int32_t block_z,
                     int32_t shared, int64_t stream, int64_t parameters, int64_t extra);

#ifdef __cplusplus
}
#endif
