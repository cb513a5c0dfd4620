/* linear_backward.cu: the gradients of y = x W^T + bias + scaling (drop(x) A^T) B^T.
 *
 *     dx = dy W + scaling * mask/(1-p) * ((dy B) A)      dweight += dy^T x      dbias += sum of dy over rows
 *     da += scaling * (dy B)^T drop(x)                   db += scaling * dy^T xa
 *
 * x, dx (N,I), dy (N,O), W (O,I), A (R,I), B (O,R), xa, dyb (N,R). The sums are those of operand.h, k being O for dx and dyb, N for the
 * others: a row of dx depends on that row alone, a weight gradient on the order of the rows only. Bytes moved: as product.cu says; dbias
 * reads dy once.
 */
#include "linear_operand.h"

namespace leeway {
namespace {

constexpr int strips = 8; /* blocks of rows that a thread block sums side by side */

/* dbias[o] += the sum of each block of 512 rows, blocks in order: a warp a block of rows, a lane a column. */
template <class T, class Sum>
__global__ void __launch_bounds__(strips * warp) add_row_sums(int64_t rows, int64_t out, const T *dy, Sum *dbias) {
    LEEWAY_SHARED(float, sums, strips * warp);
    const int strip = threadIdx.x / warp, lane = threadIdx.x % warp;
    const int64_t o = int64_t(blockIdx.x) * warp + lane;
    float total = strip == 0 && o < out ? widen(dbias[o]) : 0.0f;
    for (int64_t begin = 0; begin < rows; begin += strips * product_block) {
        const int64_t first = begin + strip * product_block, end = min(rows, first + product_block);
        float sum = 0.0f;
        if (o < out) {
            const T *from = dy + first * out + o;
            for (int64_t n = first; n < end; n++, from += out) sum += widen(*from);
        }
        sums[threadIdx.x] = sum;
        __syncthreads();
        const int blocks = int(min(int64_t(strips), blocks_of(rows - begin, product_block)));
        if (strip == 0)
            for (int b = 0; b < blocks; b++) total += sums[b * warp + lane];
        __syncthreads();
    }
    if (strip == 0 && o < out) dbias[o] = narrow<Sum>(total);
}

leeway_status add_dbias(leeway_stream *stream, const leeway_linear_backward_weight_args &args) {
    return with_type(args.dtype, [&](auto type) {
        return with_type(args.gradient_dtype, [&](auto sum_type) {
            using T = decltype(type);
            using Sum = decltype(sum_type);
            return LEEWAY_LAUNCH(stream, (add_row_sums<T, Sum>), unsigned(blocks_of(args.out, int64_t(warp))), strips * warp, 0, args.rows,
                                 args.out, static_cast<const T *>(args.dy), static_cast<Sum *>(args.dbias));
        });
    });
}

}  // namespace
}  // namespace leeway

using namespace leeway;

leeway_status leeway_linear_backward_input(leeway_stream *stream, const leeway_linear_backward_input_args *args) {
    const auto &lora = args->lora;
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "linear_backward_input", {args->rows, args->in, args->out, lora.rank}));
    if (args->rows == 0) return LEEWAY_OK;
    const Operand dy = by_row(args->dy, args->dtype, args->out);
    Product job = dense_product(args->dx, args->dtype, args->rows, args->in, args->accumulate == 1,
                                {dy, weight_plain(args->weight, 0, args->in), args->out});
    if (lora.rank > 0) {
        const Term dyb = {dy, by_column(lora.b, lora.rank), args->out};
        LEEWAY_TRY(product(stream, dense_product(args->dyb, args->rows, lora.rank, false, dyb)));
        const Term low_rank = {by_row(args->dyb, lora.rank), by_column(lora.a, args->in), lora.rank, lora.scaling};
        if (drops(lora)) {
            LEEWAY_TRY(product(stream, dense_product(args->dropped, args->rows, args->in, false, low_rank)));
            LEEWAY_TRY(lora_mask(stream, lora, args->rows, args->in, args->dropped, job.accumulate ? args->dx : nullptr, args->dtype));
            job.base = args->dropped;
        } else {
            job.term[1] = low_rank;
            job.terms = 2;
        }
    }
    return product(stream, job);
}

leeway_status leeway_linear_backward_weight(leeway_stream *stream, const leeway_linear_backward_weight_args *args) {
    const auto &lora = args->lora;
    LEEWAY_TRY(check(*args));
    const int64_t rows = args->rows, in = args->in, out = args->out, rank = lora.rank;
    LEEWAY_TRY(begin(stream, "linear_backward_weight", {rows, in, out, rank}));
    if (rows == 0) return LEEWAY_OK;
    const bool da = rank > 0 && args->da, db = rank > 0 && args->db, drop = da && drops(lora);
    const Operand dy = by_column(args->dy, args->dtype, out), x = by_column(args->x, args->dtype, in);
    if (args->dweight) LEEWAY_TRY(product(stream, dense_product(args->dweight, args->gradient_dtype, out, in, true, {dy, x, rows})));
    if (args->dbias) LEEWAY_TRY(add_dbias(stream, *args));
    if (drop) LEEWAY_TRY(lora_drop(stream, lora, rows, in, args->x, args->dtype, args->dropped));
    const Operand inputs = drop ? by_column(args->dropped, in) : x;
    if (da) {
        const Term term = {by_column(args->dyb, rank), inputs, rows, lora.scaling};
        LEEWAY_TRY(product(stream, dense_product(args->da, rank, in, true, term)));
    }
    if (db) {
        const Term term = {dy, by_column(args->xa, rank), rows, lora.scaling};
        LEEWAY_TRY(product(stream, dense_product(args->db, out, rank, true, term)));
    }
    return LEEWAY_OK;
}
