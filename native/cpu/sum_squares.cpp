/* sum_squares.cpp: sum of x^2 in double over blocks of 4096, blocks in order, and the count of elements that are not finite
 * (elementwise.h). Reads x once. A block is sixteen interleaved partial sums and a fixed tree; a product of two floats is exact in
 * double. */
#include <algorithm>
#include <vector>

#include "bf16.h"
#include "elementwise.h"
#include "parallel.h"

namespace {

using namespace leeway;

constexpr int64_t blocks_a_task = 16;

struct Partial {
    double sum;
    int64_t nonfinite;
};

template <class T>
LEEWAY_INLINE void sum_elements(const T *x, int64_t count, Partial *partial) {
    Sum16 sum;
    i32x16 bad = {};
    for (int64_t i = 0; i < count; i += lanes) {
        f32x16 v = load_up_to(x + i, count - i);
        i32x16 broken = is_not_finite(v);
        bad -= broken;
        v = select(broken, splat(0.0f), v);
        sum.add_product(v, v);
    }
    partial->sum = sum.total();
    partial->nonfinite = 0;
    for (int l = 0; l < lanes; l++) partial->nonfinite += bad[l];
}

/* Block number index of x. */
LEEWAY_CLONES void sum_block(const leeway_sum_squares_args *args, int64_t index, Partial *partial) {
    int64_t first = index * sum_squares_block, count = std::min(sum_squares_block, args->count - first);
    if (args->dtype == LEEWAY_F32) sum_elements(static_cast<const float *>(args->x) + first, count, partial);
    else sum_elements(static_cast<const bf16 *>(args->x) + first, count, partial);
}

}  // namespace

namespace {

leeway_status sum_checked(leeway_stream *stream, const leeway_sum_squares_args *args) {
    LEEWAY_TRY(check(*args));
    std::vector<Partial> partials(size_t((args->count + sum_squares_block - 1) / sum_squares_block));
    parallel_blocks(stream, int64_t(partials.size()), blocks_a_task, [&](int64_t begin, int64_t end) {
        for (int64_t b = begin; b < end; b++) sum_block(args, b, &partials[size_t(b)]);
    });
    double sum = 0.0;
    int64_t nonfinite = 0;
    for (const Partial &partial : partials) {
        sum += partial.sum;
        nonfinite += partial.nonfinite;
    }
    *args->sum = sum;
    *args->nonfinite = nonfinite;
    return LEEWAY_OK;
}

}  // namespace

leeway_status leeway_sum_squares(leeway_stream *stream, const leeway_sum_squares_args *args) {
    return without_throwing("sum_squares", [=] { return sum_checked(stream, args); });
}
