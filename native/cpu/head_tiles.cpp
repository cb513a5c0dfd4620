/* head_tiles.cpp: see head_tiles.h; and head_logits, head_workspace. */
#include "head_tiles.h"

#include <algorithm>
#include <bit>

#include "head_products.h"
#include "parallel.h"

namespace leeway {

leeway_status check_allowed(const char *op, int64_t vocabulary, const uint32_t *allowed) {
    if (count_allowed(vocabulary, allowed) == 0) return fail(LEEWAY_BAD_DATA, "%s: allowed has no token of the vocabulary", op);
    return LEEWAY_OK;
}

leeway_status check_targets(const char *op, int64_t rows, int64_t vocabulary, const int32_t *targets, const uint32_t *allowed) {
    for (int64_t m = 0; m < rows; m++) {
        const int32_t target = targets[m];
        if (target < 0 || target >= vocabulary)
            return fail(LEEWAY_BAD_DATA, "%s: the target of row %lld is %d, outside the vocabulary of %lld tokens", op, (long long)m,
                        target, (long long)vocabulary);
        if (!is_allowed(allowed, target))
            return fail(LEEWAY_BAD_DATA, "%s: the target of row %lld, token %d, is not allowed", op, (long long)m, target);
    }
    return LEEWAY_OK;
}

leeway_status check_soft(const char *op, int64_t rows, int64_t vocabulary, const leeway_soft_target &soft, const uint32_t *allowed) {
    if (soft.soft_starts == nullptr) return LEEWAY_OK;
    if (soft.soft_starts[0] < 0) return fail(LEEWAY_BAD_DATA, "%s: soft_starts[0] is %d", op, soft.soft_starts[0]);
    for (int64_t m = 0; m < rows; m++)
        if (soft.soft_starts[m + 1] < soft.soft_starts[m])
            return fail(LEEWAY_BAD_DATA, "%s: soft_starts falls from %d to %d behind row %lld", op, soft.soft_starts[m],
                        soft.soft_starts[m + 1], (long long)m);
    if (soft.soft_starts[rows] > soft.soft_starts[0] && (soft.soft_ids == nullptr || soft.soft_values == nullptr))
        return fail(LEEWAY_BAD_ARGUMENT, "%s: soft_ids and soft_values must not be NULL with soft_starts", op);
    for (int64_t m = 0; m < rows; m++)
        for (int64_t e = soft.soft_starts[m]; e < soft.soft_starts[m + 1]; e++) {
            const int32_t id = soft.soft_ids[e];
            if (id < 0 || id >= vocabulary)
                return fail(LEEWAY_BAD_DATA, "%s: soft entry %lld of row %lld is token %d, outside the vocabulary of %lld tokens", op,
                            (long long)e, (long long)m, id, (long long)vocabulary);
            if (!is_allowed(allowed, id))
                return fail(LEEWAY_BAD_DATA, "%s: soft entry %lld of row %lld, token %d, is not allowed", op, (long long)e, (long long)m,
                            id);
        }
    return LEEWAY_OK;
}

int64_t count_allowed(int64_t vocabulary, const uint32_t *allowed) {
    if (allowed == nullptr) return vocabulary;
    int64_t count = 0;
    for (int64_t word = 0; word < vocabulary / 32; word++) count += std::popcount(allowed[word]);
    for (int64_t token = vocabulary / 32 * 32; token < vocabulary; token++) count += is_allowed(allowed, token);
    return count;
}

double soft_entries_mass(const leeway_soft_target &soft, int64_t row) {
    double mass = 0;
    if (soft.soft_starts != nullptr)
        for (int64_t e = soft.soft_starts[row]; e < soft.soft_starts[row + 1]; e++) mass += double(soft.soft_values[e]);
    return mass;
}

Operand head_drop(leeway_stream *stream, const leeway_lora &lora, int64_t rows, int64_t hidden, const void *x, leeway_dtype dtype,
                  float *dropped) {
    if (lora.rank == 0 || lora.dropout == 0) return by_row(x, dtype, hidden);
    lora_drop(stream, lora, rows, hidden, x, dtype, dropped);
    return by_row(dropped, hidden);
}

void head_low_rank(leeway_stream *stream, const leeway_distribution &head, int64_t rows, int64_t hidden, const Operand &x, float *xa) {
    const int64_t rank = head.lora.rank;
    if (rank == 0) return;
    product(stream, dense_product(xa, rows, rank, false, {x, by_row(head.lora.a, hidden), hidden}));
}

void head_tile_logits(leeway_stream *stream, const leeway_distribution &head, const HeadTile &tile, int64_t hidden, int64_t vocabulary,
                      const Operand &x, const float *xa, float *c, int64_t stride) {
    product(stream, head_logits_product(head, tile, hidden, vocabulary, x, xa, c, stride));
    if (head.softcap > 0)
        parallel_for(stream, tile.rows, [&](int64_t m, void *) { softcap_logits(c + m * stride, tile.tokens, head.softcap); });
}

}  // namespace leeway

using namespace leeway;

leeway_status leeway_head_workspace(leeway_stream *, const leeway_head_workspace_args *args) {
    LEEWAY_TRY(check(*args));
    *args->bytes = head_workspace_bytes(*args);
    return LEEWAY_OK;
}

leeway_status leeway_head_logits(leeway_stream *stream, const leeway_head_logits_args *args) {
    LEEWAY_TRY(check(*args));
    const leeway_distribution head = without_dropout(args->distribution);
    const Operand x = by_row(args->x, args->dtype, args->hidden);
    head_low_rank(stream, head, args->rows, args->hidden, x, args->xa);
    head_tile_logits(stream, head, {0, args->rows, 0, args->vocabulary}, args->hidden, args->vocabulary, x, args->xa, args->logits,
                     args->vocabulary);
    return LEEWAY_OK;
}
