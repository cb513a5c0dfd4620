/* lora.cpp: dropout before the low-rank term, its gradient, and merging the term into the weight.
 *
 *     drop(x)[n,i] = x[n,i] / (1-p) where u(n,i) >= p, else 0        W += scaling * B A
 *
 * u(n,i) = philox(dropout_seed, row_ids[n], i) as uniform in [0,1): a function of the row's identity, not of its place in the batch.
 * Hu et al. 2021, eq. 3; Salmon et al. 2011 for philox. Bytes moved: x read, drop(x) written; W read and written once.
 */
#include <cmath>

#include "linear_operand.h"
#include "parallel.h"
#include "stochastic.h"

namespace leeway {
namespace {

constexpr int64_t rows_per_task = 16;

/* to = drop(x) of one row, + sum where it is given. */
template <class Input, class Sum>
LEEWAY_INLINE void drop_row(uint64_t seed, uint64_t id, float dropout, int64_t count, const Input *x, const Sum *sum, float *to) {
    const i32x16 least = i32x16{} + int32_t(std::ceil(double(dropout) * 0x1p24));  // u is the top 24 bits of a word, over 2^24
    for (int64_t i = 0; i < count; i += lanes) {
        const i32x16 gone = is_less(i32x16(philox_word(seed, id, uint64_t(i)) >> 8), least);
        const f32x16 kept = select(gone, f32x16{}, load_up_to(x + i, count - i) / (1 - dropout));
        store_up_to(to + i, sum ? load_up_to(sum + i, count - i) + kept : kept, count - i);
    }
}

LEEWAY_CLONES void drop(uint64_t seed, uint64_t id, float dropout, int64_t count, const float *x, const float *sum, float *to) {
    drop_row(seed, id, dropout, count, x, sum, to);
}
LEEWAY_CLONES void drop(uint64_t seed, uint64_t id, float dropout, int64_t count, const float *x, const bf16 *sum, float *to) {
    drop_row(seed, id, dropout, count, x, sum, to);
}
LEEWAY_CLONES void drop(uint64_t seed, uint64_t id, float dropout, int64_t count, const bf16 *x, const bf16 *sum, float *to) {
    drop_row(seed, id, dropout, count, x, sum, to);
}

template <class Input, class Sum>
void drop_rows(leeway_stream *stream, const leeway_lora &lora, int64_t rows, int64_t in, const Input *x, const Sum *sum, float *to) {
    parallel_blocks(stream, rows, rows_per_task, [&](int64_t begin, int64_t end) {
        for (int64_t n = begin; n < end; n++)
            drop(lora.dropout_seed, lora.row_ids[n], lora.dropout, in, x + n * in, sum ? sum + n * in : nullptr, to + n * in);
    });
}

}  // namespace

void lora_drop(leeway_stream *stream, const leeway_lora &lora, int64_t rows, int64_t in, const void *x, leeway_dtype dtype,
               float *dropped) {
    if (dtype == LEEWAY_BF16)
        drop_rows<bf16, bf16>(stream, lora, rows, in, static_cast<const bf16 *>(x), nullptr, dropped);
    else
        drop_rows<float, float>(stream, lora, rows, in, static_cast<const float *>(x), nullptr, dropped);
}

void lora_mask(leeway_stream *stream, const leeway_lora &lora, int64_t rows, int64_t in, float *term, const void *sum, leeway_dtype dtype) {
    if (dtype == LEEWAY_BF16)
        drop_rows(stream, lora, rows, in, term, static_cast<const bf16 *>(sum), term);
    else
        drop_rows(stream, lora, rows, in, term, static_cast<const float *>(sum), term);
}

}  // namespace leeway

using namespace leeway;

leeway_status leeway_lora_merge(leeway_stream *stream, const leeway_lora_merge_args *args) {
    const auto &lora = args->lora;
    LEEWAY_TRY(check(*args));
    if (lora.rank == 0) return LEEWAY_OK;
    const Term term = {by_row(lora.b, lora.rank), by_column(lora.a, args->in), lora.rank, lora.scaling};
    product(stream, dense_product(args->weight, args->dtype, args->out, args->in, true, term));
    return LEEWAY_OK;
}
