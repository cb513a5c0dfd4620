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
#include "linear_products.h"

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
    if (lora.rank > 0) LEEWAY_TRY(product(stream, linear_dyb(*args)));
    if (drops(lora)) {
        LEEWAY_TRY(product(stream, linear_dropped_dx(*args)));
        LEEWAY_TRY(lora_mask(stream, lora, args->rows, args->in, args->dropped, args->accumulate ? args->dx : nullptr, args->dtype));
    }
    return product(stream, linear_dx(*args));
}

leeway_status leeway_linear_backward_weight(leeway_stream *stream, const leeway_linear_backward_weight_args *args) {
    const auto &lora = args->lora;
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "linear_backward_weight", {args->rows, args->in, args->out, lora.rank}));
    if (args->rows == 0) return LEEWAY_OK;
    const bool da = lora.rank > 0 && args->da, db = lora.rank > 0 && args->db;
    if (args->dweight) LEEWAY_TRY(product(stream, linear_dweight(*args)));
    if (args->dbias) LEEWAY_TRY(add_dbias(stream, *args));
    if (da && drops(lora)) LEEWAY_TRY(lora_drop(stream, lora, args->rows, args->in, args->x, args->dtype, args->dropped));
    if (da) LEEWAY_TRY(product(stream, linear_da(*args)));
    if (db) LEEWAY_TRY(product(stream, linear_db(*args)));
    return LEEWAY_OK;
}
