/* rows_sampling.cpp: sample against the processors written out plainly in double, its bits against head_forward's; scalar_head. */
#include <algorithm>
#include <numeric>

#include "number.h"

namespace {

using namespace table;
using Doubles = std::vector<double>;

struct Settings {
    double temperature = 1, top_p = 1, min_p = 0, penalty = 1;
    int64_t top_k = 0;
};

const Settings settings[] = {
    {},
    {.temperature = 0.7f},
    {.temperature = 0},
    {.top_k = 5},
    {.top_p = 0.9f},
    {.min_p = 0.1f},
    {.penalty = 1.3f},
    {.temperature = 1.5f, .top_p = 0.8f, .min_p = 0.02f, .penalty = 1.2f, .top_k = 30},
    {.temperature = 0, .penalty = 1.5f},
    {.top_p = 1e-6f},
    {.top_k = 1},
};

bool allows(const std::vector<uint32_t> &allowed, size_t v) { return allowed.empty() || ((allowed[v / 32] >> (v % 32)) & 1) != 0; }

double sum(const Doubles &x) { return std::accumulate(x.begin(), x.end(), 0.0); }

void normalise(Doubles &p) {
    double total = sum(p);
    for (double &x : p) x /= total;
}

/* The processed distribution of one row, step by step as sampling.h has it. z in fp32 as the op has it, so that ties are ties. */
Doubles processed(const Settings &s, const std::vector<float> &logits, const std::vector<int32_t> &history,
                  const std::vector<uint32_t> &allowed) {
    size_t count = logits.size();
    std::vector<float> z = logits;
    for (int32_t t : history) {
        float logit = logits[size_t(t)], penalty = float(s.penalty);
        z[size_t(t)] = logit > 0 ? logit / penalty : logit * penalty;
    }
    for (float &x : z) x /= s.temperature > 0 ? float(s.temperature) : 1.0f;
    for (size_t v = 0; v < count; v++)
        if (!allows(allowed, v)) z[v] = -INFINITY;
    size_t best = size_t(std::max_element(z.begin(), z.end()) - z.begin());
    Doubles p(count, 0.0);
    if (s.temperature == 0) return p[best] = 1, p;
    for (size_t v = 0; v < count; v++) p[v] = std::exp(double(z[v]) - double(z[best]));
    if (s.top_k > 0 && size_t(s.top_k) < count) {
        auto sorted = z;
        std::sort(sorted.begin(), sorted.end(), std::greater<float>());
        for (size_t v = 0; v < count; v++)
            if (z[v] < sorted[size_t(s.top_k - 1)]) p[v] = 0;
    }
    normalise(p);
    if (s.top_p < 1) {
        std::vector<size_t> order(count);
        std::iota(order.begin(), order.end(), size_t(0));
        std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return z[a] != z[b] ? z[a] < z[b] : a > b; });
        double cumulative = 0;
        for (size_t i = 0; i + 1 < count; i++)
            if ((cumulative += p[order[i]]) <= 1 - s.top_p) p[order[i]] = 0;
        normalise(p);
    }
    double least = s.min_p * *std::max_element(p.begin(), p.end());
    for (double &x : p) x = x < least ? 0 : x;
    normalise(p);
    return p;
}

struct Drawn {
    std::vector<int32_t> tokens;
    std::vector<float> log_prob, entropy, probabilities;
};

struct Batch {
    int64_t rows, vocabulary;
    std::vector<float> logits;
    std::vector<uint32_t> allowed;  // empty = all
    std::vector<int32_t> starts, history;
    std::vector<uint64_t> seeds, counters;
};

