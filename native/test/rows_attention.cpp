/* rows_attention.cpp: attention_forward, attention_backward.
 *
 * Bounds, to first order in u, then 5 % for the rest. n keys seen, B blocks of 64, D head dim:
 *     a = scale q.k        (D + 2) u scale sum|q k|: a product and D sums, perhaps not fused, and the scale
 *     z = cap tanh(a/cap)  + u |a| + 5 u |z|: the quotient, tanh to 2 ulp, the product (slope of tanh <= 1)
 *     weight exp(z - max)  relative: e_z + u (max - z) + 3 u, and 4 u for each of the B times that the maximum may move
 *     l = sum of weights   relative: the weights' own, and (6 + 2 B) u: six levels of sums, a product and a sum a block
 *     o = sum weight v     the weights' own, and (n + B + 1) u sum|weight v|
 * BF16 adds: a rounding of each weight, p and da where a product takes them (u16 each; the sum of weights has the unrounded ones), and of
 * each result. Sums of products of pairs have the same bounds: two roundings a pair.
 */
#include <algorithm>

#include "attention_case.h"

namespace {

using namespace attention_case;
using Doubles = std::vector<double>;

constexpr double slack = 1.05, least = 1e-35;  // results below 2^-126 may be flushed

/* What a factor that the op makes itself is off as operand of a product, relative to it. */
double operand(const Problem &p) { return p.type == LEEWAY_F32 ? 0.0 : u16; }

/* One query row against the keys that it sees: rows first .. first + z.size(). */
struct Scores {
    int64_t query;        // element of (N,H)
    int64_t head;         // kv head
    int64_t first;
    Doubles z, tanh, error;
    double lse, max, blocks;
    Doubles weight_error; // relative
};

Scores score(const Problem &p, const Doubles &q, const Doubles &k, int64_t row, int64_t start, int64_t h) {
    int64_t low = p.window > 0 ? std::max(start, row - p.window + 1) : start;
    Scores s{row * p.heads + h, h / p.group(), low, {}, {}, {}, 0, -INFINITY, double((row - start) / 64 - (low - start) / 64 + 1), {}};
    for (int64_t j = low; j <= row; j++) {
        double dot = 0, size = 0;
        for (int64_t d = 0; d < p.head_dim; d++) {
            double term = q[size_t(s.query * p.head_dim + d)] * k[size_t((j * p.kv_heads + s.head) * p.head_dim + d)];
            dot += term;
            size += std::fabs(term);
        }
        double a = p.scale * dot, t = p.softcap > 0 ? std::tanh(a / p.softcap) : 0, z = p.softcap > 0 ? p.softcap * t : a;
        s.z.push_back(z);
        s.tanh.push_back(t);
        s.error.push_back(u * (double(p.head_dim + 2) * p.scale * size + (p.softcap > 0 ? std::fabs(a) + 5 * std::fabs(z) : 0)));
        s.max = std::max(s.max, z);
    }
    double sum = 0;
    for (double z : s.z) sum += std::exp(z - s.max);
    s.lse = s.max + std::log(sum);
    for (size_t j = 0; j < s.z.size(); j++) s.weight_error.push_back(s.error[j] + u * (s.max - s.z[j] + 3 + 4 * s.blocks));
    return s;
}

template <class Visit>
void each_row(const Problem &p, const Doubles &q, const Doubles &k, Visit visit) {
    for (int64_t s = 0; s < p.sequences; s++)
        for (int64_t row = p.starts[size_t(s)]; row < p.starts[size_t(s) + 1]; row++)
            for (int64_t h = 0; h < p.heads; h++) visit(score(p, q, k, row, p.starts[size_t(s)], h));
}

struct Forward {
    Doubles out, out_bound, lse, lse_bound;
};

Forward forward(const Problem &p, const Doubles &q, const Doubles &k, const Doubles &v) {
    Forward f{Doubles(size_t(p.queries())), Doubles(size_t(p.queries())), {}, {}};
    each_row(p, q, k, [&](const Scores &s) {
        double n = double(s.z.size()), sum_error = (6 + 2 * s.blocks) * u;
        for (size_t j = 0; j < s.z.size(); j++) sum_error += std::exp(s.z[j] - s.lse) * s.weight_error[j];
        for (int64_t d = 0; d < p.head_dim; d++) {
            double out = 0, bound = 0;
            for (size_t j = 0; j < s.z.size(); j++) {
                double term = std::exp(s.z[j] - s.lse) * v[size_t(((s.first + int64_t(j)) * p.kv_heads + s.head) * p.head_dim + d)];
                out += term;
                bound += std::fabs(term) * (s.weight_error[j] + (n + s.blocks + 1) * u + operand(p));
            }
            f.out[size_t(s.query * p.head_dim + d)] = out;
            f.out_bound[size_t(s.query * p.head_dim + d)] = stored(p.type, out, slack * (bound + std::fabs(out) * (sum_error + u)) + least);
        }
        f.lse.push_back(s.lse);
        f.lse_bound.push_back(slack * (sum_error + u * (std::fabs(s.lse) + 3 * (1 + std::log(n)))) + least);
    });
    return f;
}

struct Gradients {
    Doubles dq, dk, dv, dq_bound, dk_bound, dv_bound;
};

/* One visible pair: p, da and their errors, given float out and lse that are the true ones rounded. */
struct Weight {
    double p, p_error, da, da_error;
};

Weight weigh(const Problem &p, const Scores &s, size_t j, double dp, double dp_size, double delta, double delta_size) {
    double probability = std::exp(s.z[j] - s.lse), dz = probability * (dp - delta), d = double(p.head_dim);
    double relative = s.error[j] + u * (std::fabs(s.lse) + std::fabs(s.z[j] - s.lse) + 3);
    double dz_error = probability * u * ((d + 1) * dp_size + (d + 2) * delta_size + 2 * std::fabs(dp - delta)) + std::fabs(dz) * relative;
    double slope = 1 - s.tanh[j] * s.tanh[j];
    double slope_error = (p.softcap > 0 ? 2 * std::fabs(s.tanh[j]) * s.error[j] / p.softcap : 0) + 4 * u;
    return {probability, probability * relative, p.scale * dz * slope, p.scale * (dz_error * slope + std::fabs(dz) * slope_error)};
}

Gradients backward(const Problem &p, const Doubles &q, const Doubles &k, const Doubles &v, const Doubles &dout, const Forward &f) {
    size_t queries = size_t(p.queries()), keys = size_t(p.keys());
    Gradients g{Doubles(queries), Doubles(keys), Doubles(keys), Doubles(queries), Doubles(keys), Doubles(keys)};
    each_row(p, q, k, [&](const Scores &s) {
        double n = double(s.z.size()), delta = 0, delta_size = 0;
        size_t query = size_t(s.query * p.head_dim), width = size_t(p.head_dim);
        for (size_t d = 0; d < width; d++) {
            delta += dout[query + d] * f.out[query + d];
            delta_size += std::fabs(dout[query + d] * f.out[query + d]);
        }
        for (size_t j = 0; j < s.z.size(); j++) {
            size_t key = size_t(((s.first + int64_t(j)) * p.kv_heads + s.head) * p.head_dim);
            double dp = 0, dp_size = 0;
            for (size_t d = 0; d < width; d++) {
                dp += dout[query + d] * v[key + d];
                dp_size += std::fabs(dout[query + d] * v[key + d]);
            }
            Weight w = weigh(p, s, j, dp, dp_size, delta, delta_size);
            /* rows that see this key: at most all later ones of the batch */
            double m = double((p.rows - s.first - int64_t(j)) * p.group());
            for (size_t d = 0; d < width; d++) {
                g.dq[query + d] += w.da * k[key + d];
                g.dk[key + d] += w.da * q[query + d];
                g.dv[key + d] += w.p * dout[query + d];
                g.dq_bound[query + d] += slack * std::fabs(k[key + d]) * (w.da_error + ((n + 1) * u + operand(p)) * std::fabs(w.da));
                g.dk_bound[key + d] += slack * std::fabs(q[query + d]) * (w.da_error + ((m + 1) * u + operand(p)) * std::fabs(w.da));
                g.dv_bound[key + d] += slack * std::fabs(dout[query + d]) * (w.p_error + ((m + 1) * u + operand(p)) * w.p) + least;
            }
        }
    });
    for (auto *bound : {&g.dq_bound, &g.dk_bound})
        for (double &b : *bound) b += least;
    g.dq_bound = stored(p.type, g.dq, g.dq_bound);
    g.dk_bound = stored(p.type, g.dk, g.dk_bound);
    g.dv_bound = stored(p.type, g.dv, g.dv_bound);
    return g;
}

struct Slopes {
    Floats dq, dk, dv;
};

Slopes run_backward(Run &run, const Problem &p, const Inputs &x, const Outputs &y) {
    auto starts = run.in(p.starts);
    auto q = in(run, p.type, x.q), k = in(run, p.type, x.k), v = in(run, p.type, x.v), o = in(run, p.type, y.out);
    auto dout = in(run, p.type, x.dout), dq = out(run, p.type, p.queries()), dk = out(run, p.type, p.keys());
    auto dv = out(run, p.type, p.keys());
    auto lse = run.in(y.lse), delta = run.out<float>(p.rows * p.heads);
    LEEWAY_RUN(run, attention_backward,
               {p.rows, p.sequences, p.heads, p.kv_heads, p.head_dim, p.window, starts.get(), q.get(), k.get(), v.get(), o.get(),
                lse.get(), dout.get(), delta.get(), dq.get(), dk.get(), dv.get(), p.scale, p.softcap, p.type});
    return {read(run, dq), read(run, dk), read(run, dv)};
}

/* Sequence s as a batch of its own. */
Problem alone(const Problem &p, int64_t s) {
    Problem one = p;
    one.rows = p.starts[size_t(s) + 1] - p.starts[size_t(s)];
    one.starts = {0, int32_t(one.rows)};
    one.sequences = 1;
    return one;
}

template <class T>
std::vector<T> part(const Problem &p, int64_t s, const std::vector<T> &x, int64_t width) {
    return slice(x, p.starts[size_t(s)] * width, p.starts[size_t(s) + 1] * width);
}

Inputs part(const Problem &p, int64_t s, const Inputs &x) {
    Inputs one;
    int64_t query = p.heads * p.head_dim, key = p.kv_heads * p.head_dim;
    one.q = part(p, s, x.q, query), one.k = part(p, s, x.k, key), one.v = part(p, s, x.v, key), one.dout = part(p, s, x.dout, query);
    return one;
}

void refuses_bad_arguments(Run &run, const Problem &p) {
    auto refuse = [&](std::vector<int32_t> starts, int64_t kv_heads, int64_t head_dim, leeway_dtype dtype, leeway_status status) {
        auto buffer = run.in(starts);
        auto x = run.out<float>(p.queries() + 1);
        LEEWAY_EXPECT_STATUS(run, attention_forward, status,
                             {p.rows, p.sequences, p.heads, kv_heads, head_dim, p.window, buffer.get(), x.get(), x.get(), x.get(), x.get(),
                              x.get(), p.scale, p.softcap, dtype});
    };
    refuse(p.starts, p.heads + 1, p.head_dim, p.type, LEEWAY_BAD_ARGUMENT);
    refuse(p.starts, p.kv_heads, 15, p.type, LEEWAY_BAD_ARGUMENT);
    refuse(p.starts, p.kv_heads, 264, p.type, LEEWAY_BAD_ARGUMENT);
    refuse(p.starts, p.kv_heads, p.head_dim, LEEWAY_F64, LEEWAY_UNSUPPORTED);
    if (p.rows == 0) return;  // on a device there is no kernel then that could look at the starts
    for (size_t i : {size_t(0), p.starts.size() - 1}) {
        auto starts = p.starts;
        starts[i]++;
        refuse(starts, p.kv_heads, p.head_dim, p.type, LEEWAY_BAD_ARGUMENT);
    }
    auto starts = p.starts;
    if (starts.size() > 2) {
        starts[1] = starts.back() + 1;
        refuse(starts, p.kv_heads, p.head_dim, p.type, LEEWAY_BAD_ARGUMENT);
    }
}

/* The CPU keeps what a row must not see out of it even where that is not a number (more than the ABI asks). */
void last_key_reaches_last_row_only(Run &run, const Problem &p, const Inputs &x, const Outputs &whole) {
    Inputs poisoned = x;
    int64_t key = p.kv_heads * p.head_dim, query = p.heads * p.head_dim;
    for (int64_t s = 0; s < p.sequences; s++)
        for (int64_t i = p.starts[size_t(s)] == p.starts[size_t(s) + 1] ? 0 : key; i > 0; i--)
            poisoned.k[size_t(p.starts[size_t(s) + 1] * key - i)] = poisoned.v[size_t(p.starts[size_t(s) + 1] * key - i)] = NAN;
    auto got = run_forward(run, p, poisoned);
    for (int64_t s = 0; s < p.sequences; s++)
        if (int64_t begin = p.starts[size_t(s)], end = p.starts[size_t(s) + 1] - 1; begin < end)
            run.same("before a NaN key", slice(got.out, begin * query, end * query), slice(whole.out, begin * query, end * query));
}

template <leeway_dtype type>
void forward_row(Run &run, const Shape &shape) {
    Problem p = problem_of(shape, type);
    Inputs x(run, p);
    auto got = run_forward(run, p, x);
    if (run.checks()) {
        auto want = forward(p, widen(x.q), widen(x.k), widen(x.v));
        run.expect("out", got.out, want.out, want.out_bound);
        run.expect("lse", got.lse, want.lse, want.lse_bound);
    }
    for (int64_t s = 0; s < p.sequences && p.sequences > 1; s++) {
        auto one = run_forward(run, alone(p, s), part(p, s, x));
        run.same("sequence alone, out", one.out, part(p, s, got.out, p.heads * p.head_dim));
        run.same("sequence alone, lse", one.lse, part(p, s, got.lse, p.heads));
    }
    if (run.library().backend() == "cpu") last_key_reaches_last_row_only(run, p, x, got);
    refuses_bad_arguments(run, p);
}

/* The oracle's own gradients, by finite differences of its forward pass. */
void prove_oracle(Run &run, const Problem &p, const Inputs &x, const Gradients &g) {
    Doubles q = widen(x.q), k = widen(x.k), v = widen(x.v);
    auto loss = [&](const Doubles &q, const Doubles &k, const Doubles &v) {
        auto out = forward(p, q, k, v).out;
        double sum = 0;
        for (size_t i = 0; i < out.size(); i++) sum += out[i] * x.dout[i];
        return sum;
    };
    run.differentiate("oracle's dq", [&](const Doubles &y) { return loss(y, k, v); }, q, g.dq);
    run.differentiate("oracle's dk", [&](const Doubles &y) { return loss(q, y, v); }, k, g.dk);
    run.differentiate("oracle's dv", [&](const Doubles &y) { return loss(q, k, y); }, v, g.dv);
}

template <leeway_dtype type>
void backward_row(Run &run, const Shape &shape) {
    Problem p = problem_of(shape, type);
    Inputs x(run, p);
    auto f = forward(p, widen(x.q), widen(x.k), widen(x.v));
    Outputs y{rounded(type, Floats(f.out.begin(), f.out.end())), Floats(f.lse.begin(), f.lse.end())};
    if (type == LEEWAY_BF16) f.out = widen(y.out);  // delta is what the stored output gives
    auto got = run_backward(run, p, x, y);
    if (run.checks()) {
        auto want = backward(p, widen(x.q), widen(x.k), widen(x.v), widen(x.dout), f);
        run.expect("dq", got.dq, want.dq, want.dq_bound);
        run.expect("dk", got.dk, want.dk, want.dk_bound);
        run.expect("dv", got.dv, want.dv, want.dv_bound);
        if (type == LEEWAY_F32 && p.rows > 0 && p.rows * p.rows * p.heads * p.head_dim < 20000) prove_oracle(run, p, x, want);
    }
    int64_t query = p.heads * p.head_dim, key = p.kv_heads * p.head_dim;
    for (int64_t s = 0; s < p.sequences && p.sequences > 1; s++) {
        auto one = run_backward(run, alone(p, s), part(p, s, x), {part(p, s, y.out, query), part(p, s, y.lse, p.heads)});
        run.same("sequence alone, dq", one.dq, part(p, s, got.dq, query));
        run.same("sequence alone, dk", one.dk, part(p, s, got.dk, key));
        run.same("sequence alone, dv", one.dv, part(p, s, got.dv, key));
    }
}

[[maybe_unused]] const bool registered[] = {
    add("attention_forward", shapes, forward_row<LEEWAY_F32>),
    add("attention_forward_bf16", shapes, forward_row<LEEWAY_BF16>),
    add("attention_backward", shapes, backward_row<LEEWAY_F32>),
    add("attention_backward_bf16", shapes, backward_row<LEEWAY_BF16>),
    add("attention_backward_long", {{1, 1, 256, 0, 0, 705}}, backward_row<LEEWAY_F32>),  // too many keys for one task
};

}  // namespace
