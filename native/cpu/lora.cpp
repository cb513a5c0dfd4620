/* lora.cpp: dropout before the low-rank term, its gradient, and merging the term into the weight.
 *
 *     drop(x)[n,i] = x[n,i] / (1-p) where u(n,i) >= p, else 0        W += scaling * B A
 *
 * u(n,i) = philox(dropout_seed, row_ids[n], i) as uniform in [0,1): a function of the row's identity, not of its place in the batch.
 * Hu et al. 2021, eq. 3; Salmon et al. 2011 for philox. Bytes moved: x read, drop(x) written; W read and written once.
 */
#include "linear_operand.h"
#include "parallel.h"
#include "philox.h"

namespace leeway {
namespace {

constexpr int64_t rows_per_task = 16;

bool keeps(const leeway_lora &lora, int64_t row, int64_t column) {
    return uniform(philox(lora.dropout_seed, lora.row_ids[row], uint64_t(column))) >= lora.dropout;
}

}  // namespace

void lora_drop(leeway_stream *stream, const leeway_lora &lora, int64_t rows, int64_t in, const float *x, float *dropped) {
    const float kept = 1 - lora.dropout;
    parallel_blocks(stream, rows, rows_per_task, [&](int64_t begin, int64_t end) {
        for (int64_t n = begin; n < end; n++)
            for (int64_t i = 0; i < in; i++) dropped[n * in + i] = keeps(lora, n, i) ? x[n * in + i] / kept : 0;
    });
}

void lora_add_masked(leeway_stream *stream, const leeway_lora &lora, int64_t rows, int64_t in, const float *term, float *sum) {
    const float kept = 1 - lora.dropout;
    parallel_blocks(stream, rows, rows_per_task, [&](int64_t begin, int64_t end) {
        for (int64_t n = begin; n < end; n++)
            for (int64_t i = 0; i < in; i++) sum[n * in + i] += keeps(lora, n, i) ? term[n * in + i] / kept : 0;
    });
}

}  // namespace leeway

using namespace leeway;

leeway_status leeway_lora_merge(leeway_stream *stream, const leeway_lora_merge_args *args) {
    const auto &lora = args->lora;
    LEEWAY_TRY(check_sizes("lora_merge", 0, args->in, args->out));
    LEEWAY_CHECK_F32("lora_merge", "dtype", args->dtype);
    leeway_lora merged = lora;
    merged.dropout = 0;
    LEEWAY_TRY(check_lora("lora_merge", merged));
    LEEWAY_CHECK("lora_merge", args->weight != nullptr, "weight must not be NULL");
    if (lora.rank == 0) return LEEWAY_OK;
    const Term term = {by_row(lora.b, lora.rank), by_column(lora.a, args->in), lora.rank, lora.scaling};
    product(stream, dense_product(static_cast<float *>(args->weight), args->out, args->in, true, term));
    return LEEWAY_OK;
}