Drawn sample(Run &run, const Settings &s, const Batch &b, bool with_probabilities = true) {
    auto workspace_bytes = std::make_unique<int64_t>(0);
    LEEWAY_RUN(run, sample_workspace, {b.rows, b.vocabulary, workspace_bytes.get()});
    auto logits = run.in(b.logits);
    auto allowed = run.in(b.allowed);
    auto starts = run.in(b.starts), history = run.in(b.history);
    auto seeds = run.in(b.seeds), counters = run.in(b.counters);
    auto tokens = run.out<int32_t>(b.rows);
    auto log_prob = run.out<float>(b.rows), entropy = run.out<float>(b.rows);
    auto probabilities = run.out<float>(with_probabilities ? b.rows * b.vocabulary : 0);
    auto workspace = run.out<uint8_t>(*workspace_bytes);
    LEEWAY_RUN(run, sample, {b.rows, b.vocabulary, s.top_k, logits.get(), b.allowed.empty() ? nullptr : allowed.get(), starts.get(),
                             history.get(), seeds.get(), counters.get(), tokens.get(), log_prob.get(),
                             entropy.get(), with_probabilities ? probabilities.get() : nullptr, workspace.get(), *workspace_bytes,
                             float(s.temperature), float(s.top_p), float(s.min_p), float(s.penalty)});
    Drawn drawn = {run.read(tokens), run.read(log_prob), run.read(entropy), run.read(probabilities)};
    return drawn;
}

Batch batch_of(Run &run, int64_t rows, int64_t vocabulary, bool masked) {
    Batch b = {rows, vocabulary, run.normal(rows * vocabulary, 3.0), {}, {0}, {}, {}, {}};
    for (int64_t m = 0; m < rows; m++) {
        auto tokens = run.integers(m % 5, int32_t(vocabulary));
        if (!tokens.empty()) tokens.push_back(tokens.front());  // occurs twice, counts once
        b.history.insert(b.history.end(), tokens.begin(), tokens.end());
        b.starts.push_back(int32_t(b.history.size()));
        b.seeds.push_back(run.random()());
        b.counters.push_back(uint64_t(m) << 31);
    }
    if (vocabulary > 2) b.logits[1] = b.logits[2];  // a tie
    for (int64_t i = 0; masked && i < (vocabulary + 31) / 32; i++) b.allowed.push_back(uint32_t(run.random()()) | 1u);
    return b;
}

/* A probability p: z - max rounds by |z - max| u <= |log p| u, exp by 2 u, the result by 1 u; the sum by the mean of the same, where the
 * mean of |log p| is the entropy, at most log V.
 * log_prob: the result rounds by 1 u of it, z and (on average) all other z by max |z| u each, the sum as above.
 * entropy H: as the head's; of p the relative error is u |z| + u |z - max| + 3 u, at most 3 max |z| u and 3 u of e^d. */
