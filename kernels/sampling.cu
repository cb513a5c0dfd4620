/* sampling.cu: draws one token a row (sampling.h), and its workspace.
 *
 * First the statistics of every row (row_softmax.h), a block a tile; then a block a row: z from the logits (penalty, temperature, mask),
 * e = exp(z - max), then each processor zeroes the e it drops, top-k and top-p those below a cut (row_cut.h). Of tokens with equal z the
 * higher id counts as the less probable one, so ties break the same way everywhere.
 * Numerics: z, e fp32; sums of e in units of 2^-k, k as large as 64 bits allow, so that the order of adding doesn't matter and buckets
 * may be filled by atomics; the uniform number in double. Bytes moved a row: logits twice; z and e from cache, 36 V, with top-k some 24 V
 * more, with top-p 44 V.
 */
#include "sampling.h"

#include <bit>

#include "philox.h"
#include "row_cut.h"
#include "row_softmax.h"
#include "stream.h"

namespace {

using namespace leeway;

constexpr int most_threads = 1024;

/* What all rows share. */
struct Settings {
    int64_t vocabulary;
    int64_t top_k;
    const uint32_t *allowed;
    float temperature; /* > 0 */
    float top_p;
    float min_p;
    float penalty;
    float unit; /* a mass of 1 */
    bool greedy;
};

struct History {
    const int32_t *starts;
    const int32_t *tokens;
};

/* What is known of a row before its token is drawn. */
struct Statistics {
    double lse;
    float entropy;
};

/* What a block works on. */
struct Row {
    const float *logits; /* (V) */
    float *z;            /* (V) in the workspace */
    float *e;            /* (V) in the workspace */
    const int32_t *history;
    int64_t history_count;
};

/* Rules: history_starts, the pointer, the tokens. */
struct HistoryRules {
    uint32_t starts, pointer, tokens;
};

__global__ void check_history_starts(int64_t rows, History history, HistoryRules rules, Faults *faults) {
    const int64_t m = grid_index();
    if (m >= rows) return;
    const int32_t begin = history.starts[m], end = history.starts[m + 1];
    if (begin < 0 || begin > end) report(faults, rules.starts, m);
    if (begin != end && history.tokens == nullptr) report(faults, rules.pointer, m);
}

/* A warp a row. */
__global__ void check_history_tokens(int64_t rows, int64_t vocabulary, History history, uint32_t broken, Faults *faults) {
    if (refused(faults)) return;
    const int64_t m = grid_index() / warp;
    if (m >= rows) return;
    for (int64_t i = history.starts[m] + threadIdx.x % warp; i < history.starts[m + 1]; i += warp)
        if (history.tokens[i] < 0 || history.tokens[i] >= vocabulary) report(faults, broken, i);
}

/* Block b: tile b % tiles of row b / tiles. */
template <int threads, int n>
__global__ void __launch_bounds__(threads) tile_statistics(Settings s, int64_t tiles, const float *logits, RowSoftmax *statistics) {
    const int64_t row = blockIdx.x / tiles, first = blockIdx.x % tiles * softmax_tile;
    const int64_t count = min(softmax_tile, s.vocabulary - first);
    float z[tile_values];
    load_tile<threads, n>(logits + row * s.vocabulary + first, count, z);
    LEEWAY_UNROLL for (int i = 0; i < tile_values; i++) z[i] = scaled_logit(z[i], s.temperature);
    const RowSoftmax tile = tile_softmax<threads>(z, live_values<threads>(count, s.allowed, first));
    if (threadIdx.x == 0) statistics[blockIdx.x] = tile;
}

/* statistics (rows) from those of the tiles; first is the number of the first row in the call. */
__global__ void row_statistics(int64_t rows, int64_t count, const RowSoftmax *tiles, Statistics *statistics, int64_t first, uint32_t broken,
                               Faults *faults) {
    const int64_t m = grid_index();
    if (m >= rows) return;
    RowSoftmax row;
    for (int64_t tile = 0; tile < count; tile++) row.add(tiles[m * count + tile]);
    statistics[m] = {row.exact_lse(), row.entropy()};
    if (!(fabs(statistics[m].lse) < INFINITY)) report(faults, broken, first + m);
}

/* z (V): -infinity where not allowed. Penalised from the logits, so a token that occurs twice is penalised once. */
template <int threads>
__device__ void make_z(const Settings &s, const Row &row) {
    for (int64_t v = threadIdx.x; v < s.vocabulary; v += threads)
        row.z[v] = is_allowed(s.allowed, v) ? scaled_logit(row.logits[v], s.temperature) : -INFINITY;
    __syncthreads();
    for (int64_t i = threadIdx.x; i < row.history_count; i += threads) {
        const int32_t token = row.history[i];
        const float logit = row.logits[token];
        if (is_allowed(s.allowed, token)) row.z[token] = scaled_logit(logit > 0.0f ? logit / s.penalty : logit * s.penalty, s.temperature);
    }
    __syncthreads();
}

/* The largest z and the lowest token that has it. */
template <int threads>
__device__ float find_largest(const Settings &s, const Row &row, int32_t *token) {
    float most = -INFINITY;
    int64_t at = INT32_MAX;
    for (int64_t v = threadIdx.x; v < s.vocabulary; v += threads)
        if (row.z[v] > most) most = row.z[v], at = v;
    const float max = block_join<threads>(most, [](float x, float y) { return larger(x, y); });
    const int mine = most == max ? int(at) : INT32_MAX;
    const int lowest = block_join<threads>(mine, [](int x, int y) { return x < y ? x : y; });
    *token = lowest < s.vocabulary ? lowest : 0;
    return max;
}

/* NaN has none. */
__device__ inline Mass mass_of(float e, float unit) { return e > 0.0f ? Mass(e * unit) : 0; }

/* Ties with the top_k-th largest stay. */
template <int threads>
__device__ void drop_below_top_k(const Settings &s, const Row &row, float max) {
    if (s.top_k <= 0 || s.top_k >= s.vocabulary) return;
    const auto one = [&](int64_t v) { return Mass(row.z[v] > -INFINITY); };
    Mass candidates = 0;
    for (int64_t v = threadIdx.x; v < s.vocabulary; v += threads) candidates += one(v);
    if (block_sum<threads>(candidates) <= Mass(s.top_k)) return;
    const Cut cut = find_cut<threads>(row.z, s.vocabulary, max, Mass(s.top_k), one);
    for (int64_t v = threadIdx.x; v < s.vocabulary; v += threads)
        if (key_of(row.z[v]) < cut.key) row.e[v] = 0.0f;
}

/* The sum of all that is left. */
template <int threads>
__device__ Mass total_mass(const Settings &s, const Row &row) {
    Mass total = 0;
    for (int64_t v = threadIdx.x; v < s.vocabulary; v += threads) total += mass_of(row.e[v], s.unit);
    return block_sum<threads>(total);
}

/* Of the tokens at the cut, each of mass each, those behind the first ones that reach wanted. */
template <int threads>
__device__ void drop_last_ties(const Settings &s, const Row &row, const Cut &cut, Mass each, Mass wanted) {
    const Mass stay = (wanted - cut.above + each - 1) / each;
    Mass seen = 0;
    for (int64_t begin = 0; begin < s.vocabulary; begin += threads) {
        const int64_t v = begin + threadIdx.x;
        const bool tied = v < s.vocabulary && row.e[v] > 0.0f && key_of(row.z[v]) == cut.key;
        Mass count;
        const Mass rank = seen + block_sum_before<threads>(Mass(tied), &count);
        if (tied && rank >= stay) row.e[v] = 0.0f;
        seen += count;
    }
}

/* In ascending order the drop rule is "cumulative <= (1 - top_p) total". So in descending order a token stays while the sum of those
 * before it is below top_p * total. The first token always stays. */
template <int threads>
__device__ void drop_outside_top_p(const Settings &s, const Row &row, float max) {
    if (s.top_p >= 1.0f) return;
    const Mass total = total_mass<threads>(s, row);
    if (total == 0) return;  // the penalty made a z infinite
    const Mass wanted = Mass(ceil(double(s.top_p) * double(total)));
    const Cut cut = find_cut<threads>(row.z, s.vocabulary, max, wanted, [&](int64_t v) { return mass_of(row.e[v], s.unit); });
    Mass ties = 0, each = 0;
    for (int64_t v = threadIdx.x; v < s.vocabulary; v += threads) {
        const uint32_t key = key_of(row.z[v]);
        if (key < cut.key) row.e[v] = 0.0f;
        if (key != cut.key || row.e[v] <= 0.0f) continue;
        ties++;
        each = mass_of(row.e[v], s.unit);
    }
    ties = block_sum<threads>(ties);
    each = block_join<threads>(each, [](Mass x, Mass y) { return x > y ? x : y; });
    if (ties > 1) drop_last_ties<threads>(s, row, cut, each, wanted);
}

/* e of the most probable token is exp(0) = 1. */
template <int threads>
__device__ void drop_below_min_p(const Settings &s, const Row &row) {
    if (s.min_p <= 0.0f) return;
    for (int64_t v = threadIdx.x; v < s.vocabulary; v += threads)
        if (row.e[v] < s.min_p) row.e[v] = 0.0f;
}

/* The lowest token whose cumulative share exceeds u; otherwise where no e is a number. Four neighbours a thread. */
template <int threads>
__device__ int32_t draw(const Settings &s, const Row &row, Mass total, double u, int32_t otherwise) {
    LEEWAY_SHARED(int32_t, drawn, 1);
    constexpr int own = 4;
    const double wanted = u * double(total);
    if (threadIdx.x == 0) *drawn = otherwise;
    Mass seen = 0;
    for (int64_t begin = 0; begin < s.vocabulary && double(seen) <= wanted; begin += threads * own) {
        const int64_t first = begin + int64_t(threadIdx.x) * own;
        Mass mine = 0, count;
        for (int64_t v = first; v < min(first + own, s.vocabulary); v++) mine += mass_of(row.e[v], s.unit);
        Mass before = seen + block_sum_before<threads>(mine, &count);
        if (double(before) <= wanted && double(before + mine) > wanted) {
            int64_t v = first;
            while (double(before += mass_of(row.e[v], s.unit)) <= wanted) v++;
            *drawn = int32_t(v);
        }
        seen += count;
    }
    __syncthreads();
    return *drawn;
}

/* All of a row but its log-prob. */
template <int threads>
__device__ int32_t sample_row(const Settings &s, const Row &row, uint64_t seed, uint64_t counter, float *probabilities) {
    make_z<threads>(s, row);
    int32_t token;
    const float max = find_largest<threads>(s, row, &token);
    for (int64_t v = threadIdx.x; v < s.vocabulary; v += threads) row.e[v] = s.greedy ? float(v == token) : expf(row.z[v] - max);
    if (!s.greedy) {
        drop_below_top_k<threads>(s, row, max);
        drop_outside_top_p<threads>(s, row, max);
        drop_below_min_p<threads>(s, row);
    }
    const Mass total = total_mass<threads>(s, row);
    const double one = double(total) / double(s.unit);
    for (int64_t v = threadIdx.x; probabilities && v < s.vocabulary; v += threads) probabilities[v] = float(double(row.e[v]) / one);
    return draw<threads>(s, row, total, uniform_double(philox(seed, 0, counter)), token);
}

/* Rows of the call, from its first one on. */
struct Rows {
    int64_t count;
    const float *logits;
    const Statistics *statistics;
    const uint64_t *seeds;
    const uint64_t *counters;
    int32_t *tokens;
    float *log_prob;
    float *entropy; /* or NULL */
    float *probabilities;
};

/* Block b draws for rows b, b + blocks, ... in part b of the workspace. */
template <int threads>
__global__ void __launch_bounds__(threads, 1) sample_rows(Settings s, Rows rows, History history, float *workspace, const Faults *faults) {
    if (refused(faults)) return;
    float *const part = workspace + blockIdx.x * s.vocabulary * (sample_bytes_a_token / int64_t(sizeof(float)));
    for (int64_t m = blockIdx.x; m < rows.count; m += gridDim.x) {
        const int64_t at = m * s.vocabulary;
        Row row = {rows.logits + at, part, part + s.vocabulary, nullptr, 0};
        if (s.penalty != 1.0f) {
            row.history = history.tokens + history.starts[m];
            row.history_count = history.starts[m + 1] - history.starts[m];
        }
        float *probabilities = rows.probabilities ? rows.probabilities + at : nullptr;
        const int32_t token = sample_row<threads>(s, row, rows.seeds[m], rows.counters[m], probabilities);
        if (threadIdx.x == 0) {
            rows.tokens[m] = token;
            rows.log_prob[m] = log_prob_of(scaled_logit(row.logits[token], s.temperature), rows.statistics[m].lse);
            if (rows.entropy) rows.entropy[m] = rows.statistics[m].entropy;
        }
        __syncthreads();  // the next row takes the place
    }
}

leeway_status check_history(leeway_stream *stream, const leeway_sample_args &args) {
    if (args.repetition_penalty == 1.0f) return LEEWAY_OK;
    HistoryRules rules;
    LEEWAY_TRY(
        rule(stream, {LEEWAY_BAD_ARGUMENT, "sample: history_starts must ascend from 0, and does not in row %lld", 0}, &rules.starts));
    LEEWAY_TRY(rule(stream, {LEEWAY_BAD_ARGUMENT, "sample: history must not be NULL, row %lld has some", 0}, &rules.pointer));
    LEEWAY_TRY(rule(stream, {LEEWAY_BAD_DATA, "sample: history[%lld] is outside 0..%lld", args.vocabulary - 1}, &rules.tokens));
    const History history = {args.history_starts, args.history};
    constexpr int threads = 256;
    LEEWAY_TRY(LEEWAY_LAUNCH(stream, check_history_starts, unsigned(blocks_of(args.rows, int64_t(threads))), threads, 0, args.rows, history,
                             rules, stream->faults));
    return LEEWAY_LAUNCH(stream, check_history_tokens, unsigned(blocks_of(args.rows * warp, int64_t(threads))), threads, 0, args.rows,
                         args.vocabulary, history, rules.tokens, stream->faults);
}

/* The statistics of the rows from first on, into the scratch of the stream, in front of those of their tiles. */
leeway_status find_statistics(leeway_stream *stream, const leeway_sample_args &args, const Settings &s, int64_t first, const Rows &rows) {
    constexpr const char *sentence = "sample: row %lld has a logit that is NaN or infinite, or no allowed token";
    uint32_t broken;
    LEEWAY_TRY(rule(stream, {LEEWAY_BAD_DATA, sentence, 0}, &broken));
    auto *statistics = reinterpret_cast<Statistics *>(stream->scratch);
    auto *of_tiles = reinterpret_cast<RowSoftmax *>(statistics + rows.count);
    const int64_t tiles = blocks_of(args.vocabulary, softmax_tile);
    LEEWAY_TRY(with_tile_threads(args.vocabulary, [&](auto threads) {
        const auto grid = unsigned(rows.count * tiles);
        if (args.vocabulary % 4 == 0)
            return LEEWAY_LAUNCH(stream, (tile_statistics<threads, 4>), grid, threads(), 0, s, tiles, rows.logits, of_tiles);
        return LEEWAY_LAUNCH(stream, (tile_statistics<threads, 1>), grid, threads(), 0, s, tiles, rows.logits, of_tiles);
    }));
    constexpr int threads = 128;
    return LEEWAY_LAUNCH(stream, row_statistics, unsigned(blocks_of(rows.count, int64_t(threads))), threads, 0, rows.count, tiles,
                         of_tiles, statistics, first, broken, stream->faults);
}

leeway_status draw_rows(leeway_stream *stream, const leeway_sample_args &args, const Settings &s, int64_t first, int64_t count) {
    const int64_t at = first * args.vocabulary;
    const Rows rows = {count, args.logits + at, reinterpret_cast<const Statistics *>(stream->scratch), args.seeds + first,
                       args.counters + first, args.tokens + first, args.log_prob + first,
                       args.entropy ? args.entropy + first : nullptr, args.probabilities ? args.probabilities + at : nullptr};
    LEEWAY_TRY(find_statistics(stream, args, s, first, rows));
    const History history = {args.history_starts ? args.history_starts + first : nullptr, args.history};
    const auto grid = unsigned(sample_slots(count, stream->properties.multiProcessorCount));
    auto *workspace = static_cast<float *>(args.workspace);
    return with_tile_threads(args.vocabulary, [&](auto tile) {
        constexpr int threads = tile() == tile_threads ? most_threads : tile();
        return LEEWAY_LAUNCH(stream, sample_rows<threads>, grid, threads, 0, s, rows, history, workspace, stream->faults);
    });
}

}  // namespace

