/* linear_backward.cpp: the gradients of y = x W^T + bias + scaling (drop(x) A^T) B^T.
 *
 *     dx = dy W + scaling * mask/(1-p) * ((dy B) A)      dweight += dy^T x      dbias += sum of dy over rows
 *     da += scaling * (dy B)^T drop(x)                   db += scaling * dy^T xa
 *
 * x, dx (N,I), dy (N,O), W (O,I), A (R,I), B (O,R), xa, dyb (N,R). The sums are those of product.h, k being O for dx and dyb, N for the
 * others: a row of dx depends on that row alone, a weight gradient on the order of the rows only. Bytes moved: each matrix about once.
 */
#include "linear_operand.h"
#include "parallel.h"

namespace leeway {
namespace {

/* dbias[o] += the sum of each block of 512 rows, blocks in order. */
void add_row_sums(leeway_stream *stream, int64_t rows, int64_t out, const float *dy, float *dbias) {
    constexpr int64_t strip = 64;
    parallel_for(stream, (out + strip - 1) / strip, [=](int64_t index, void *) {
        const int64_t first = index * strip, count = out - first < strip ? out - first : strip;
        for (int64_t begin = 0; begin < rows; begin += product_block) {
            const int64_t end = begin + product_block < rows ? begin + product_block : rows;
            float sum[strip] = {};
            for (int64_t n = begin; n < end; n++)
                for (int64_t o = 0; o < count; o++) sum[o] += dy[n * out + first + o];
            for (int64_t o = 0; o < count; o++) dbias[first + o] += sum[o];
        }
    });
}

}  // namespace
}  // namespace leeway

using namespace leeway;

leeway_status leeway_linear_backward_input(leeway_stream *stream, const leeway_linear_backward_input_args *args) {
    const auto &lora = args->lora;
    LEEWAY_TRY(check_sizes("linear_backward_input", args->rows, args->in, args->out));
    LEEWAY_CHECK_F32("linear_backward_input", "dtype", args->dtype);
    LEEWAY_TRY(check_weight("linear_backward_input", args->weight, args->in, args->out));
    LEEWAY_TRY(check_lora("linear_backward_input", lora));
    LEEWAY_CHECK("linear_backward_input", args->accumulate == 0 || args->accumulate == 1, "accumulate must be 0 or 1, got %d",
                 args->accumulate);
    if (args->rows == 0) return LEEWAY_OK;
    LEEWAY_CHECK("linear_backward_input", args->dy && args->dx, "dy and dx must not be NULL");
    LEEWAY_CHECK("linear_backward_input", lora.rank == 0 || args->dyb, "dyb must not be NULL with rank %lld", (long long)lora.rank);
    const bool drops = lora.rank > 0 && lora.dropout > 0;
    LEEWAY_CHECK("linear_backward_input", !drops || args->dropped, "dropped must not be NULL with dropout %g", double(lora.dropout));

    auto *dx = static_cast<float *>(args->dx);
    const Operand dy = by_row(args->dy, args->out);
    Product job = dense_product(dx, args->rows, args->in, args->accumulate == 1, {dy, weight_plain(args->weight, 0, args->in), args->out});
    if (lora.rank > 0) {
        product(stream, dense_product(args->dyb, args->rows, lora.rank, false, {dy, by_column(lora.b, lora.rank), args->out}));
        const Term low_rank = {by_row(args->dyb, lora.rank), by_column(lora.a, args->in), lora.rank, lora.scaling};
        if (drops) {
            product(stream, dense_product(args->dropped, args->rows, args->in, false, low_rank));
        } else {
            job.term[1] = low_rank;
            job.terms = 2;
        }
    }
    product(stream, job);
    if (drops) lora_add_masked(stream, lora, args->rows, args->in, args->dropped, dx);
    return LEEWAY_OK;
}

leeway_status leeway_linear_backward_weight(leeway_stream *stream, const leeway_linear_backward_weight_args *args) {
    const auto &lora = args->lora;
    LEEWAY_TRY(check_sizes("linear_backward_weight", args->rows, args->in, args->out));
    LEEWAY_CHECK_F32("linear_backward_weight", "dtype", args->dtype);
    LEEWAY_CHECK_F32("linear_backward_weight", "gradient_dtype", args->gradient_dtype);
    LEEWAY_TRY(check_lora("linear_backward_weight", lora));
    const bool da = lora.rank > 0 && args->da, db = lora.rank > 0 && args->db;
    if (args->rows == 0) return LEEWAY_OK;
    LEEWAY_CHECK("linear_backward_weight", args->x || !(args->dweight || da), "x must not be NULL with dweight or da");
    LEEWAY_CHECK("linear_backward_weight", args->dy || !(args->dweight || args->dbias || db),
                 "dy must not be NULL with dweight, dbias or db");
    LEEWAY_CHECK("linear_backward_weight", !da || args->dyb, "da needs dyb of linear_backward_input");
    LEEWAY_CHECK("linear_backward_weight", !db || args->xa, "db needs xa of linear_forward");
    const bool drops = da && lora.dropout > 0;
    LEEWAY_CHECK("linear_backward_weight", !drops || args->dropped, "dropped must not be NULL with dropout %g", double(lora.dropout));

    const int64_t rows = args->rows, in = args->in, out = args->out, rank = lora.rank;
    const auto *x = static_cast<const float *>(args->x);
    const auto *dy = static_cast<const float *>(args->dy);
    auto *dweight = static_cast<float *>(args->dweight);
    const Operand dy_columns = by_column(dy, out);
    if (dweight) product(stream, dense_product(dweight, out, in, true, {dy_columns, by_column(x, in), rows}));
    if (args->dbias) add_row_sums(stream, rows, out, dy, static_cast<float *>(args->dbias));
    if (drops) lora_drop(stream, lora, rows, in, x, args->dropped);
    const Operand inputs = by_column(drops ? args->dropped : x, in);
    if (da) product(stream, dense_product(args->da, rank, in, true, {by_column(args->dyb, rank), inputs, rows, lora.scaling}));
    if (db) product(stream, dense_product(args->db, out, rank, true, {dy_columns, by_column(args->xa, rank), rows, lora.scaling}));
    return LEEWAY_OK;
}