void expect_row(Run &run, const Settings &s, const Batch &b, const Drawn &drawn, int64_t m) {
    auto logits = slice(b.logits, m * b.vocabulary, (m + 1) * b.vocabulary);
    auto history = s.penalty == 1 ? std::vector<int32_t>() : slice(b.history, b.starts[size_t(m)], b.starts[size_t(m + 1)]);
    Doubles p = processed(s, logits, history, b.allowed), bound;
    for (double x : p) bound.push_back(x * u * (std::fabs(std::log(x + 1e-300)) + std::log(double(b.vocabulary)) + 6));
    run.expect("probabilities", slice(drawn.probabilities, m * b.vocabulary, (m + 1) * b.vocabulary), p, bound);
    double t = s.temperature > 0 ? s.temperature : 1, largest = 0, total = 0, uniform = 0;
    auto words = philox(b.seeds[size_t(m)], 0, b.counters[size_t(m)]);
    uniform = double((uint64_t(words[1]) << 32 | words[0]) >> 11) * 0x1p-53;
    size_t token = size_t(drawn.tokens[size_t(m)]);
    if (token >= p.size()) return run.expect("token in range", false);
    double before = std::accumulate(p.begin(), p.begin() + int64_t(token), 0.0);
    bool hit = before <= uniform + 1e-5 && uniform < before + p[token] + 1e-5;
    run.expect("token of the uniform number", p[token] > 0 && (s.temperature == 0 || hit));
    for (size_t v = 0; v < logits.size(); v++)
        if (allows(b.allowed, v)) largest = std::max(largest, std::fabs(logits[v] / t));
    for (size_t v = 0; v < logits.size(); v++)
        if (allows(b.allowed, v)) total += std::exp(logits[v] / t - largest);
    double want = logits[token] / t - largest - std::log(total);
    run.expect("log_prob", {drawn.log_prob[size_t(m)]}, {want}, {u * (std::fabs(want) + 2 * largest + std::log(double(b.vocabulary)) + 3)});
    double entropy = 0, error = 0;
    const auto log_p = [&](size_t v) { return allows(b.allowed, v) ? logits[v] / t - largest - std::log(total) : -INFINITY; };
    for (size_t v = 0; v < logits.size(); v++)
        if (double p_v = std::exp(log_p(v)); p_v > 0) entropy -= p_v * log_p(v);
    for (size_t v = 0; v < logits.size(); v++)
        if (double p_v = std::exp(log_p(v)); p_v > 0)
            error += p_v * (std::fabs(log_p(v) + entropy) * 3 * largest + (1 + std::fabs(log_p(v) + entropy)) * 3) * u;
    run.expect("entropy", {drawn.entropy[size_t(m)]}, {entropy}, {error + u * entropy});
}

/* shape: rows, vocabulary, settings, masked (1) or all logits multiples of 1/2 (2), so that processors cut between equal ones */
void sample_row(Run &run, const Shape &shape) {
    const Settings &s = settings[shape[2]];
    Batch b = batch_of(run, shape[0], shape[1], shape[3] == 1);
    if (shape[3] == 2)
        for (float &logit : b.logits) logit = std::round(2 * logit) / 2;
    auto drawn = sample(run, s, b);
    for (int64_t m = 0; m < b.rows && run.checks(); m++) expect_row(run, s, b, drawn, m);
    int64_t last = b.rows - 1;
    Batch one = {1, b.vocabulary, slice(b.logits, last * b.vocabulary, b.rows * b.vocabulary), b.allowed,
                 {0, b.starts[size_t(last + 1)] - b.starts[size_t(last)]},
                 slice(b.history, b.starts[size_t(last)], int64_t(b.history.size())), {b.seeds.back()}, {b.counters.back()}};
    auto alone = sample(run, s, one, false);
    run.same("a row's token alone", alone.tokens, slice(drawn.tokens, last, b.rows));
    run.same("a row's log_prob alone", alone.log_prob, slice(drawn.log_prob, last, b.rows));
    run.same("a row's entropy alone", alone.entropy, slice(drawn.entropy, last, b.rows));
}

/* Frequencies of many draws lie within five standard deviations of the probabilities. */
void sample_frequencies(Run &run, const Shape &shape) {
    int64_t rows = shape[0], vocabulary = shape[1];
    auto logits = run.normal(vocabulary);
    Batch b = {rows, vocabulary, {}, {}, {0}, {}, {}, {}};
    for (int64_t m = 0; m < rows; m++) {
        b.logits.insert(b.logits.end(), logits.begin(), logits.end());
        b.starts.push_back(0);
        b.seeds.push_back(11);
        b.counters.push_back(uint64_t(m));
    }
    auto drawn = sample(run, {}, b, false);
    Doubles p = processed({}, logits, {}, {}), count(p.size());
    for (int32_t t : drawn.tokens) count[size_t(t)] += 1;
    for (size_t v = 0; v < p.size(); v++)
        run.expect("frequency", std::fabs(count[v] - double(rows) * p[v]) <= 5 * std::sqrt(double(rows) * p[v] * (1 - p[v])) + 1);
}

