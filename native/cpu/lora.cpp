/* lora.cpp: dropout before the low-rank term, its gradient, and merging the term into the weight.
 *
 *     drop(x)[n,i] = x[n,i] / (1-p) where u(n,i) >= p, else 0        W += scaling * B A
 *
 * u(n,i) = philox(dropout_seed, row_ids[n], i) as uniform in [0,1): a function of the row's identity, not of its place in the batch.
 * Hu et al. 2021, eq. 3; Salmon et al. 2011 for philox. Bytes moved: x read, drop(x) written; W read and written once.
 */
#include "bf16.h"
#include "linear_operand.h"
#include "parallel.h"

namespace leeway {
namespace {

constexpr int64_t rows_per_task = 16;

using u64x8 = uint64_t __attribute__((vector_size(64)));

/* Word 0 of philox(seed, high, low + l) for eight l in 64-bit lanes: philox.h's rounds side by side. low + 7 < 2^32. */
LEEWAY_INLINE u64x8 philox8(uint64_t seed, uint64_t high, uint64_t low) {
    constexpr uint64_t word = 0xffffffffu;
    u64x8 a = u64x8{0, 1, 2, 3, 4, 5, 6, 7} + low, b = {}, c = u64x8{} + (high & word), d = u64x8{} + (high >> 32);
    uint32_t key0 = uint32_t(seed), key1 = uint32_t(seed >> 32);
#pragma GCC unroll 10
    for (int round = 0; round < 10; round++, key0 += 0x9E3779B9u, key1 += 0xBB67AE85u) {
        const u64x8 p = a * 0xD2511F53u, q = c * 0xCD9E8D57u;
        a = (q >> 32) ^ b ^ key0;
        b = q & word;
        c = (p >> 32) ^ d ^ key1;
        d = p & word;
    }
    return a;
}

/* The top 24 bits of word 0 as a number in [0,1), for columns first.. of one row. */
LEEWAY_INLINE f32x16 uniform16(uint64_t seed, uint64_t id, int64_t first) {
    using u32x8 = uint32_t __attribute__((vector_size(32)));
    const u32x8 low = __builtin_convertvector(philox8(seed, id, uint64_t(first)) >> 8, u32x8);
    const u32x8 high = __builtin_convertvector(philox8(seed, id, uint64_t(first) + 8) >> 8, u32x8);
    const u32x16 bits = __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    return __builtin_convertvector(i32x16(bits), f32x16) * 0x1p-24f;
}

/* to = drop(x) of one row, + sum where it is given. */
template <class Input, class Sum>
LEEWAY_INLINE void drop_row(uint64_t seed, uint64_t id, float dropout, int64_t count, const Input *x, const Sum *sum, float *to) {
    for (int64_t i = 0; i < count; i += lanes) {
        const f32x16 kept = select(uniform16(seed, id, i) >= dropout, load_up_to(x + i, count - i) / (1 - dropout), f32x16{});
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
    LEEWAY_TRY(check_sizes("lora_merge", 0, args->in, args->out));
    LEEWAY_CHECK_FLOAT("lora_merge", "dtype", args->dtype);
    leeway_lora merged = lora;
    merged.dropout = 0;
    LEEWAY_TRY(check_lora("lora_merge", merged));
    LEEWAY_CHECK("lora_merge", args->weight != nullptr, "weight must not be NULL");
    if (lora.rank == 0) return LEEWAY_OK;
    const Term term = {by_row(lora.b, lora.rank), by_column(lora.a, args->in), lora.rank, lora.scaling};
    product(stream, dense_product(args->weight, args->dtype, args->out, args->in, true, term));
    return LEEWAY_OK;
}
