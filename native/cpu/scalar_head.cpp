/* scalar_head.cpp: value = x . weight + bias and its gradient (head.h): reward and value heads.
 *
 * Numerics: the dot product is sixteen interleaved partial sums in double and a fixed tree, rounded once; dx is rounded once; dweight is
 * one fp32 chain over the rows in order a column. Bytes moved: x once, backward dx too. */
#include "scalar_head.h"

#include <algorithm>

#include "bf16.h"
#include "parallel.h"

namespace {

using namespace leeway;

constexpr int64_t columns_a_task = 64;

template <class T>
LEEWAY_INLINE double dot_of(const T *x, const T *weight, int64_t width) {
    Sum16 total;
    for (int64_t c = 0; c < width; c += lanes) total.add_product(load_up_to(x + c, width - c), load_up_to(weight + c, width - c));
    return total.total();
}
LEEWAY_CLONES double dot(const float *x, const float *weight, int64_t width) { return dot_of(x, weight, width); }
LEEWAY_CLONES double dot(const bf16 *x, const bf16 *weight, int64_t width) { return dot_of(x, weight, width); }

template <class T>
LEEWAY_INLINE void scale_weight(T *dx, const T *weight, int64_t width, float w_value) {
    for (int64_t c = 0; c < width; c += lanes) store_up_to(dx + c, w_value * load_up_to(weight + c, width - c), width - c);
}
LEEWAY_CLONES void scaled_weight(float *dx, const float *weight, int64_t width, float w_value) { scale_weight(dx, weight, width, w_value); }
LEEWAY_CLONES void scaled_weight(bf16 *dx, const bf16 *weight, int64_t width, float w_value) { scale_weight(dx, weight, width, w_value); }

/* dweight[begin..end) += sum of w_value[m] x[m], rows in order. */
template <class T>
LEEWAY_INLINE void add_columns_of(const leeway_scalar_head_backward_args *args, const T *x, int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; c += lanes) {
        f32x16 sum = {};
        for (int64_t m = 0; m < args->rows; m++) sum += args->w_value[m] * load_up_to(x + m * args->hidden + c, end - c);
        store_up_to(args->dweight + c, load_up_to(args->dweight + c, end - c) + sum, end - c);
    }
}
LEEWAY_CLONES void add_columns(const leeway_scalar_head_backward_args *args, const float *x, int64_t begin, int64_t end) {
    add_columns_of(args, x, begin, end);
}
LEEWAY_CLONES void add_columns(const leeway_scalar_head_backward_args *args, const bf16 *x, int64_t begin, int64_t end) {
    add_columns_of(args, x, begin, end);
}

int64_t rows_a_task(int64_t width) { return std::max<int64_t>(1, (int64_t(1) << 15) / width); }

template <class T>
void values(leeway_stream *stream, const leeway_scalar_head_forward_args *args) {
    const auto *x = static_cast<const T *>(args->x), *weight = static_cast<const T *>(args->weight);
    const double bias = args->bias ? double(widen(*static_cast<const T *>(args->bias))) : 0.0;
    parallel_blocks(stream, args->rows, rows_a_task(args->hidden), [=](int64_t begin, int64_t end) {
        for (int64_t m = begin; m < end; m++) args->value[m] = float(dot(x + m * args->hidden, weight, args->hidden) + bias);
    });
}

template <class T>
void gradients(leeway_stream *stream, const leeway_scalar_head_backward_args *args) {
    const auto *x = static_cast<const T *>(args->x), *weight = static_cast<const T *>(args->weight);
    auto *dx = static_cast<T *>(args->dx);
    if (args->dweight)
        parallel_blocks(stream, args->hidden, columns_a_task, [=](int64_t begin, int64_t end) { add_columns(args, x, begin, end); });
    parallel_blocks(stream, args->rows, rows_a_task(args->hidden), [=](int64_t begin, int64_t end) {
        for (int64_t m = begin; m < end; m++) scaled_weight(dx + m * args->hidden, weight, args->hidden, args->w_value[m]);
    });
}

}  // namespace

leeway_status leeway_scalar_head_forward(leeway_stream *stream, const leeway_scalar_head_forward_args *args) {
    LEEWAY_TRY(check(*args));
    if (args->rows == 0) return LEEWAY_OK;
    args->dtype == LEEWAY_BF16 ? values<bf16>(stream, args) : values<float>(stream, args);
    return LEEWAY_OK;
}

leeway_status leeway_scalar_head_backward(leeway_stream *stream, const leeway_scalar_head_backward_args *args) {
    LEEWAY_TRY(check(*args));
    if (args->rows == 0) return LEEWAY_OK;
    args->dtype == LEEWAY_BF16 ? gradients<bf16>(stream, args) : gradients<float>(stream, args);
    if (args->dbias) {
        double sum = 0.0;
        for (int64_t m = 0; m < args->rows; m++) sum += double(args->w_value[m]);
        *args->dbias = float(double(*args->dbias) + sum);
    }
    return LEEWAY_OK;
}