void sample_refusals(Run &run, const Shape &) {
    auto logits = run.in(std::vector<float>{1, std::nanf(""), 2, 3});
    auto none = run.in(std::vector<uint32_t>{0});
    auto history = run.in(std::vector<int32_t>{4});
    auto starts = run.in(std::vector<int32_t>{0, 1});
    auto numbers = run.in(std::vector<uint64_t>{1});
    auto token = run.inout(std::vector<int32_t>{77});
    auto log_prob = run.inout(std::vector<float>{77}), entropy = run.inout(std::vector<float>{77});
    auto workspace = run.out<uint8_t>(64);
    leeway_sample_args good = {1, 4, 0, logits.get(), nullptr, starts.get(), history.get(), numbers.get(), numbers.get(), token.get(),
                               log_prob.get(), entropy.get(), nullptr, workspace.get(), 64, 1, 1, 0, 1};
    LEEWAY_EXPECT_STATUS(run, sample, LEEWAY_BAD_DATA, good);
    auto bad = good;
    bad.allowed = none.get();
    LEEWAY_EXPECT_STATUS(run, sample, LEEWAY_BAD_DATA, bad);
    bad = good, bad.repetition_penalty = 2;
    LEEWAY_EXPECT_STATUS(run, sample, LEEWAY_BAD_DATA, bad);
    bad = good, bad.top_p = 0;
    LEEWAY_EXPECT_STATUS(run, sample, LEEWAY_BAD_ARGUMENT, bad);
    bad = good, bad.workspace_bytes = 63;
    LEEWAY_EXPECT_STATUS(run, sample, LEEWAY_BAD_ARGUMENT, bad);
    run.same("outputs untouched", run.read(token), std::vector<int32_t>{77});
    run.same("outputs untouched", run.read(log_prob), std::vector<float>{77});
    run.same("outputs untouched", run.read(entropy), std::vector<float>{77});
}

/* The law between rollout and training: what sample stores is what head_forward computes, bit for bit. shape: rows, C, V, masked */
void sample_equals_head(Run &run, const Shape &shape) {
    int64_t rows = shape[0], hidden = shape[1], vocabulary = shape[2];
    Settings s = {.temperature = 0.7f};
    Batch b = batch_of(run, rows, vocabulary, shape[3] != 0);
    auto x = run.in(run.normal(rows * hidden)), w = run.in(run.normal(vocabulary * hidden, 0.5));
    auto allowed = run.in(b.allowed);
    leeway_distribution head = {};
    head.weight = {w.get(), nullptr, nullptr, LEEWAY_F32, 0};
    head.allowed = b.allowed.empty() ? nullptr : allowed.get();
    head.softcap = shape[3] ? 30.0f : 0.0f;
    head.temperature = float(s.temperature);
    auto logits = run.out<float>(rows * vocabulary);
    LEEWAY_RUN(run, head_logits, {rows, hidden, vocabulary, head, x.get(), logits.get(), nullptr, LEEWAY_F32});
    b.logits = run.read(logits);
    auto drawn = sample(run, s, b, false);
    auto targets = run.in(drawn.tokens);
    auto log_prob = run.out<float>(rows), entropy = run.out<float>(rows);
    auto bytes = std::make_unique<int64_t>(0);
    LEEWAY_RUN(run, head_workspace, {rows, hidden, vocabulary, 0, bytes.get(), LEEWAY_F32, 0});
    auto workspace = run.out<uint8_t>(*bytes);
    leeway_head_forward_args args = {};
    args.rows = rows, args.hidden = hidden, args.vocabulary = vocabulary, args.distribution = head;
    args.x = x.get(), args.targets = targets.get(), args.log_prob = log_prob.get(), args.entropy = entropy.get();
    args.workspace = workspace.get(), args.workspace_bytes = *bytes, args.dtype = LEEWAY_F32;
    LEEWAY_RUN(run, head_forward, args);
    run.same("log_prob of the head", run.read(log_prob), drawn.log_prob);
    run.same("entropy of the head", run.read(entropy), drawn.entropy);
}

