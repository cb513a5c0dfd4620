/* head.cpp: the columns of a language-model head, tile by tile over the vocabulary.
 *
 *     log_prob = z_target - lse    lse = log sum exp z    entropy = lse - sum p z    soft_loss = (sum q) lse - sum q z    arg_max
 *
 * x (M,C), W (V,C), z (M,V) never stored whole. Softmax statistics are row_softmax.h's (Milakov and Gimelshein 2018), sums of q and q z
 * are in double: entries in their order, then the uniform part tile by tile. Bytes moved: W once for 512 rows, and 4 M V written to and
 * read from cache.
 */
#include <algorithm>

#include "head_tiles.h"
#include "parallel.h"
#include "simd.h"

namespace leeway {

const int64_t head_chunk = product_block;
namespace {

/* Sum of z over the tile's allowed tokens. */
LEEWAY_CLONES double sum_logits(const float *c, int64_t count, float temperature, const uint32_t *allowed, int64_t first) {
    Sum16 sum;
    for (int64_t i = 0; i < count; i += lanes) {
        f32x16 z = load_up_to(c + i, count - i) / temperature;
        if (allowed != nullptr)
            for (int64_t l = 0; l < lanes && i + l < count; l++)
                if (!is_allowed(allowed, first + i + l)) z[l] = 0;
        sum.add(z);
    }
    return sum.total();
}

/* The lowest token of the tile whose z is max. */
int32_t find_token(const float *c, const HeadTile &tile, float temperature, const uint32_t *allowed, float max) {
    for (int64_t i = 0; i < tile.tokens; i++)
        if (scaled_logit(c[i], temperature) == max && is_allowed(allowed, tile.token + i)) return int32_t(tile.token + i);
    return 0;
}

void start_row(const leeway_head_forward_args *args, int64_t m, int64_t allowed_tokens, HeadRow &row) {
    row = {.softmax = {}, .soft_mass = 0, .soft_z = 0, .target_z = 0, .arg_max = 0};
    if (args->soft_loss == nullptr) return;
    row.soft_mass = soft_entries_mass(args->soft, m) + double(args->soft.soft_uniform) * double(allowed_tokens);
}

void add_tile(const leeway_head_forward_args *args, int64_t m, const HeadTile &tile, const float *c, HeadRow &row) {
    const auto &head = args->distribution;
    const float before = row.softmax.max;
    row.softmax.add_tile(c, tile.tokens, head.temperature, head.allowed, tile.token);
    if (args->arg_max && row.softmax.max > before) row.arg_max = find_token(c, tile, head.temperature, head.allowed, row.softmax.max);
    if (args->log_prob) {
        const int64_t at = args->targets[m] - tile.token;
        if (at >= 0 && at < tile.tokens) row.target_z = scaled_logit(c[at], head.temperature);
    }
    if (args->soft_loss == nullptr) return;
    const auto &soft = args->soft;
    if (soft.soft_starts != nullptr)
        for (int64_t e = soft.soft_starts[m]; e < soft.soft_starts[m + 1]; e++) {
            const int64_t at = soft.soft_ids[e] - tile.token;
            if (at >= 0 && at < tile.tokens) row.soft_z += double(soft.soft_values[e]) * double(scaled_logit(c[at], head.temperature));
        }
    if (soft.soft_uniform != 0)
        row.soft_z += double(soft.soft_uniform) * sum_logits(c, tile.tokens, head.temperature, head.allowed, tile.token);
}

void finish_row(const leeway_head_forward_args *args, int64_t m, const HeadRow &row) {
    if (args->log_prob) args->log_prob[m] = row.softmax.log_prob(row.target_z);
    if (args->log_sum_exp) args->log_sum_exp[m] = row.softmax.lse();
    if (args->entropy) args->entropy[m] = row.softmax.entropy();
    if (args->soft_loss) args->soft_loss[m] = float(row.soft_mass * row.softmax.exact_lse() - row.soft_z);
    if (args->arg_max) args->arg_max[m] = row.arg_max;
}

void run_chunk(leeway_stream *stream, const leeway_head_forward_args *args, int64_t first, int64_t count, int64_t allowed_tokens,
               const HeadWorkspace &work) {
    const void *rows = offset(args->x, args->dtype, first * args->hidden);
    const Operand x = by_row(rows, args->dtype, args->hidden);
    const leeway_lora lora = lora_from(args->distribution.lora, first);
    head_low_rank(stream, args->distribution, count, args->hidden,
                  head_drop(stream, lora, count, args->hidden, rows, args->dtype, work.dropped), work.xa);
    auto *statistics = static_cast<HeadRow *>(work.rows);
    for (int64_t m = 0; m < count; m++) start_row(args, first + m, allowed_tokens, statistics[m]);
    for (int64_t token = 0; token < args->vocabulary; token += softmax_tile) {
        const HeadTile tile = {first, count, token, std::min(softmax_tile, args->vocabulary - token)};
        head_tile_logits(stream, args->distribution, tile, args->hidden, args->vocabulary, x, work.xa, work.logits, tile.tokens);
        parallel_for(stream, count,
                     [&](int64_t m, void *) { add_tile(args, first + m, tile, work.logits + m * tile.tokens, statistics[m]); });
    }
    for (int64_t m = 0; m < count; m++) finish_row(args, first + m, statistics[m]);
}

}  // namespace
}  // namespace leeway

using namespace leeway;

leeway_status leeway_head_forward(leeway_stream *stream, const leeway_head_forward_args *args) {
    LEEWAY_TRY(check(*args));
    if (args->rows == 0) return LEEWAY_OK;
    LEEWAY_TRY(check_head_rows("head_forward", args, args->log_prob, args->soft_loss));
    const HeadWorkspace work = head_layout(args->workspace, head_shape(*args));
    const int64_t allowed_tokens = count_allowed(args->vocabulary, args->distribution.allowed);
    for (int64_t first = 0; first < args->rows; first += head_chunk)
        run_chunk(stream, args, first, std::min(head_chunk, args->rows - first), allowed_tokens, work);
    return LEEWAY_OK;
}
