/* sampling.cpp: draws one token a row (sampling.h), and its workspace.
 *
 * A row: z from the logits (penalty, temperature, mask), e = exp(z - max), then each processor zeroes the e it drops. Top-k finds its
 * threshold by selection; top-p adds up buckets of z and sorts only the one where it ends. Of tokens with equal z the higher id counts as
 * the less probable one, so ties break the same way everywhere.
 * Numerics: z, e fp32; every sum of e in double. log_prob and entropy come from row_softmax.h. Bytes moved: some 5 V a row, from cache. */
#include <algorithm>
#include <cmath>
#include <vector>

#include "parallel.h"
#include "philox.h"
#include "row_softmax.h"
#include "sampling.h"
#include "simd.h"

namespace {

using namespace leeway;

/* One thread's part of the workspace, each (V). */
struct Scratch {
    float *z;
    float *e;
    float *copy;
    int32_t *ids;
};

Scratch scratch_of(const leeway_sample_args *args, int64_t slot) {
    auto *base = static_cast<char *>(args->workspace) + slot * sample_bytes_a_token * args->vocabulary;
    auto *floats = reinterpret_cast<float *>(base);
    int64_t v = args->vocabulary;
    return {floats, floats + v, floats + 2 * v, reinterpret_cast<int32_t *>(floats + 3 * v)};
}

float applied_temperature(const leeway_sample_args *args) { return args->temperature > 0.0f ? args->temperature : 1.0f; }

RowSoftmax softmax_of(const leeway_sample_args *args, int64_t row) {
    RowSoftmax softmax;
    const float *logits = args->logits + row * args->vocabulary;
    for (int64_t first = 0; first < args->vocabulary; first += softmax_tile)
        softmax.add_tile(logits + first, std::min(softmax_tile, args->vocabulary - first), applied_temperature(args), args->allowed, first);
    return softmax;
}

LEEWAY_CLONES void scale_logits(float *z, const float *logits, int64_t count, float temperature) {
    for (int64_t v = 0; v < count; v++) z[v] = logits[v] / temperature;
}

LEEWAY_CLONES void exponentials(float *e, const float *z, int64_t count, float max) {
    for (int64_t v = 0; v < count; v += lanes) store_up_to(e + v, vexp(load_up_to(z + v, count - v, -INFINITY) - max), count - v);
}

/* z (V): -infinity where not allowed. Penalised from the logits, so a token that occurs twice is penalised once. */
void make_z(const leeway_sample_args *args, int64_t row, float *z) {
    const float *logits = args->logits + row * args->vocabulary;
    float temperature = applied_temperature(args), penalty = args->repetition_penalty;
    scale_logits(z, logits, args->vocabulary, temperature);
    if (penalty != 1.0f)
        for (int32_t i = args->history_starts[row]; i < args->history_starts[row + 1]; i++) {
            float logit = logits[args->history[i]];
            z[args->history[i]] = scaled_logit(logit > 0.0f ? logit / penalty : logit * penalty, temperature);
        }
    if (args->allowed)
        for (int64_t v = 0; v < args->vocabulary; v++)
            if (!is_allowed(args->allowed, v)) z[v] = -INFINITY;
}

/* The lowest token with the largest z. */
int32_t largest(const float *z, int64_t count) { return int32_t(std::max_element(z, z + count) - z); }

void drop_below_top_k(const leeway_sample_args *args, const Scratch &s) {
    int64_t count = args->vocabulary;
    if (args->top_k <= 0 || args->top_k >= count) return;
    std::copy(s.z, s.z + count, s.copy);
    std::nth_element(s.copy, s.copy + (args->top_k - 1), s.copy + count, std::greater<float>());
    float threshold = s.copy[args->top_k - 1];
    for (int64_t v = 0; v < count; v++)
        if (s.z[v] < threshold) s.e[v] = 0.0f;
}

/* Bucket of a token by how far its z lies below the largest: 32 a unit, exact steps, so buckets are in the order of z. */
constexpr int64_t buckets = 1024;

int64_t bucket_of(float z, float max) {
    float depth = (max - z) * 32.0f;
    return depth < float(buckets - 1) ? int64_t(depth) : buckets - 1;
}

/* In ascending order the drop rule is "cumulative <= (1 - top_p) total". So in descending order a token stays while the sum of those
 * before it is below top_p * total. The first token always stays. Only the bucket where that ends is sorted. */
void drop_outside_top_p(const leeway_sample_args *args, const Scratch &s, float max) {
    if (args->top_p >= 1.0f) return;
    double mass[buckets] = {}, total = 0.0, above = 0.0;
    for (int64_t v = 0; v < args->vocabulary; v++)
        if (s.e[v] > 0.0f) mass[bucket_of(s.z[v], max)] += double(s.e[v]);
    for (double m : mass) total += m;
    double wanted = double(args->top_p) * total;
    int64_t last = 0;
    while (last < buckets - 1 && above + mass[last] < wanted) above += mass[last++];
    int64_t inside = 0;
    for (int32_t v = 0; v < args->vocabulary; v++) {
        if (s.e[v] <= 0.0f) continue;
        int64_t bucket = bucket_of(s.z[v], max);
        if (bucket == last) s.ids[inside++] = v;
        if (bucket > last) s.e[v] = 0.0f;
    }
    std::sort(s.ids, s.ids + inside, [&](int32_t a, int32_t b) { return s.z[a] != s.z[b] ? s.z[a] > s.z[b] : a < b; });
    for (int64_t i = 0; i < inside; i++) {
        double e = double(s.e[s.ids[i]]);
        if (above >= wanted) s.e[s.ids[i]] = 0.0f;
        above += e;
    }
}

/* e of the most probable token is exp(0) = 1. */
void drop_below_min_p(const leeway_sample_args *args, const Scratch &s) {
    if (args->min_p <= 0.0f) return;
    for (int64_t v = 0; v < args->vocabulary; v++)
        if (s.e[v] < args->min_p) s.e[v] = 0.0f;
}

/* The lowest token whose cumulative share exceeds u; rounding can't go past the last one that is left. */
int32_t draw(const float *e, int64_t count, double total, double u) {
    double cumulative = 0.0;
    int32_t last = 0;
    for (int32_t v = 0; v < count; v++) {
        if (e[v] == 0.0f) continue;
        last = v;
        cumulative += double(e[v]);
        if (cumulative > u * total) break;
    }
    return last;
}

int32_t sample_row(const leeway_sample_args *args, int64_t row, const Scratch &s) {
    int64_t count = args->vocabulary;
    make_z(args, row, s.z);
    int32_t token = largest(s.z, count);
    float *probabilities = args->probabilities ? args->probabilities + row * count : nullptr;
    if (args->temperature == 0.0f) {
        if (probabilities) std::fill(probabilities, probabilities + count, 0.0f);
        if (probabilities) probabilities[token] = 1.0f;
        return token;
    }
    exponentials(s.e, s.z, count, s.z[token]);
    drop_below_top_k(args, s);
    drop_outside_top_p(args, s, s.z[token]);
    drop_below_min_p(args, s);
    double total = 0.0;
    for (int64_t v = 0; v < count; v++) total += double(s.e[v]);
    if (probabilities)
        for (int64_t v = 0; v < count; v++) probabilities[v] = float(double(s.e[v]) / total);
    return draw(s.e, count, total, uniform_double(philox(args->seeds[row], 0, args->counters[row])));
}

leeway_status check_history(const leeway_sample_args *args) {
    if (args->repetition_penalty == 1.0f) return LEEWAY_OK;
    const int32_t *starts = args->history_starts;
    for (int64_t m = 0; m < args->rows; m++)
        LEEWAY_CHECK("sample", starts[m] >= 0 && starts[m] <= starts[m + 1],
                     "history_starts must ascend from 0, got %d then %d in row %lld", int(starts[m]), int(starts[m + 1]), (long long)m);
    LEEWAY_CHECK("sample", args->history || starts[args->rows] == starts[0], "history must not be NULL");
    for (int64_t i = starts[0]; i < starts[args->rows]; i++)
        if (args->history[i] < 0 || args->history[i] >= args->vocabulary)
            return fail(LEEWAY_BAD_DATA, "sample: history[%lld] is %d, outside 0..%lld", (long long)i, int(args->history[i]),
                        (long long)args->vocabulary - 1);
    return LEEWAY_OK;
}

leeway_status draw_checked(leeway_stream *stream, const leeway_sample_args *args) {
    LEEWAY_TRY(check(*args, thread_count(stream)));
    if (args->rows == 0) return LEEWAY_OK;
    LEEWAY_TRY(check_history(args));
    std::vector<RowSoftmax> softmax(static_cast<size_t>(args->rows));
    parallel_for(stream, args->rows, [&](int64_t row, void *) { softmax[size_t(row)] = softmax_of(args, row); });
    for (int64_t m = 0; m < args->rows; m++)
        if (!std::isfinite(softmax[size_t(m)].exact_lse()))
            return fail(LEEWAY_BAD_DATA, "sample: row %lld has a logit that is NaN or infinite, or no allowed token", (long long)m);
    const int64_t slots = sample_slots(args->rows, thread_count(stream));  // who runs a row is all that depends on the threads
    parallel_for(stream, slots, [&](int64_t slot, void *) {
        Scratch scratch = scratch_of(args, slot);
        for (int64_t row = slot; row < args->rows; row += slots) {
            int32_t token = sample_row(args, row, scratch);
            float z = scaled_logit(args->logits[row * args->vocabulary + token], applied_temperature(args));
            args->tokens[row] = token;
            args->log_prob[row] = softmax[size_t(row)].log_prob(z);
            if (args->entropy) args->entropy[row] = softmax[size_t(row)].entropy();
        }
    });
    return LEEWAY_OK;
}

}  // namespace

leeway_status leeway_sample(leeway_stream *stream, const leeway_sample_args *args) {
    return without_throwing("sample", [=] { return draw_checked(stream, args); });
}

leeway_status leeway_sample_workspace(leeway_stream *stream, const leeway_sample_workspace_args *args) {
    return sample_workspace(*args, thread_count(stream));
}
