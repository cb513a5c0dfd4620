/* sum_squares.cu: sum of x^2 in double over blocks of 4096, blocks in order, and the count of elements that are not finite
 * (elementwise.h). Reads x once. A block of the sum is a block of threads: a double chain a thread and a fixed tree; a product of two
 * floats is exact in double. Then one thread adds the blocks. */
#include "elementwise.h"
#include "reduce.h"
#include "stream.h"

namespace {

using namespace leeway;

constexpr int threads = 256;

struct Partial {
    double sum;
    int64_t nonfinite;
};

template <class T>
__global__ void __launch_bounds__(threads) sum_block(int64_t count, const T *x, Partial *partial) {
    constexpr int n = pack_size<T>;
    const int64_t first = int64_t(blockIdx.x) * sum_squares_block, end = min(count, first + sum_squares_block);
    double sum = 0.0;
    int nonfinite = 0;
    for (int64_t i = first + threadIdx.x * n; i < end; i += threads * n) {
        const auto values = load_up_to<n>(x + i, end - i);
        for (int k = 0; k < n; k++) {
            const bool broken = (float_as_bits(values.x[k]) & 0x7f800000u) == 0x7f800000u;
            const double value = broken ? 0.0 : double(values.x[k]);
            sum += value * value;
            nonfinite += broken;
        }
    }
    sum = block_sum<threads>(sum);
    nonfinite = block_sum<threads>(nonfinite);
    if (threadIdx.x == 0) partial[blockIdx.x] = {sum, nonfinite};
}

/* sum and nonfinite = those of the blocks, in order, behind what is there where goes_on. */
__global__ void __launch_bounds__(threads) add_blocks(int64_t blocks, const Partial *partial, bool goes_on, double *sum,
                                                      int64_t *nonfinite) {
    LEEWAY_SHARED(Partial, tile, threads);
    Partial total = {0.0, 0};
    if (goes_on) total = {*sum, *nonfinite};
    for (int64_t first = 0; first < blocks; first += threads) {
        const int held = int(min(blocks - first, int64_t(threads)));
        __syncthreads();
        if (int(threadIdx.x) < held) tile[threadIdx.x] = partial[first + threadIdx.x];
        __syncthreads();
        for (int i = 0; i < held && threadIdx.x == 0; i++) {
            total.sum += tile[i].sum;
            total.nonfinite += tile[i].nonfinite;
        }
    }
    if (threadIdx.x > 0) return;
    *sum = total.sum;
    *nonfinite = total.nonfinite;
}

/* As many blocks at a time as scratch has room for. */
template <class T>
leeway_status sum(leeway_stream *stream, const leeway_sum_squares_args &args) {
    constexpr int64_t most = scratch_bytes / int64_t(sizeof(Partial));
    auto *partial = reinterpret_cast<Partial *>(stream->scratch);
    const int64_t blocks = blocks_of(args.count, sum_squares_block);
    int64_t first = 0;
    do {
        const int64_t held = std::min(most, blocks - first), at = first * sum_squares_block;
        if (held > 0)
            LEEWAY_TRY(LEEWAY_LAUNCH(stream, sum_block<T>, unsigned(held), threads, 0, args.count - at, static_cast<const T *>(args.x) + at,
                                     partial));
        LEEWAY_TRY(LEEWAY_LAUNCH(stream, add_blocks, 1, threads, 0, held, partial, first > 0, args.sum, args.nonfinite));
        first += held;
    } while (first < blocks);
    return LEEWAY_OK;
}

}  // namespace

leeway_status leeway_sum_squares(leeway_stream *stream, const leeway_sum_squares_args *args) {
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "sum_squares", {args->count}));
    return with_type(args->dtype, [&](auto type) { return sum<decltype(type)>(stream, *args); });
}
