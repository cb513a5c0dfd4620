/* rmsnorm.cu: s = x + residual, y = s * rstd * (offset + weight), rstd = 1/sqrt(mean(s^2) + eps), and its gradient (layers.h).
 *
 * Source: Zhang and Sennrich 2019, eq. 4. Rows r of (rows, groups) start at (r / groups) * stride + (r % groups) * width.
 * Numerics: elements in fp32; the two means over a row are one double chain a thread and a fixed tree over those; dweight: fp32 chains
 * over blocks of 64 rows, then over the blocks in order. In bf16 the rounded sum is what is normalised.
 * A warp a row of up to 1024 elements, a block a longer one. Bytes moved: forward reads x, residual, writes sum, y; backward reads s, dy
 * twice (the second time from cache), dsum, writes ds; dweight reads s and dy once more. */
#include "rmsnorm.h"

#include "partials.h"
#include "reduce.h"

namespace {

using namespace leeway;

constexpr int threads = 256;
constexpr int64_t warp_width = 1024; /* the longest row of a warp */

/* body(lanes): how many threads take a row, a warp or a block. */
template <class Body>
leeway_status with_lanes(int64_t width, Body body) {
    return width <= warp_width ? body(std::integral_constant<int, warp>()) : body(std::integral_constant<int, threads>());
}

/* The row of this thread among lanes, its number among them, and sums over them. */
template <int lanes>
__device__ int64_t own_row() {
    return int64_t(blockIdx.x) * (threads / lanes) + threadIdx.x / lanes;
}
template <int lanes>
__device__ int own_lane() {
    return int(threadIdx.x) % lanes;
}
template <int lanes>
__device__ double row_sum(double x) {
    if constexpr (lanes == warp) return warp_sum(x);
    else return block_sum<threads>(x);
}

struct Rows {
    int64_t count;
    int64_t groups;
    int64_t width;
    int64_t stride;
    __device__ int64_t at(int64_t row) const { return row / groups * stride + row % groups * width; }
};

/* sum may be residual itself, y may be x: each element is read and written by one thread. */
template <class T, int n, int lanes>
__global__ void __launch_bounds__(threads) forward(Rows rows, const T *x, const T *residual, const T *weight, T *sum, T *y, float *rstd,
                                                   float eps, float offset) {
    const int64_t row = own_row<lanes>(), at = rows.at(row);
    const int lane = own_lane<lanes>();
    if (row >= rows.count) return;
    double squares = 0.0;
    for (int64_t c = lane * n; c < rows.width; c += lanes * n) {
        auto s = load<n>(x + at + c);
        if (residual) {
            const auto r = load<n>(residual + at + c);
            for (int i = 0; i < n; i++) s.x[i] = rounded_to<T>(s.x[i] + r.x[i]);
            store<n>(sum + at + c, s);
        }
        for (int i = 0; i < n; i++) squares += double(s.x[i]) * double(s.x[i]);
    }
    const double mean = row_sum<lanes>(squares) / double(rows.width);
    const float scale = float(1.0 / sqrt(mean + double(eps)));
    if (lane == 0) rstd[row] = scale;
    const T *normalised = residual ? sum : x;
    for (int64_t c = lane * n; c < rows.width; c += lanes * n) {
        auto s = load<n>(normalised + at + c);
        const auto w = load<n>(weight + c);
        for (int i = 0; i < n; i++) s.x[i] *= scale * (w.x[i] + offset);
        store<n>(y + at + c, s);
    }
}

/* ds may be dsum or dy: each element is read and written by one thread. So dweight, which reads dy, goes before. */
template <class T, int n, int lanes>
__global__ void __launch_bounds__(threads) backward(Rows rows, const T *s, const T *weight, const float *rstd, const T *dy, const T *dsum,
                                                    T *ds, float offset) {
    const int64_t row = own_row<lanes>(), at = rows.at(row);
    const int lane = own_lane<lanes>();
    if (row >= rows.count) return;
    const float scale = rstd[row];
    double product = 0.0;
    for (int64_t c = lane * n; c < rows.width; c += lanes * n) {
        const auto values = load<n>(s + at + c), w = load<n>(weight + c), d = load<n>(dy + at + c);
        for (int i = 0; i < n; i++) product += double((w.x[i] + offset) * d.x[i]) * double(values.x[i]);
    }
    const float mean = float(row_sum<lanes>(product) * double(scale) / double(rows.width));
    for (int64_t c = lane * n; c < rows.width; c += lanes * n) {
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
__global__ void __launch_bounds__(threads) weight_partials(Rows rows, const T *s, const float *rstd, const T *dy,
                                                           float *partial) {
    const int64_t block = blockIdx.x, c = (int64_t(blockIdx.y) * threads + threadIdx.x) * n;
    if (c >= rows.width) return;
    Floats<n> sum = {};
    for (int64_t row = block * rmsnorm_block; row < min(rows.count, (block + 1) * rmsnorm_block); row++) {
        const int64_t at = rows.at(row) + c;
        const auto values = load<n>(s + at), d = load<n>(dy + at);
        for (int i = 0; i < n; i++) sum.x[i] += d.x[i] * (values.x[i] * rstd[row]);
    }
    for (int i = 0; i < n; i++) partial[block * rows.width + c + i] = sum.x[i];
}

template <class T, int n>
leeway_status add_dweight(leeway_stream *stream, const leeway_rmsnorm_backward_args &args, const Rows &rows) {
    const int64_t blocks = rmsnorm_blocks(rows.count);
    const dim3 grid = {unsigned(blocks), unsigned(blocks_of(args.width, int64_t(threads * n)))};
    auto *partial = static_cast<float *>(args.workspace);
    LEEWAY_TRY(LEEWAY_LAUNCH(stream, (weight_partials<T, n>), grid, threads, 0, rows, static_cast<const T *>(args.s), args.rstd,
                             static_cast<const T *>(args.dy), partial));
    return add_partials(stream, args.width, blocks, partial, args.dweight);
}

}  // namespace

leeway_status leeway_rmsnorm_forward(leeway_stream *stream, const leeway_rmsnorm_forward_args *args) {
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "rmsnorm_forward", {args->rows, args->groups, args->width}));
    const int64_t count = args->rows * args->groups;
    if (count == 0) return LEEWAY_OK;
    const Rows rows = {count, args->groups, args->width, args->stride};
    return with_packs(args->dtype, args->stride, args->width, [&](auto type, auto n) {
        using T = decltype(type);
        return with_lanes(args->width, [&](auto lanes) {
            return LEEWAY_LAUNCH(stream, (forward<T, n, lanes>), unsigned(blocks_of(count, int64_t(threads / lanes))), threads, 0, rows,
                                 static_cast<const T *>(args->x), static_cast<const T *>(args->residual),
                                 static_cast<const T *>(args->weight), static_cast<T *>(args->sum), static_cast<T *>(args->y), args->rstd,
                                 args->eps, args->weight_offset);
        });
    });
}