leeway_status leeway_sample(leeway_stream *stream, const leeway_sample_args *args) {
    LEEWAY_TRY(check(*args, stream->properties.multiProcessorCount));
    LEEWAY_TRY(begin(stream, "sample", {args->rows, args->vocabulary}));
    if (args->rows == 0) return LEEWAY_OK;
    LEEWAY_TRY(check_history(stream, *args));
    const Settings settings = {args->vocabulary, args->top_k, args->allowed, args->temperature > 0.0f ? args->temperature : 1.0f,
                               args->top_p, args->min_p, args->repetition_penalty,
                               float(Mass(1) << (62 - std::bit_width(uint64_t(args->vocabulary)))), args->temperature == 0.0f};
    const int64_t bytes_a_row = int64_t(sizeof(Statistics)) + blocks_of(args->vocabulary, softmax_tile) * int64_t(sizeof(RowSoftmax));
    const int64_t together = std::min(scratch_bytes / bytes_a_row, int64_t(1) << 20);
    for (int64_t first = 0; first < args->rows; first += together)
        LEEWAY_TRY(draw_rows(stream, *args, settings, first, std::min(together, args->rows - first)));
    return LEEWAY_OK;
}

leeway_status leeway_sample_workspace(leeway_stream *stream, const leeway_sample_workspace_args *args) {
    return sample_workspace(*args, stream->properties.multiProcessorCount);
}
