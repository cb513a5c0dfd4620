/* head_backward.cpp: the gradients of the head's columns (formulas in head.h).
 *
 *     dz = p (w_lse - w_log_prob - w_entropy (log p + H) + w_soft sum q) + w_log_prob 1_target - w_soft q
 *     da = dz (softcap > 0 ? 1 - (c/softcap)^2 : 1) / temperature
 *
 * with log p = z - lse. The logits of a chunk and tile are recomputed by the forward's product, da replaces them (rounded to bf16 where x
 * is bf16), and three products use it: dx += da W (k = tokens, in order over the tiles, so a row depends on itself alone), dweight += da^T
 * x and the low-rank ones (k = rows, chunk by chunk). Bytes moved: W twice and dweight twice for 512 rows, and 12 M V in cache.
 */
#include <algorithm>

#include "bf16.h"
#include "head_products.h"
#include "head_tiles.h"
#include "parallel.h"

namespace leeway {
namespace {

HeadRowWeights row_weights(const leeway_head_backward_args *args, int64_t m, int64_t allowed_tokens) {
    auto at = [m](const float *column) { return column ? column[m] : 0.0f; };
    HeadRowWeights w = {at(args->w_log_prob), at(args->w_entropy), at(args->w_soft), args->log_sum_exp[m], at(args->entropy), 0, 0};
    double constant = double(at(args->w_lse)) - double(w.log_prob);
    if (args->w_soft) {
        const double mass = soft_entries_mass(args->soft, m) + double(args->soft.soft_uniform) * double(allowed_tokens);
        constant += double(w.soft) * mass;
        w.uniform = w.soft * args->soft.soft_uniform;
    }
    w.constant = float(constant);
    return w;
}

/* da/dz of head.h. */
LEEWAY_INLINE f32x16 slope(f32x16 c, float softcap, float temperature) {
    if (!(softcap > 0)) return splat(1.0f) / temperature;
    const f32x16 t = c / softcap;
    return (1.0f - t * t) / temperature;
}

LEEWAY_INLINE f32x16 keep_allowed(f32x16 value, const uint32_t *allowed, int64_t first, int64_t count) {
    if (allowed != nullptr)
        for (int64_t l = 0; l < lanes && l < count; l++)
            if (!is_allowed(allowed, first + l)) value[l] = 0;
    return value;
}

/* da of all tokens, without the entries of the target and of soft_ids. */
LEEWAY_CLONES void dense_gradient(const HeadRowWeights &w, const leeway_distribution &head, const HeadTile &tile, const float *c,
                                  float *da) {
    for (int64_t i = 0; i < tile.tokens; i += lanes) {
        const f32x16 logits = load_up_to(c + i, tile.tokens - i);
        const f32x16 log_p = logits / head.temperature - w.lse;
        const f32x16 dz = vexp(log_p) * (w.constant - w.entropy * (log_p + w.h)) - w.uniform;
        const f32x16 value = dz * slope(logits, head.softcap, head.temperature);
        store_up_to(da + i, keep_allowed(value, head.allowed, tile.token + i, tile.tokens - i), tile.tokens - i);
    }
}

/* da[at] += dz * slope, for one token. */
void add_entry(float dz, const leeway_distribution &head, const float *c, int64_t at, float *da) {
    da[at] += dz * slope(splat(c[at]), head.softcap, head.temperature)[0];
}

/* to may be where the row is. */
LEEWAY_CLONES void narrow_row(const float *row, bf16 *to, int64_t count) {
    for (int64_t i = 0; i < count; i += lanes) {
        const f32x16 values = load_up_to(row + i, count - i);
        store_up_to(to + i, values, count - i);
    }
}

void row_gradient(const leeway_head_backward_args *args, int64_t m, int64_t allowed_tokens, const HeadTile &tile, float *da, float *c) {
    const HeadRowWeights w = row_weights(args, m, allowed_tokens);
    std::copy_n(da, tile.tokens, c);
    dense_gradient(w, args->distribution, tile, c, da);
    if (args->w_log_prob) {
        const int64_t at = args->targets[m] - tile.token;
        if (at >= 0 && at < tile.tokens) add_entry(w.log_prob, args->distribution, c, at, da);
    }
    if (args->w_soft == nullptr || args->soft.soft_starts == nullptr) return;
    for (int64_t e = args->soft.soft_starts[m]; e < args->soft.soft_starts[m + 1]; e++) {
        const int64_t at = args->soft.soft_ids[e] - tile.token;
        if (at >= 0 && at < tile.tokens) add_entry(-w.soft * args->soft.soft_values[e], args->distribution, c, at, da);
    }
}

/* dx += scaling * mask/(1-p) * (dyb A), over drop(x), which nobody reads any more. */
void add_low_rank_gradient(leeway_stream *stream, const leeway_head_backward_args *args, const leeway_lora &lora, int64_t first,
                           int64_t count, const HeadWorkspace &work) {
    const int64_t hidden = args->hidden;
    const Term term = {by_row(work.dyb, lora.rank), by_column(lora.a, hidden), lora.rank, lora.scaling};
    if (lora.dropout == 0)
        return product(stream, head_dx_product(*args, {first, count, 0, args->vocabulary}, term, false, true, work));
    void *dx = offset(args->dx, args->dtype, first * hidden);
    const bool narrow = args->dtype == LEEWAY_BF16;
    product(stream, dense_product(work.dropped, count, hidden, false, term));
    lora_mask(stream, lora, count, hidden, work.dropped, narrow ? work.dx : dx, LEEWAY_F32);
    parallel_for(stream, count, [&](int64_t m, void *) {
        const float *from = work.dropped + m * hidden;
        if (narrow) narrow_row(from, static_cast<bf16 *>(dx) + m * hidden, hidden);
        else std::copy_n(from, hidden, static_cast<float *>(dx) + m * hidden);
    });
}

void run_chunk(leeway_stream *stream, const leeway_head_backward_args *args, int64_t first, int64_t count, int64_t allowed_tokens,
               const HeadWorkspace &work) {
    const auto &head = args->distribution;
    const int64_t hidden = args->hidden, rank = head.lora.rank;
    const void *rows = offset(args->x, args->dtype, first * hidden);
    const Operand x = by_row(rows, args->dtype, hidden);
    const leeway_lora lora = lora_from(head.lora, first);
    const Operand inputs = head_drop(stream, lora, count, hidden, rows, args->dtype, work.dropped);
    head_low_rank(stream, head, count, hidden, inputs, work.xa);
    for (int64_t token = 0; token < args->vocabulary; token += softmax_tile) {
        const HeadTile tile = {first, count, token, std::min(softmax_tile, args->vocabulary - token)};
        head_tile_logits(stream, head, tile, hidden, args->vocabulary, x, work.xa, work.logits, tile.tokens);
        parallel_for(stream, count, [&](int64_t m, void *scratch) {
            float *da = work.logits + m * tile.tokens;
            row_gradient(args, first + m, allowed_tokens, tile, da, static_cast<float *>(scratch));
            if (args->dtype == LEEWAY_BF16) narrow_row(da, reinterpret_cast<bf16 *>(da), tile.tokens);
        });
        const HeadProducts products = head_gradient_products(*args, tile, tile.tokens, work);
        for (int i = 0; i < products.count; i++) product(stream, products.job[i]);
    }
    if (rank == 0) return;
    if (args->lora_da) {
        const Term term = {by_column(work.dyb, rank), by_column(inputs.data, inputs.dtype, hidden), count, lora.scaling};
        product(stream, dense_product(args->lora_da, rank, hidden, true, term));
    }
    add_low_rank_gradient(stream, args, lora, first, count, work);
}

}  // namespace
}  // namespace leeway

using namespace leeway;

leeway_status leeway_head_backward(leeway_stream *stream, const leeway_head_backward_args *args) {
    LEEWAY_TRY(check(*args));
    if (args->rows == 0) return LEEWAY_OK;
    LEEWAY_TRY(check_head_rows("head_backward", args, args->w_log_prob, args->w_soft));
    const HeadWorkspace work = head_layout(args->workspace, head_shape(*args));
    const int64_t allowed_tokens = count_allowed(args->vocabulary, args->distribution.allowed);
    for (int64_t first = 0; first < args->rows; first += head_chunk)
        run_chunk(stream, args, first, std::min(head_chunk, args->rows - first), allowed_tokens, work);
    return LEEWAY_OK;
}