leeway_status leeway_rmsnorm_backward(leeway_stream *stream, const leeway_rmsnorm_backward_args *args) {
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "rmsnorm_backward", {args->rows, args->groups, args->width}));
    const int64_t count = args->rows * args->groups;
    if (count == 0) return LEEWAY_OK;
    const Rows rows = {count, args->groups, args->width, args->stride};
    return with_packs(args->dtype, args->stride, args->width, [&](auto type, auto n) {
        using T = decltype(type);
        if (args->dweight) LEEWAY_TRY((add_dweight<T, n>(stream, *args, rows)));
        return with_lanes(args->width, [&](auto lanes) {
            return LEEWAY_LAUNCH(stream, (backward<T, n, lanes>), unsigned(blocks_of(count, int64_t(threads / lanes))), threads, 0, rows,
                                 static_cast<const T *>(args->s), static_cast<const T *>(args->weight), args->rstd,
                                 static_cast<const T *>(args->dy), static_cast<const T *>(args->dsum), static_cast<T *>(args->ds),
                                 args->weight_offset);
        });
    });
}

leeway_status leeway_rmsnorm_workspace(leeway_stream *, const leeway_rmsnorm_workspace_args *args) {
    LEEWAY_TRY(check(*args));
    *args->bytes = rmsnorm_workspace_bytes(args->rows, args->groups, args->width);
    return LEEWAY_OK;
}
