/* linear_backward.cpp: the gradients of y = x W^T + bias + scaling (drop(x) A^T) B^T.
 *
 *     dx = dy W + scaling * mask/(1-p) * ((dy B) A)      dweight += dy^T x      dbias += sum of dy over rows
 *     da += scaling * (dy B)^T drop(x)                   db += scaling * dy^T xa
 *
 * x, dx (N,I), dy (N,O), W (O,I), A (R,I), B (O,R), xa, dyb (N,R). The sums are those of product.h, k being O for dx and dyb, N for the
 * others: a row of dx depends on that row alone, a weight gradient on the order of the rows only. Bytes moved: each matrix about once.
 */
#include "linear_operand.h"
#include "linear_products.h"
#include "parallel.h"
#include "simd.h"

namespace leeway {
namespace {

/* dbias[o] += the sum of each block of 512 rows, blocks in order. */
template <class Input, class Sum>
LEEWAY_INLINE void add_strip(int64_t rows, int64_t out, const Input *dy, Sum *dbias, int64_t count) {
    for (int64_t o = 0; o < count; o += lanes) {
        f32x16 total = load_up_to(dbias + o, count - o);
        for (int64_t begin = 0; begin < rows; begin += product_block) {
            const int64_t end = begin + product_block < rows ? begin + product_block : rows;
            f32x16 sum = {};
            for (int64_t n = begin; n < end; n++) sum += load_up_to(dy + n * out + o, count - o);
            total += sum;
        }
        store_up_to(dbias + o, total, count - o);
    }
}

LEEWAY_CLONES void add_strip_of(int64_t rows, int64_t out, const float *dy, float *dbias, int64_t count) {
    add_strip(rows, out, dy, dbias, count);
}
LEEWAY_CLONES void add_strip_of(int64_t rows, int64_t out, const float *dy, bf16 *dbias, int64_t count) {
    add_strip(rows, out, dy, dbias, count);
}
LEEWAY_CLONES void add_strip_of(int64_t rows, int64_t out, const bf16 *dy, float *dbias, int64_t count) {
    add_strip(rows, out, dy, dbias, count);
}
LEEWAY_CLONES void add_strip_of(int64_t rows, int64_t out, const bf16 *dy, bf16 *dbias, int64_t count) {
    add_strip(rows, out, dy, dbias, count);
}

void add_row_sums(leeway_stream *stream, const leeway_linear_backward_weight_args *args) {
    constexpr int64_t strip = 64;
    const int64_t out = args->out;
    const bool narrow = args->dtype == LEEWAY_BF16, narrow_sum = args->gradient_dtype == LEEWAY_BF16;
    parallel_for(stream, (out + strip - 1) / strip, [=](int64_t index, void *) {
        const int64_t first = index * strip, count = out - first < strip ? out - first : strip;
        const void *dy = offset(args->dy, args->dtype, first);
        void *sum = offset(args->dbias, args->gradient_dtype, first);
        const auto add = [&](const auto *from, auto *to) { add_strip_of(args->rows, out, from, to, count); };
        if (narrow && narrow_sum) add(static_cast<const bf16 *>(dy), static_cast<bf16 *>(sum));
        else if (narrow) add(static_cast<const bf16 *>(dy), static_cast<float *>(sum));
        else if (narrow_sum) add(static_cast<const float *>(dy), static_cast<bf16 *>(sum));
        else add(static_cast<const float *>(dy), static_cast<float *>(sum));
    });
}

}  // namespace
}  // namespace leeway

using namespace leeway;

leeway_status leeway_linear_backward_input(leeway_stream *stream, const leeway_linear_backward_input_args *args) {
    const auto &lora = args->lora;
    LEEWAY_TRY(check(*args));
    if (args->rows == 0) return LEEWAY_OK;
    if (lora.rank > 0) product(stream, linear_dyb(*args));
    if (drops(lora)) {
        product(stream, linear_dropped_dx(*args));
        lora_mask(stream, lora, args->rows, args->in, args->dropped, args->accumulate ? args->dx : nullptr, args->dtype);
    }
    product(stream, linear_dx(*args));
    return LEEWAY_OK;
}

leeway_status leeway_linear_backward_weight(leeway_stream *stream, const leeway_linear_backward_weight_args *args) {
    const auto &lora = args->lora;
    LEEWAY_TRY(check(*args));
    if (args->rows == 0) return LEEWAY_OK;
    const bool da = lora.rank > 0 && args->da, db = lora.rank > 0 && args->db;
    if (args->dweight) product(stream, linear_dweight(*args));
    if (args->dbias) add_row_sums(stream, args);
    if (da && drops(lora)) lora_drop(stream, lora, args->rows, args->in, args->x, args->dtype, args->dropped);
    if (da) product(stream, linear_da(*args));
    if (db) product(stream, linear_db(*args));
    return LEEWAY_OK;
}
