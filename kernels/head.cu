/* head.cu: the columns of a language-model head, tile by tile over the vocabulary.
 *
 *     log_prob = z_target - lse    lse = log sum exp z    entropy = lse - sum p z    soft_loss = (sum q) lse - sum q z    arg_max
 *
 * x (M,C), W (V,C), z (M,V) never stored whole. Softmax statistics are row_softmax.h's (Milakov and Gimelshein 2018), sums of q and q z
 * are in double by fixed trees. Bytes moved: W once for 1024 rows, and 4 M V written to and read from the L2 cache once.
 */
#include "head_products.h"
#include "head_tiles.h"

namespace leeway {
namespace {

/* Statistics of a row while its tiles go by. */
struct HeadRow {
    RowSoftmax softmax;
    double soft_z = 0.0; /* sum of q z */
    float target_z = 0.0f;
    int32_t arg_max = 0;
};
static_assert(sizeof(HeadRow) <= size_t(head_row_bytes));

/* The columns from a chunk's first row on. */
struct Columns {
    float *log_prob, *log_sum_exp, *entropy, *soft_loss;
    int32_t *arg_max;
};

/* A block's share of the sum of q z over the tile. */
template <int threads>
__device__ double soft_share(const HeadTargets &t, int64_t row, const HeadTile &tile, const Scaling &scaling, const float *c,
                             const float (&z)[tile_values], unsigned live) {
    const leeway_soft_target &soft = t.soft;
    double share = 0.0;
    if (soft.soft_starts != nullptr)
        for (int64_t e = soft.soft_starts[row] + int64_t(threadIdx.x); e < soft.soft_starts[row + 1]; e += threads) {
            const int64_t at = soft.soft_ids[e] - tile.token;
            if (at < 0 || at >= tile.tokens) continue;
            share += double(soft.soft_values[e]) * double(scaled_logit(capped(c[at], scaling.softcap), scaling.temperature));
        }
    if (soft.soft_uniform == 0.0f) return share;
    LEEWAY_UNROLL for (int i = 0; i < tile_values; i++)
        if (live >> i & 1) share += double(soft.soft_uniform) * double(z[i]);
    return share;
}

/* Adds a tile to the statistics of its rows, a block a row. The first tile starts them. */
template <int threads>
__global__ void __launch_bounds__(threads) add_tile(HeadTile tile, int64_t pitch, const float *logits, Scaling scaling, HeadTargets t,
                                                    Columns columns, HeadRow *rows, const Faults *faults) {
    if (refused(faults)) return;
    const int64_t m = blockIdx.x, row = tile.row + m;
    const float *c = logits + m * pitch;
    float z[tile_values];
    load_tile<threads, 4>(c, tile.tokens, z);
    LEEWAY_UNROLL for (int i = 0; i < tile_values; i++) z[i] = scaled_logit(capped(z[i], scaling.softcap), scaling.temperature);
    const unsigned live = live_values<threads>(tile.tokens, t.allowed, tile.token);
    const RowSoftmax softmax = tile_softmax<threads>(z, live);
    const int largest = columns.arg_max ? tile_arg_max<threads>(z, live, softmax.max) : 0;
    const double soft_z = columns.soft_loss ? block_sum<threads>(soft_share<threads>(t, row, tile, scaling, c, z, live)) : 0.0;
    if (threadIdx.x != 0) return;
    HeadRow sums = tile.token == 0 ? HeadRow() : rows[m];
    if (softmax.max > sums.softmax.max) sums.arg_max = int32_t(tile.token) + largest;
    sums.softmax.add(softmax);
    sums.soft_z += soft_z;
    if (columns.log_prob) {
        const int64_t at = t.targets[row] - tile.token;
        if (at >= 0 && at < tile.tokens) sums.target_z = scaled_logit(capped(c[at], scaling.softcap), scaling.temperature);
    }
    rows[m] = sums;
}

/* A warp a row. */
__global__ void finish_rows(HeadTile chunk, HeadTargets t, Columns columns, const HeadRow *rows, const Faults *faults) {
    if (refused(faults)) return;
    const int64_t m = grid_index() / warp;
    if (m >= chunk.rows) return;
    const HeadRow &row = rows[m];
    const double mass = columns.soft_loss ? soft_mass(t, chunk.row + m) : 0.0;
    if (threadIdx.x % warp != 0) return;
    const double lse = row.softmax.exact_lse();
    if (columns.log_prob) columns.log_prob[m] = log_prob_of(row.target_z, lse);
    if (columns.log_sum_exp) columns.log_sum_exp[m] = row.softmax.lse();
    if (columns.entropy) columns.entropy[m] = row.softmax.entropy();
    if (columns.soft_loss) columns.soft_loss[m] = float(mass * lse - row.soft_z);
    if (columns.arg_max) columns.arg_max[m] = row.arg_max;
}

Columns columns_from(const leeway_head_forward_args &args, int64_t first) {
    auto from = [=](auto *column) { return column ? column + first : nullptr; };
    return {from(args.log_prob), from(args.log_sum_exp), from(args.entropy), from(args.soft_loss), from(args.arg_max)};
}

leeway_status run_tile(leeway_stream *stream, const leeway_head_forward_args &args, const HeadTile &tile, const Operand &x,
                       const HeadTargets &targets, const HeadWorkspace &work) {
    const auto &head = args.distribution;
    const int64_t pitch = head_shape(args).pitch();
    LEEWAY_TRY(product(stream, head_logits_product(head, tile, args.hidden, args.vocabulary, x, work.xa, work.logits, pitch)));
    return with_tile_threads(args.vocabulary, [&](auto threads) {
        return LEEWAY_LAUNCH(stream, add_tile<threads>, unsigned(tile.rows), threads(), 0, tile, pitch, work.logits,
                             Scaling{head.softcap, head.temperature}, targets, columns_from(args, tile.row),
                             static_cast<HeadRow *>(work.rows), stream->faults);
    });
}

leeway_status run_chunk(leeway_stream *stream, const leeway_head_forward_args &args, int64_t first, int64_t count,
                        const HeadTargets &targets, const HeadWorkspace &work) {
    const void *rows = offset(args.x, args.dtype, first * args.hidden);
    const Operand x = by_row(rows, args.dtype, args.hidden);
    Operand inputs;
    LEEWAY_TRY(head_drop(stream, lora_from(args.distribution.lora, first), count, args.hidden, rows, args.dtype, work.dropped, &inputs));
    LEEWAY_TRY(head_low_rank(stream, args.distribution, count, args.hidden, inputs, work.xa));
    for (int64_t token = 0; token < args.vocabulary; token += softmax_tile) {
        const HeadTile tile = {first, count, token, std::min(softmax_tile, args.vocabulary - token)};
        LEEWAY_TRY(run_tile(stream, args, tile, x, targets, work));
    }
    constexpr int threads = 256;
    return LEEWAY_LAUNCH(stream, finish_rows, unsigned(blocks_of(count * warp, int64_t(threads))), threads, 0,
                         HeadTile{first, count, 0, args.vocabulary}, targets, columns_from(args, first),
                         static_cast<const HeadRow *>(work.rows), stream->faults);
}

constexpr HeadSentences sentences = LEEWAY_HEAD_SENTENCES("head_forward");

}  // namespace
}  // namespace leeway

using namespace leeway;

leeway_status leeway_head_forward(leeway_stream *stream, const leeway_head_forward_args *args) {
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "head_forward", {args->rows, args->hidden, args->vocabulary}));
    if (args->rows == 0) return LEEWAY_OK;
    const HeadTargets targets = {args->vocabulary, args->distribution.allowed, args->log_prob ? args->targets : nullptr,
                                 args->soft_loss ? args->soft : leeway_soft_target{}};
    LEEWAY_TRY(check_head_rows(stream, sentences, args->rows, targets));
    const HeadWorkspace work = head_layout(args->workspace, head_shape(*args));
    for (int64_t first = 0; first < args->rows; first += head_chunk)
        LEEWAY_TRY(run_chunk(stream, *args, first, std::min(head_chunk, args->rows - first), targets, work));
    return LEEWAY_OK;
}
