/* head_backward.cu: the gradients of the head's columns (formulas in head.h).
 *
 *     dz = p (w_lse - w_log_prob - w_entropy (log p + H) + w_soft sum q) + w_log_prob 1_target - w_soft q
 *     da = dz (softcap > 0 ? 1 - (c/softcap)^2 : 1) / temperature
 *
 * with log p = z - lse. The logits of a chunk and tile are recomputed by the forward's product, da replaces them (rounded to bf16 where x
 * is bf16), and three products use it: dx += da W (k = tokens, in order over the tiles, so a row depends on itself alone), dweight += da^T
 * x and the low-rank ones (k = rows, chunk by chunk). Bytes moved: W twice and dweight twice for 1024 rows, and 20 M V in the L2 cache.
 */
#include "head_products.h"
#include "head_tiles.h"

namespace leeway {
namespace {

/* The columns' derivatives and what else is known of all rows; NULL: 0. */
struct Columns {
    const float *log_prob, *lse, *entropy, *soft; /* derivatives */
    const float *log_sum_exp, *h;
};

__device__ inline float element(const float *column, int64_t m) { return column ? column[m] : 0.0f; }

/* A warp a row of the chunk. */
__global__ void weigh_rows(HeadTile chunk, HeadTargets t, Columns columns, HeadRowWeights *rows, const Faults *faults) {
    if (refused(faults)) return;
    const int64_t m = grid_index() / warp, row = chunk.row + m;
    if (m >= chunk.rows) return;
    const double mass = columns.soft ? soft_mass(t, row) : 0.0;
    if (threadIdx.x % warp != 0) return;
    HeadRowWeights w = {element(columns.log_prob, row), element(columns.entropy, row), element(columns.soft, row), columns.log_sum_exp[row],
                    element(columns.h, row), 0.0f, 0.0f};
    w.constant = float(double(element(columns.lse, row)) - double(w.log_prob) + double(w.soft) * mass);
    w.uniform = columns.soft ? w.soft * t.soft.soft_uniform : 0.0f;
    rows[m] = w;
}

/* da/dz of head.h. */
__device__ inline float slope(float c, const Scaling &scaling) {
    if (!(scaling.softcap > 0.0f)) return 1.0f / scaling.temperature;
    const float t = c / scaling.softcap;
    return (1.0f - t * t) / scaling.temperature;
}

/* da of the token at a place of the tile += dz * slope, by the thread that holds it. */
template <int threads>
__device__ void add_entry(float dz, int at, const Scaling &scaling, const float (&c)[tile_values], float (&da)[tile_values]) {
    if (at / 4 % threads != int(threadIdx.x)) return;
    LEEWAY_UNROLL for (int i = 0; i < tile_values; i++)
        if (tile_place<threads>(i) == at) da[i] += dz * slope(c[i], scaling);
}

/* The entries of the target and of soft_ids. */
template <int threads>
__device__ void add_entries(const HeadTargets &t, int64_t row, const HeadTile &tile, const HeadRowWeights &w, const Scaling &scaling,
                            const float (&c)[tile_values], float (&da)[tile_values]) {
    auto inside = [&](int64_t at) { return at >= 0 && at < tile.tokens; };
    if (t.targets != nullptr)
        if (const int64_t at = t.targets[row] - tile.token; inside(at)) add_entry<threads>(w.log_prob, int(at), scaling, c, da);
    if (t.soft.soft_starts == nullptr) return;
    for (int64_t e = t.soft.soft_starts[row]; e < t.soft.soft_starts[row + 1]; e++)
        if (const int64_t at = t.soft.soft_ids[e] - tile.token; inside(at))
            add_entry<threads>(-w.soft * t.soft.soft_values[e], int(at), scaling, c, da);
}

/* Logits become da, a block a row; da of T begins where the row's logits did. Where the call was refused they become 0, so that the
 * products behind add nothing to a gradient. */
template <class T, int threads>
__global__ void __launch_bounds__(threads, 2) make_da(HeadTile tile, int64_t pitch, float *logits, Scaling scaling, HeadTargets t,
                                                   const HeadRowWeights *rows, const Faults *faults) {
    const int64_t m = blockIdx.x;
    float *row = logits + m * pitch;
    float c[tile_values], da[tile_values] = {};
    load_tile<threads, 4>(row, tile.tokens, c);
    if (!refused(faults)) {
        const HeadRowWeights w = rows[m];
        const unsigned live = live_values<threads>(tile.tokens, t.allowed, tile.token);
        LEEWAY_UNROLL for (int i = 0; i < tile_values; i++) {
            c[i] = capped(c[i], scaling.softcap);
            const float log_p = scaled_logit(c[i], scaling.temperature) - w.lse;
            const float dz = expf(log_p) * (w.constant - w.entropy * (log_p + w.h)) - w.uniform;
            da[i] = live >> i & 1 ? dz * slope(c[i], scaling) : 0.0f;
        }
        add_entries<threads>(t, tile.row + m, tile, w, scaling, c, da);
    }
    __syncthreads();  // narrower numbers overwrite logits of other threads
    store_tile<threads>(reinterpret_cast<T *>(row), tile.tokens, da);
}

/* to = from, rounded. */
template <class T, int n>
__global__ void __launch_bounds__(256) round_to(int64_t count, const float *from, T *to) {
    for (int64_t i = grid_index() * n; i < count; i += grid_stride() * n) store<n>(to + i, load<n>(from + i));
}

leeway_status store_rounded(leeway_stream *stream, int64_t count, const float *from, leeway_dtype dtype, void *to) {
    constexpr int threads = 256;
    return with_type(dtype, [&](auto type) {
        using T = decltype(type);
        auto *y = static_cast<T *>(to);
        if (count % 4 == 0)
            return LEEWAY_LAUNCH(stream, (round_to<T, 4>), grid_for(stream, count / 4, threads), threads, 0, count, from, y);
        return LEEWAY_LAUNCH(stream, (round_to<T, 1>), grid_for(stream, count, threads), threads, 0, count, from, y);
    });
}

/* dx += scaling * mask/(1-p) * (dyb A), over drop(x), which nobody reads any more. */
leeway_status add_low_rank_gradient(leeway_stream *stream, const leeway_head_backward_args &args, const leeway_lora &lora,
                                    const HeadTile &chunk, const HeadWorkspace &work) {
    const int64_t hidden = args.hidden;
    const Term term = {by_row(work.dyb, lora.rank), by_column(lora.a, hidden), lora.rank, lora.scaling};
    if (!drops(lora)) return product(stream, head_dx_product(args, chunk, term, false, true, work));
    void *dx = offset(args.dx, args.dtype, chunk.row * hidden);
    const void *sum = args.dtype == LEEWAY_BF16 ? work.dx : dx;
    LEEWAY_TRY(product(stream, dense_product(work.dropped, chunk.rows, hidden, false, term)));
    LEEWAY_TRY(lora_mask(stream, lora, chunk.rows, hidden, work.dropped, sum, LEEWAY_F32));
    return store_rounded(stream, chunk.rows * hidden, work.dropped, args.dtype, dx);
}

/* The logits of a tile, da in their place, and its products. */
leeway_status run_tile(leeway_stream *stream, const leeway_head_backward_args &args, const HeadTile &tile, const Operand &x,
                       const HeadTargets &targets, const HeadWorkspace &work) {
    const auto &head = args.distribution;
    const int64_t pitch = head_shape(args).pitch();
    LEEWAY_TRY(product(stream, head_logits_product(head, tile, args.hidden, args.vocabulary, x, work.xa, work.logits, pitch)));
    LEEWAY_TRY(with_type(args.dtype, [&](auto type) {
        return with_tile_threads(args.vocabulary, [&](auto threads) {
            return LEEWAY_LAUNCH(stream, (make_da<decltype(type), threads>), unsigned(tile.rows), threads(), 0, tile, pitch, work.logits,
                                 Scaling{head.softcap, head.temperature}, targets, static_cast<const HeadRowWeights *>(work.rows),
                                 stream->faults);
        });
    }));
    const HeadProducts products = head_gradient_products(args, tile, pitch, work);
    for (int i = 0; i < products.count; i++) LEEWAY_TRY(product(stream, products.job[i]));
    return LEEWAY_OK;
}

leeway_status run_chunk(leeway_stream *stream, const leeway_head_backward_args &args, const HeadTile &chunk, const HeadTargets &targets,
                        const HeadWorkspace &work) {
    const int64_t hidden = args.hidden, rank = args.distribution.lora.rank;
    const void *rows = offset(args.x, args.dtype, chunk.row * hidden);
    const leeway_lora lora = lora_from(args.distribution.lora, chunk.row);
    Operand inputs;
    LEEWAY_TRY(head_drop(stream, lora, chunk.rows, hidden, rows, args.dtype, work.dropped, &inputs));
    LEEWAY_TRY(head_low_rank(stream, args.distribution, chunk.rows, hidden, inputs, work.xa));
    const Columns columns = {args.w_log_prob, args.w_lse, args.w_entropy, args.w_soft, args.log_sum_exp, args.entropy};
    constexpr int threads = 256;
    LEEWAY_TRY(LEEWAY_LAUNCH(stream, weigh_rows, unsigned(blocks_of(chunk.rows * warp, int64_t(threads))), threads, 0, chunk, targets,
                             columns, static_cast<HeadRowWeights *>(work.rows), stream->faults));
    for (int64_t token = 0; token < args.vocabulary; token += softmax_tile) {
        const HeadTile tile = {chunk.row, chunk.rows, token, std::min(softmax_tile, args.vocabulary - token)};
        LEEWAY_TRY(run_tile(stream, args, tile, by_row(rows, args.dtype, hidden), targets, work));
    }
    if (rank == 0) return LEEWAY_OK;
    if (args.lora_da) {
        inputs.lane_stride = 1, inputs.k_stride = hidden;
        const Term term = {by_column(work.dyb, rank), inputs, chunk.rows, lora.scaling};
        LEEWAY_TRY(product(stream, dense_product(args.lora_da, rank, hidden, true, term)));
    }
    return add_low_rank_gradient(stream, args, lora, chunk, work);
}

constexpr HeadSentences sentences = LEEWAY_HEAD_SENTENCES("head_backward");

}  // namespace
}  // namespace leeway

using namespace leeway;

leeway_status leeway_head_backward(leeway_stream *stream, const leeway_head_backward_args *args) {
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "head_backward", {args->rows, args->hidden, args->vocabulary}));
    if (args->rows == 0) return LEEWAY_OK;
    const HeadTargets targets = {args->vocabulary, args->distribution.allowed, args->w_log_prob ? args->targets : nullptr,
                                 args->w_soft ? args->soft : leeway_soft_target{}};
    LEEWAY_TRY(check_head_rows(stream, sentences, args->rows, targets));
    const HeadWorkspace work = head_layout(args->workspace, head_shape(*args));
    for (int64_t first = 0; first < args->rows; first += head_chunk)
        LEEWAY_TRY(run_chunk(stream, *args, {first, std::min(head_chunk, args->rows - first), 0, args->vocabulary}, targets, work));
    return LEEWAY_OK;
}