/* One rounding of a sum in double; its products are exact. dweight: a chain of M products, the sum. dbias: the same. */
template <leeway_dtype type>
void scalar_head_row(Run &run, const Shape &shape) {
    int64_t rows = shape[0], hidden = shape[1];
    auto x = rounded(type, run.normal(rows * hidden)), w = rounded(type, run.normal(hidden)), bias = rounded(type, run.normal(1));
    auto dv = run.normal(rows), old = run.normal(hidden);
    auto bx = in(run, type, x), bw = in(run, type, w), bb = in(run, type, bias), dx = out(run, type, rows * hidden);
    auto bd = run.in(dv), value = run.out<float>(rows), dw = run.inout(old), db = run.inout(bias);
    LEEWAY_RUN(run, scalar_head_forward, {rows, hidden, bx.get(), bw.get(), bb.get(), value.get(), type});
    LEEWAY_RUN(run, scalar_head_backward, {rows, hidden, bx.get(), bw.get(), bd.get(), dx.get(), dw.get(), db.get(), type});
    Doubles want(size_t(rows), bias[0]), bound(size_t(rows), 0.0), want_dx, dx_bound, want_dw = widen(old), dw_bound(size_t(hidden), 0.0);
    double chain = double(rows + 2) * 1.01 * u, want_db = bias[0];
    for (size_t i = 0; i < x.size(); i++) {
        size_t m = i / size_t(hidden), c = i % size_t(hidden);
        want[m] += double(x[i]) * w[c];
        bound[m] += double(hidden) * 0x1p-53 * std::fabs(double(x[i]) * w[c]);
        want_dw[c] += double(dv[m]) * x[i];
        dw_bound[c] += chain * (std::fabs(double(dv[m]) * x[i]) + std::fabs(old[c]) / double(rows));
        want_dx.push_back(double(dv[m]) * w[c]);
        dx_bound.push_back(1.001 * u * std::fabs(want_dx.back()));
    }
    for (size_t m = 0; m < want.size(); m++) bound[m] += 1.001 * u * std::fabs(want[m]), want_db += dv[m];
    run.expect("value", run.read(value), want, bound);
    run.expect("dx", read(run, dx), want_dx, stored(type, want_dx, dx_bound));
    run.expect("dweight", run.read(dw), want_dw, dw_bound);
    run.expect("dbias", run.read(db), {want_db}, {1.001 * u * std::fabs(want_db) + 1e-12});
}

std::vector<Shape> sample_shapes() {
    std::vector<Shape> shapes;
    for (int64_t s = 0; s < int64_t(std::size(settings)); s++) {
        shapes.push_back({1 + s % 5, 61, s, 0});
        shapes.push_back({3, 257, s, 1});
    }
    for (const Shape &shape : {Shape{1, 1, 0, 0}, {2, 4096, 7, 0}, {3, 9001, 4, 1}, {2, 32000, 7, 0}, {2, 300, 4, 2}, {3, 5000, 7, 2},
                               {2, 3000, 4, 2}, {2, 3000, 3, 2}, {2, 700, 9, 2}})
        shapes.push_back(shape);
    return shapes;
}

[[maybe_unused]] const bool registered[] = {
    add("sample", sample_shapes(), sample_row),
    add("sample_frequencies", {{20000, 7}}, sample_frequencies),
    add("sample_refusals", {{}}, sample_refusals),
    add("sample_equals_head", {{1, 8, 5, 0}, {3, 64, 4097, 0}, {5, 33, 9001, 1}}, sample_equals_head),
    add("scalar_head", {{1, 1}, {3, 17}, {64, 64}, {257, 577}}, scalar_head_row<LEEWAY_F32>),
    add("scalar_head_bf16", {{1, 1}, {3, 17}, {64, 64}, {257, 577}}, scalar_head_row<LEEWAY_BF16>),
};

}  // namespace
