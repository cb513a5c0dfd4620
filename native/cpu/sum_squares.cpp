/* sum_squares.cpp: sum of x^2 in double over blocks of 4096, blocks in order, and the count of elements that are not finite
 * (elementwise.h). Reads x once. A block is sixteen interleaved partial sums and a fixed tree; a product of two floats is exact in
 * double. */
#include <algorithm>
#include <vector>

#include "bf16.h"
#include "elementwise.h"
#include "tensor_tiles.h"

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

/* Elements begin .. end - 1 of x, at most a block. */
LEEWAY_CLONES void sum_block(leeway_dtype dtype, const void *x, int64_t begin, int64_t end, Partial *partial) {
    if (dtype == LEEWAY_F32) sum_elements(static_cast<const float *>(x) + begin, end - begin, partial);
    else sum_elements(static_cast<const bf16 *>(x) + begin, end - begin, partial);
}

/* The sum of blocks in order. */
void add_blocks(const Partial *partial, int64_t blocks, double *sum, int64_t *nonfinite) {
    Partial total = {0.0, 0};
    for (int64_t b = 0; b < blocks; b++) {
        total.sum += partial[b].sum;
        total.nonfinite += partial[b].nonfinite;
    }
    *sum = total.sum;
    *nonfinite = total.nonfinite;
}

leeway_status sum_checked(leeway_stream *stream, const leeway_sum_squares_args *args) {
    LEEWAY_TRY(check(*args));
    std::vector<Partial> partials(size_t((args->count + sum_squares_block - 1) / sum_squares_block));
    parallel_blocks(stream, int64_t(partials.size()), blocks_a_task, [&](int64_t begin, int64_t end) {
        for (int64_t b = begin; b < end; b++)
            sum_block(args->dtype, args->x, b * sum_squares_block, std::min(args->count, (b + 1) * sum_squares_block),
                      &partials[size_t(b)]);
    });
    add_blocks(partials.data(), int64_t(partials.size()), args->sum, args->nonfinite);
    return LEEWAY_OK;
}

leeway_status sum_all_checked(leeway_stream *stream, const leeway_sum_squares_tensors_args *args) {
    LEEWAY_TRY(check(*args));
    const auto *table = args->table;
    LEEWAY_TRY(check_entries(LEEWAY_BROKEN_ENTRY("sum_squares_tensors"), table, args->tensors, args->tiles));
    std::vector<Partial> partials(size_t(args->tiles));
    parallel_tiles(stream, table, args->tensors, args->tiles, [&](int64_t index, int64_t begin, int64_t end) {
        for (int64_t at = begin; at < end; at += tensor_tile)
            sum_block(table[index].dtype, table[index].x, at, std::min(end, at + tensor_tile),
                      &partials[size_t(table[index].tile + at / tensor_tile)]);
    });
    for (int64_t t = 0; t < args->tensors; t++)
        add_blocks(partials.data() + table[t].tile, tiles_of(table[t].count), args->sum + t, args->nonfinite + t);
    return LEEWAY_OK;
}

}  // namespace

leeway_status leeway_sum_squares(leeway_stream *stream, const leeway_sum_squares_args *args) {
    return without_throwing("sum_squares", [=] { return sum_checked(stream, args); });
}

leeway_status leeway_sum_squares_tensors(leeway_stream *stream, const leeway_sum_squares_tensors_args *args) {
    return without_throwing("sum_squares_tensors", [=] { return sum_all_checked(stream, args); });
}
