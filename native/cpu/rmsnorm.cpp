/* rmsnorm.cpp: s = x + residual, y = s * rstd * (offset + weight), rstd = 1/sqrt(mean(s^2) + eps), and its gradient (layers.h).
 *
 * Source: Zhang and Sennrich 2019, eq. 4. Rows r of (rows, groups) start at (r / groups) * stride + (r % groups) * width.
 * Numerics: elements in fp32; the two means over a row are sixteen interleaved partial sums in double and a fixed tree;
 * dweight: fp32 chains over blocks of 64 rows, then over the blocks in order.
 * In bf16 the rounded sum is what is normalised.
 * Bytes moved: forward reads x, residual, writes sum, y; backward reads s, dy twice (the second time from cache), dsum, writes ds. */
#include <algorithm>
#include <cmath>

#include "bf16.h"
#include "parallel.h"
#include "rmsnorm.h"

namespace {

using namespace leeway;

constexpr int64_t columns_a_task = 256;

/* sum of s^2 over a row; stores s where there is a residual, and goes on with what was stored. */
template <class T>
LEEWAY_INLINE double squares(const T *x, const T *residual, T *sum, int64_t width) {
    Sum16 total;
    for (int64_t c = 0; c < width; c += lanes) {
        f32x16 s = load_up_to(x + c, width - c);
        if (residual) {
            s += load_up_to(residual + c, width - c);
            s = rounded_to<T>(s);
            store_up_to(sum + c, s, width - c);
        }
        total.add_product(s, s);
    }
    return total.total();
}

template <class T>
LEEWAY_INLINE void normalise(T *y, const T *s, const T *weight, int64_t width, float rstd, float offset) {
    for (int64_t c = 0; c < width; c += lanes) {
        int64_t left = width - c;
        store_up_to(y + c, load_up_to(s + c, left) * rstd * (load_up_to(weight + c, left) + offset), left);
    }
}

template <class T>
LEEWAY_INLINE void forward_typed(const leeway_rmsnorm_forward_args *args, int64_t row) {
    int64_t at = row / args->groups * args->stride + row % args->groups * args->width;
    auto *x = static_cast<const T *>(args->x) + at;
    auto *residual = args->residual ? static_cast<const T *>(args->residual) + at : nullptr;
    auto *sum = args->residual ? static_cast<T *>(args->sum) + at : nullptr;
    double mean = squares(x, residual, sum, args->width) / double(args->width);
    float rstd = float(1.0 / std::sqrt(mean + double(args->eps)));
    args->rstd[row] = rstd;
    normalise(static_cast<T *>(args->y) + at, residual ? sum : x, static_cast<const T *>(args->weight), args->width, rstd,
              args->weight_offset);
}

LEEWAY_CLONES void forward_row(const leeway_rmsnorm_forward_args *args, int64_t row) {
    if (args->dtype == LEEWAY_F32) forward_typed<float>(args, row);
    else forward_typed<bf16>(args, row);
}

/* sum of g dy s over a row; times rstd it is the sum of g dy h. */
template <class T>
LEEWAY_INLINE double row_product(const T *s, const T *weight, const T *dy, int64_t width, float offset) {
    Sum16 total;
    for (int64_t c = 0; c < width; c += lanes) {
        int64_t left = width - c;
        total.add_product((load_up_to(weight + c, left) + offset) * load_up_to(dy + c, left), load_up_to(s + c, left));
    }
    return total.total();
}

template <class T>
struct Row {
    const T *s;
    const T *dy;
    const T *dsum;  // or NULL
    T *ds;
    float rstd;
    float mean;     // of g dy h
};

/* dy and dsum may be ds: each vector is read before it is written. */
template <class T>
LEEWAY_INLINE void backward_row(const Row<T> &row, const T *weight, float offset, int64_t width, float *dweight) {
    for (int64_t c = 0; c < width; c += lanes) {
        int64_t left = width - c;
        f32x16 h = load_up_to(row.s + c, left) * row.rstd;
        f32x16 dy = load_up_to(row.dy + c, left);
        f32x16 g = load_up_to(weight + c, left) + offset;
        f32x16 ds = row.rstd * (g * dy - h * row.mean);
        if (row.dsum) ds += load_up_to(row.dsum + c, left);
        if (dweight) store_up_to(dweight + c, load_up_to(dweight + c, left) + dy * h, left);
        store_up_to(row.ds + c, ds, left);
    }
}

template <class T>
LEEWAY_INLINE void backward_typed(const leeway_rmsnorm_backward_args *args, int64_t block) {
    int64_t rows = args->rows * args->groups, width = args->width;
    auto *weight = static_cast<const T *>(args->weight);
    float *dweight = args->dweight ? static_cast<float *>(args->workspace) + block * width : nullptr;
    if (dweight) std::fill(dweight, dweight + width, 0.0f);
    for (int64_t r = block * rmsnorm_block; r < std::min(rows, (block + 1) * rmsnorm_block); r++) {
        int64_t at = r / args->groups * args->stride + r % args->groups * width;
        Row<T> row = {static_cast<const T *>(args->s) + at, static_cast<const T *>(args->dy) + at,
                      args->dsum ? static_cast<const T *>(args->dsum) + at : nullptr, static_cast<T *>(args->ds) + at, args->rstd[r], 0.0f};
        double product = row_product(row.s, weight, row.dy, width, args->weight_offset);
        row.mean = float(product * double(row.rstd) / double(width));
        backward_row(row, weight, args->weight_offset, width, dweight);
    }
}

LEEWAY_CLONES void backward_block(const leeway_rmsnorm_backward_args *args, int64_t block) {
    if (args->dtype == LEEWAY_F32) backward_typed<float>(args, block);
    else backward_typed<bf16>(args, block);
}

/* dweight[begin..end) += the blocks' sums, in order. */
LEEWAY_CLONES void add_blocks(float *dweight, const float *partial, int64_t blocks, int64_t width, int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; c += lanes) {
        f32x16 sum = {};
        for (int64_t b = 0; b < blocks; b++) sum += load_up_to(partial + b * width + c, end - c);
        store_up_to(dweight + c, load_up_to(dweight + c, end - c) + sum, end - c);
    }
}

}  // namespace

leeway_status leeway_rmsnorm_forward(leeway_stream *stream, const leeway_rmsnorm_forward_args *args) {
    LEEWAY_TRY(check(*args));
    int64_t rows_a_task = std::max<int64_t>(1, (int64_t(1) << 14) / args->width);
    parallel_blocks(stream, args->rows * args->groups, rows_a_task, [=](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; row++) forward_row(args, row);
    });
    return LEEWAY_OK;
}

leeway_status leeway_rmsnorm_backward(leeway_stream *stream, const leeway_rmsnorm_backward_args *args) {
    LEEWAY_TRY(check(*args));
    const int64_t blocks = rmsnorm_blocks(args->rows * args->groups);
    parallel_for(stream, blocks, [=](int64_t block, void *) { backward_block(args, block); });
    if (args->dweight && blocks > 0)
        parallel_blocks(stream, args->width, columns_a_task, [=](int64_t begin, int64_t end) {
            add_blocks(args->dweight, static_cast<const float *>(args->workspace), blocks, args->width, begin, end);
        });
    return LEEWAY_OK;
}

leeway_status leeway_rmsnorm_workspace(leeway_stream *, const leeway_rmsnorm_workspace_args *args) {
    LEEWAY_TRY(check(*args));
    *args->bytes = rmsnorm_workspace_bytes(args->rows, args->groups, args->width);
    return LEEWAY_OK;
}
