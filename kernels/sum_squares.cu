/* sum_squares.cu: sum of x^2 in double over blocks of 4096, blocks in order, and the count of elements that are not finite
 * (elementwise.h). Reads x once. A block of the sum is a block of threads: a double chain a thread and a fixed tree; a product of two
 * floats is exact in double. Then one thread adds the blocks. Over a table a block finds its tensor by its tile; one thread a tensor
 * adds. */
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

/* Of x[begin .. end), at most a block, by all threads; thread 0 writes it. */
template <class T>
__device__ void sum_range(const T *x, int64_t begin, int64_t end, Partial *partial) {
    constexpr int n = pack_size<T>;
    double sum = 0.0;
    int nonfinite = 0;
    for (int64_t i = begin + threadIdx.x * n; i < end; i += threads * n) {
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
    if (threadIdx.x == 0) *partial = {sum, nonfinite};
}

template <class T>
__global__ void __launch_bounds__(threads) sum_block(int64_t count, const T *x, Partial *partial) {
    const int64_t first = int64_t(blockIdx.x) * sum_squares_block;
    sum_range(x, first, min(count, first + sum_squares_block), partial + blockIdx.x);
}

/* sum and nonfinite = those of the blocks, in order, behind what is there where goes_on. */
__device__ void add_partials(int64_t blocks, const Partial *partial, bool goes_on, double *sum, int64_t *nonfinite) {
    LEEWAY_SHARED(Partial, tile, threads);
    Partial total = {0.0, 0};
    if (goes_on) total = {*sum, *nonfinite};
    for (int64_t first = 0; first < blocks; first += threads) {
        const int held = int(min(blocks - first, int64_t(threads)));
        __syncthreads();
        if (int(threadIdx.x) < held) tile[threadIdx.x] = partial[first + threadIdx.x];
        __syncthreads();
        if (threadIdx.x > 0) continue;
#pragma unroll 16  // loads do not wait for the chain of sums
        for (int i = 0; i < held; i++) {
            total.sum += tile[i].sum;
            total.nonfinite += tile[i].nonfinite;
        }
    }
    if (threadIdx.x > 0) return;
    *sum = total.sum;
    *nonfinite = total.nonfinite;
}

__global__ void __launch_bounds__(threads) add_blocks(int64_t blocks, const Partial *partial, bool goes_on, double *sum,
                                                      int64_t *nonfinite) {
    add_partials(blocks, partial, goes_on, sum, nonfinite);
}

/* Tiles first .. first + gridDim.x - 1 of a table. */
__global__ void __launch_bounds__(threads) sum_tiles(int64_t tensors, const leeway_squares_tensor *table, int64_t first, Partial *partial,
                                                     Faults *faults, uint32_t rule) {
    const int64_t tile = first + blockIdx.x, index = tensor_of(table, tensors, tile);
    const leeway_squares_tensor tensor = table[index];
    if (!is_sound(tensor) || !owns(tensor, tile) || !joins(table, tensors, index)) {
        if (threadIdx.x == 0) report(faults, rule, index);
        return;
    }
    const int64_t begin = (tile - tensor.tile) * tensor_tile, end = min(tensor.count, begin + tensor_tile);
    if (tensor.dtype == LEEWAY_F32) sum_range(static_cast<const float *>(tensor.x), begin, end, partial + blockIdx.x);
    else sum_range(static_cast<const bf16 *>(tensor.x), begin, end, partial + blockIdx.x);
}

/* A block for each tensor: what tiles first .. end - 1 of all have of it, behind what earlier ones had. */
__global__ void __launch_bounds__(threads) add_tiles(const leeway_squares_tensor *table, int64_t all, int64_t first, int64_t end,
                                                     const Partial *partial, double *sum, int64_t *nonfinite, Faults *faults,
                                                     uint32_t rule) {
    if (refused(faults)) return;
    if (grid_index() == 0 && !ends_with(table, gridDim.x, all)) report(faults, rule, gridDim.x - 1);
    const leeway_squares_tensor tensor = table[blockIdx.x];
    const int64_t from = max(first, tensor.tile), to = min(end, tensor.tile + tiles_of(tensor.count));
    add_partials(max(to - from, int64_t(0)), partial + (from - first), tensor.tile < first, sum + blockIdx.x, nonfinite + blockIdx.x);
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

leeway_status sum_all(leeway_stream *stream, const leeway_sum_squares_tensors_args &args) {
    constexpr int64_t most = scratch_bytes / int64_t(sizeof(Partial));
    auto *partial = reinterpret_cast<Partial *>(stream->scratch);
    uint32_t number = 0;
    LEEWAY_TRY(rule(stream, {LEEWAY_BAD_DATA, LEEWAY_BROKEN_ENTRY("sum_squares_tensors"), args.tiles}, &number));
    int64_t first = 0;
    do {
        const int64_t end = std::min(args.tiles, first + most);
        if (end > first)
            LEEWAY_TRY(LEEWAY_LAUNCH(stream, sum_tiles, unsigned(end - first), threads, 0, args.tensors, args.table, first, partial,
                                     stream->faults, number));
        LEEWAY_TRY(LEEWAY_LAUNCH(stream, add_tiles, unsigned(args.tensors), threads, 0, args.table, args.tiles, first, end, partial,
                                 args.sum, args.nonfinite, stream->faults, number));
        first = end;
    } while (first < args.tiles);
    return LEEWAY_OK;
}

}  // namespace

leeway_status leeway_sum_squares(leeway_stream *stream, const leeway_sum_squares_args *args) {
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "sum_squares", {args->count}));
    return with_type(args->dtype, [&](auto type) { return sum<decltype(type)>(stream, *args); });
}

leeway_status leeway_sum_squares_tensors(leeway_stream *stream, const leeway_sum_squares_tensors_args *args) {
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "sum_squares_tensors", {args->tensors, args->tiles}));
    return args->tensors == 0 ? leeway_status(LEEWAY_OK) : sum_all(stream, *args);
}
