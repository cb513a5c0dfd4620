/* lora.cu: dropout before the low-rank term, its gradient, and merging the term into the weight.
 *
 *     drop(x)[n,i] = x[n,i] / (1-p) where u(n,i) >= p, else 0        W += scaling * B A
 *
 * u(n,i) = philox(dropout_seed, row_ids[n], i) as uniform in [0,1): a function of the row's identity, not of its place in the batch.
 * Hu et al. 2021, eq. 3; Salmon et al. 2011 for philox. One block a row. Bytes moved: x read, drop(x) written; W read and written once.
 */
#include "linear_operand.h"
#include "philox.h"

namespace leeway {
namespace {

constexpr int threads = 256;

struct Dropout {
    uint64_t seed;
    const uint64_t *row_ids;
    float p;
};

/* to = drop(x) + (sum or 0); to may be x. */
template <class T, class Sum>
__global__ void __launch_bounds__(threads) drop(Dropout dropout, int64_t in, const T *x, const Sum *sum, float *to) {
    const int64_t row = blockIdx.x;
    const uint64_t id = dropout.row_ids[row];
    for (int64_t i = threadIdx.x; i < in; i += threads) {
        const int64_t at = row * in + i;
        const float u = uniform(philox(dropout.seed, id, uint64_t(i)));
        const float kept = u >= dropout.p ? widen(x[at]) / (1 - dropout.p) : 0.0f;
        to[at] = sum ? widen(sum[at]) + kept : kept;
    }
}

template <class T, class Sum>
leeway_status drop_rows(leeway_stream *stream, const leeway_lora &lora, int64_t rows, int64_t in, const T *x, const Sum *sum, float *to) {
    if (rows == 0) return LEEWAY_OK;
    const Dropout dropout = {lora.dropout_seed, lora.row_ids, lora.dropout};
    return LEEWAY_LAUNCH(stream, (drop<T, Sum>), unsigned(rows), threads, 0, dropout, in, x, sum, to);
}

}  // namespace

leeway_status lora_drop(leeway_stream *stream, const leeway_lora &lora, int64_t rows, int64_t in, const void *x, leeway_dtype dtype,
                        float *dropped) {
    return with_type(dtype, [&](auto type) {
        using T = decltype(type);
        return drop_rows<T, T>(stream, lora, rows, in, static_cast<const T *>(x), nullptr, dropped);
    });
}

leeway_status lora_mask(leeway_stream *stream, const leeway_lora &lora, int64_t rows, int64_t in, float *term, const void *sum,
                        leeway_dtype dtype) {
    return with_type(dtype, [&](auto type) {
        return drop_rows(stream, lora, rows, in, term, static_cast<const decltype(type) *>(sum), term);
    });
}

}  // namespace leeway

using namespace leeway;

leeway_status leeway_lora_merge(leeway_stream *stream, const leeway_lora_merge_args *args) {
    const auto &lora = args->lora;
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "lora_merge", {args->in, args->out, lora.rank}));
    if (lora.rank == 0) return LEEWAY_OK;
    const Term term = {by_row(lora.b, lora.rank), by_column(lora.a, args->in), lora.rank, lora.scaling};
    return product(stream, dense_product(args->weight, args->dtype, args->out, args->in, true, term));
}
