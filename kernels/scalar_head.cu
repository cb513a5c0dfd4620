/* scalar_head.cu: value = x . weight + bias and its gradient (head.h): reward and value heads.
 *
 * Numerics: the dot product is one double chain a thread and a fixed tree over the block, rounded once; dx is rounded once; dweight: fp32
 * chains over blocks of rows, then over the blocks in order; dbias: double, one chain a thread and a fixed tree. A block of threads a row.
 * Bytes moved: x once, backward dx too. */
#include "scalar_head.h"

#include "partials.h"
#include "reduce.h"

namespace {

using namespace leeway;

constexpr int threads = 256;
constexpr int64_t least_row_block = 64; /* rows of a chain of dweight, twice as many until a sum a block fits into the scratch */

template <class T, int n>
__global__ void __launch_bounds__(threads) values(int64_t hidden, const T *x, const T *weight, const T *bias, float *value) {
    const int64_t row = blockIdx.x;
    double sum = 0.0;
    for (int64_t c = threadIdx.x * n; c < hidden; c += threads * n) {
        const auto left = load<n>(x + row * hidden + c), right = load<n>(weight + c);
        for (int i = 0; i < n; i++) sum += double(left.x[i]) * double(right.x[i]);
    }
    sum = block_sum<threads>(sum);
    if (threadIdx.x == 0) value[row] = float(sum + (bias ? double(widen(*bias)) : 0.0));
}

template <class T, int n>
__global__ void __launch_bounds__(threads) scaled_weight(int64_t hidden, const T *weight, const float *w_value, T *dx) {
    const int64_t row = blockIdx.x;
    const float factor = w_value[row];
    for (int64_t c = threadIdx.x * n; c < hidden; c += threads * n) {
        auto d = load<n>(weight + c);
        for (int i = 0; i < n; i++) d.x[i] *= factor;
        store<n>(dx + row * hidden + c, d);
    }
}

/* partial[block][c] = the sum of w_value x over a block of rows, in order. */
template <class T, int n>
__global__ void __launch_bounds__(threads) weight_partials(int64_t rows, int64_t row_block, int64_t hidden, const T *x,
                                                           const float *w_value, float *partial) {
    const int64_t block = blockIdx.x, c = (int64_t(blockIdx.y) * threads + threadIdx.x) * n;
    if (c >= hidden) return;
    Floats<n> sum = {};
    for (int64_t row = block * row_block; row < min(rows, (block + 1) * row_block); row++) {
        const auto values = load<n>(x + row * hidden + c);
        for (int i = 0; i < n; i++) sum.x[i] += w_value[row] * values.x[i];
    }
    for (int i = 0; i < n; i++) partial[block * hidden + c + i] = sum.x[i];
}

__global__ void __launch_bounds__(threads) add_bias(int64_t rows, const float *w_value, float *dbias) {
    double sum = 0.0;
    for (int64_t row = threadIdx.x; row < rows; row += threads) sum += double(w_value[row]);
    sum = block_sum<threads>(sum);
    if (threadIdx.x == 0) *dbias = float(double(*dbias) + sum);
}

template <class T, int n>
leeway_status add_dweight(leeway_stream *stream, const leeway_scalar_head_backward_args &args) {
    int64_t row_block = least_row_block;
    while (blocks_of(args.rows, row_block) * args.hidden * int64_t(sizeof(float)) > scratch_bytes && row_block < args.rows) row_block *= 2;
    const int64_t blocks = blocks_of(args.rows, row_block);
    const dim3 grid = {unsigned(blocks), unsigned(blocks_of(args.hidden, int64_t(threads * n)))};
    auto *partial = reinterpret_cast<float *>(stream->scratch);
    LEEWAY_TRY(LEEWAY_LAUNCH(stream, (weight_partials<T, n>), grid, threads, 0, args.rows, row_block, args.hidden,
                             static_cast<const T *>(args.x), args.w_value, partial));
    return add_partials(stream, args.hidden, blocks, partial, args.dweight);
}

}  // namespace

leeway_status leeway_scalar_head_forward(leeway_stream *stream, const leeway_scalar_head_forward_args *args) {
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "scalar_head_forward", {args->rows, args->hidden}));
    if (args->rows == 0) return LEEWAY_OK;
    return with_packs(args->dtype, args->hidden, args->hidden, [&](auto type, auto n) {
        using T = decltype(type);
        return LEEWAY_LAUNCH(stream, (values<T, n>), unsigned(args->rows), threads, 0, args->hidden, static_cast<const T *>(args->x),
                             static_cast<const T *>(args->weight), static_cast<const T *>(args->bias), args->value);
    });
}

leeway_status leeway_scalar_head_backward(leeway_stream *stream, const leeway_scalar_head_backward_args *args) {
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "scalar_head_backward", {args->rows, args->hidden}));
    if (args->rows == 0) return LEEWAY_OK;
    if (args->dbias) LEEWAY_TRY(LEEWAY_LAUNCH(stream, add_bias, 1, threads, 0, args->rows, args->w_value, args->dbias));
    return with_packs(args->dtype, args->hidden, args->hidden, [&](auto type, auto n) {
        using T = decltype(type);
        if (args->dweight) LEEWAY_TRY((add_dweight<T, n>(stream, *args)));
        return LEEWAY_LAUNCH(stream, (scaled_weight<T, n>), unsigned(args->rows), threads, 0, args->hidden,
                             static_cast<const T *>(args->weight), args->w_value, static_cast<T *>(args->dx));
    });
}
