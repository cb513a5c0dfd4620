/* rmsnorm.cu: s = x + residual, y = s * rstd * (offset + weight), rstd = 1/sqrt(mean(s^2) + eps), and its gradient (layers.h).
 *
 * Source: Zhang and Sennrich 2019, eq. 4. Rows r of (rows, groups) start at (r / groups) * stride + (r % groups) * width.
 * Numerics: elements in fp32; the two means over a row are one double chain a thread and a fixed tree over the block; dweight: fp32 chains
 * over blocks of 64 rows, then over the blocks in order. In bf16 the rounded sum is what is normalised.
 * One block a row. Bytes moved: forward reads x, residual, writes sum, y; backward reads s, dy twice (the second time from cache), dsum,
 * writes ds; dweight reads s and dy once more. */
#include "rmsnorm.h"

#include "partials.h"
#include "reduce.h"

namespace {

using namespace leeway;

constexpr int threads = 256;

struct Rows {
    int64_t groups;
    int64_t width;
    int64_t stride;
    __device__ int64_t at(int64_t row) const { return row / groups * stride + row % groups * width; }
};

/* sum may be residual itself, y may be x: each element is read and written by one thread. */
template <class T, int n>
__global__ void __launch_bounds__(threads) forward(Rows rows, const T *x, const T *residual, const T *weight, T *sum, T *y, float *rstd,
                                                   float eps, float offset) {
    const int64_t row = blockIdx.x, at = rows.at(row);
    double squares = 0.0;
    for (int64_t c = threadIdx.x * n; c < rows.width; c += threads * n) {
        auto s = load<n>(x + at + c);
        if (residual) {
            const auto r = load<n>(residual + at + c);
            for (int i = 0; i < n; i++) s.x[i] = rounded_to<T>(s.x[i] + r.x[i]);
            store<n>(sum + at + c, s);
        }
        for (int i = 0; i < n; i++) squares += double(s.x[i]) * double(s.x[i]);
    }
    const double mean = block_sum<threads>(squares) / double(rows.width);
    const float scale = float(1.0 / sqrt(mean + double(eps)));
    if (threadIdx.x == 0) rstd[row] = scale;
    const T *normalised = residual ? sum : x;
    for (int64_t c = threadIdx.x * n; c < rows.width; c += threads * n) {
        auto s = load<n>(normalised + at + c);
        const auto w = load<n>(weight + c);
        for (int i = 0; i < n; i++) s.x[i] *= scale * (w.x[i] + offset);
        store<n>(y + at + c, s);
    }
}

/* ds may be dsum or dy: each element is read and written by one thread. So dweight, which reads dy, goes before. */
template <class T, int n>
__global__ void __launch_bounds__(threads) backward(Rows rows, const T *s, const T *weight, const float *rstd, const T *dy, const T *dsum,
                                                    T *ds, float offset) {
    const int64_t row = blockIdx.x, at = rows.at(row);
    const float scale = rstd[row];
    double product = 0.0;
    for (int64_t c = threadIdx.x * n; c < rows.width; c += threads * n) {
        const auto values = load<n>(s + at + c), w = load<n>(weight + c), d = load<n>(dy + at + c);
        for (int i = 0; i < n; i++) product += double((w.x[i] + offset) * d.x[i]) * double(values.x[i]);
    }
    const float mean = float(block_sum<threads>(product) * double(scale) / double(rows.width));
    for (int64_t c = threadIdx.x * n; c < rows.width; c += threads * n) {
        const auto values = load<n>(s + at + c), w = load<n>(weight + c);
        auto d = load<n>(dy + at + c);
        for (int i = 0; i < n; i++) d.x[i] = scale * ((w.x[i] + offset) * d.x[i] - values.x[i] * scale * mean);
        if (dsum) {
            const auto more = load<n>(dsum + at + c);
            for (int i = 0; i < n; i++) d.x[i] += more.x[i];
        }
        store<n>(ds + at + c, d);
    }
}

/* partial[block][c] = the sum of dy * h over a block of rows, in order. */
template <class T, int n>
__global__ void __launch_bounds__(threads) weight_partials(Rows rows, int64_t count, const T *s, const float *rstd, const T *dy,
                                                           float *partial) {
    const int64_t block = blockIdx.x, c = (int64_t(blockIdx.y) * threads + threadIdx.x) * n;
    if (c >= rows.width) return;
    Floats<n> sum = {};
    for (int64_t row = block * rmsnorm_block; row < min(count, (block + 1) * rmsnorm_block); row++) {
        const int64_t at = rows.at(row) + c;
        const auto values = load<n>(s + at), d = load<n>(dy + at);
        for (int i = 0; i < n; i++) sum.x[i] += d.x[i] * (values.x[i] * rstd[row]);
    }
    for (int i = 0; i < n; i++) partial[block * rows.width + c + i] = sum.x[i];
}

template <class T, int n>
leeway_status add_dweight(leeway_stream *stream, const leeway_rmsnorm_backward_args &args, const Rows &rows, int64_t count) {
    const int64_t blocks = rmsnorm_blocks(count);
    const dim3 grid = {unsigned(blocks), unsigned(blocks_of(args.width, int64_t(threads * n)))};
    auto *partial = static_cast<float *>(args.workspace);
    LEEWAY_TRY(LEEWAY_LAUNCH(stream, (weight_partials<T, n>), grid, threads, 0, rows, count, static_cast<const T *>(args.s), args.rstd,
                             static_cast<const T *>(args.dy), partial));
    return add_partials(stream, args.width, blocks, partial, args.dweight);
}

}  // namespace

leeway_status leeway_rmsnorm_forward(leeway_stream *stream, const leeway_rmsnorm_forward_args *args) {
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "rmsnorm_forward", {args->rows, args->groups, args->width}));
    const int64_t count = args->rows * args->groups;
    if (count == 0) return LEEWAY_OK;
    return with_packs(args->dtype, args->stride, args->width, [&](auto type, auto n) {
        using T = decltype(type);
        return LEEWAY_LAUNCH(stream, (forward<T, n>), unsigned(count), threads, 0, Rows{args->groups, args->width, args->stride},
                             static_cast<const T *>(args->x), static_cast<const T *>(args->residual), static_cast<const T *>(args->weight),
                             static_cast<T *>(args->sum), static_cast<T *>(args->y), args->rstd, args->eps, args->weight_offset);
    });
}

leeway_status leeway_rmsnorm_backward(leeway_stream *stream, const leeway_rmsnorm_backward_args *args) {
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "rmsnorm_backward", {args->rows, args->groups, args->width}));
    const int64_t count = args->rows * args->groups;
    if (count == 0) return LEEWAY_OK;
    const Rows rows = {args->groups, args->width, args->stride};
    return with_packs(args->dtype, args->stride, args->width, [&](auto type, auto n) {
        using T = decltype(type);
        if (args->dweight) LEEWAY_TRY((add_dweight<T, n>(stream, *args, rows, count)));
        return LEEWAY_LAUNCH(stream, (backward<T, n>), unsigned(count), threads, 0, rows, static_cast<const T *>(args->s),
                             static_cast<const T *>(args->weight), args->rstd, static_cast<const T *>(args->dy),
                             static_cast<const T *>(args->dsum), static_cast<T *>(args->ds), args->weight_offset);
    });
}

leeway_status leeway_rmsnorm_workspace(leeway_stream *, const leeway_rmsnorm_workspace_args *args) {
    LEEWAY_TRY(check(*args));
    *args->bytes = rmsnorm_workspace_bytes(args->rows, args->groups, args->width);
    return LEEWAY_OK;
}
