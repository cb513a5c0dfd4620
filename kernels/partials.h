/* partials.h: the second step of a gradient that is summed over blocks of rows, then over the blocks in order. */
#pragma once

#include "stream.h"

namespace leeway {

/* sums += partial (blocks, width), the blocks in order. */
template <int threads>
__global__ void __launch_bounds__(threads) add_blocks_in_order(int64_t width, int64_t blocks, const float *partial, float *sums) {
    const int64_t c = grid_index();
    if (c >= width) return;
    float sum = 0.0f;
#pragma unroll 16  // so many loads at once
    for (int64_t b = 0; b < blocks; b++) sum += partial[b * width + c];
    sums[c] += sum;
}

inline leeway_status add_partials(leeway_stream *stream, int64_t width, int64_t blocks, const float *partial, float *sums) {
    constexpr int threads = 64;  // a column each: more multiprocessors take part
    return LEEWAY_LAUNCH(stream, add_blocks_in_order<threads>, unsigned(blocks_of(width, int64_t(threads))), threads, 0, width, blocks,
                         partial, sums);
}

}  // namespace leeway
