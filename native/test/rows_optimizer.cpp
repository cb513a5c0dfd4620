/* rows_optimizer.cpp: adamw. */
#include "table.h"

namespace {

using namespace table;

struct Oracle {
    std::vector<double> w, m, v;
    std::vector<double> w_bound, m_bound, v_bound;
};

/* Roundings, in u: g 1. m: beta's 1, difference 1 + g's 1, product 1, sum 1: 5 of |m| + (1-beta1)(|g| + |m|).
 * v: 1 - beta2 and beta2 1, products 2, g twice 1, sum 1: 6 of v. Update: rate 1, its product 1, root of v 3 + 1, root 1, quotient 1, eps 1,
 * sum 1, quotient 1: 11 of it, and what m carries. Weight: decay 1, product 1, difference 1: 3 of |w| and 1 of the update. */
Oracle oracle(const leeway_adamw_args &a, const std::vector<float> &w, const std::vector<float> &g, const std::vector<float> &m,
              const std::vector<float> &v) {
    Oracle o;
    double t = double(a.step), rate = a.learning_rate / (1 - std::pow(a.beta1, t)), root = std::sqrt(1 - std::pow(a.beta2, t));
    for (size_t i = 0; i < w.size(); i++) {
        double gi = a.gradient_scale * g[i];
        double mi = m[i] + (1 - a.beta1) * (gi - m[i]);
        double vi = a.beta2 * v[i] + (1 - a.beta2) * gi * gi;
        double m_bound = 5 * u * (std::fabs(m[i]) + (1 - a.beta1) * (std::fabs(gi) + std::fabs(m[i])));
        double below = std::sqrt(vi) / root + a.eps;
        double update = rate * mi / below;
        o.m.push_back(mi);
        o.v.push_back(vi);
        o.w.push_back(w[i] * (1 - a.learning_rate * a.weight_decay) - update);
        o.m_bound.push_back(m_bound);
        o.v_bound.push_back(6 * u * vi + 1e-44);
        o.w_bound.push_back(3 * u * std::fabs(w[i]) + 12 * u * std::fabs(update) + rate * m_bound / below + 1e-44);
    }
    return o;
}

/* shape: count, step */
void adamw_row(Run &run, const Shape &shape) {
    int64_t count = shape[0];
    auto w = run.normal(count), g = run.normal(count, 0.1), m = run.normal(count, 0.1), v = run.uniform(count, 0, 0.02);
    if (shape[1] == 1) m.assign(m.size(), 0.0f), v.assign(v.size(), 0.0f);
    if (count > 2) g[2] = m[2] = v[2] = 0.0f;  // an embedding row that never occurred
    auto bw = run.inout(w), bm = run.inout(m), bv = run.inout(v);
    auto bg = run.in(g);
    leeway_adamw_args args = {.count = count, .step = shape[1], .parameter = bw.get(), .master = nullptr, .gradient = bg.get(),
                              .m = bm.get(), .v = bv.get(), .m_scale = nullptr, .v_scale = nullptr, .seed = 0, .learning_rate = 3e-3,
                              .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .weight_decay = 0.1, .gradient_scale = 0.37, .dtype = LEEWAY_F32,
                              .gradient_dtype = LEEWAY_F32, .moment_dtype = LEEWAY_F32, .stochastic = 0};
    LEEWAY_RUN(run, adamw, args);
    auto want = oracle(args, w, g, m, v);
    run.expect("parameter", run.read(bw), want.w, want.w_bound);
    run.expect("m", run.read(bm), want.m, want.m_bound);
    run.expect("v", run.read(bv), want.v, want.v_bound);
}

void adamw_refusals(Run &run, const Shape &) {
    auto w = run.inout(run.normal(4));
    leeway_adamw_args good = {.count = 4, .step = 1, .parameter = w.get(), .master = nullptr, .gradient = w.get(), .m = w.get(),
                              .v = w.get(), .m_scale = nullptr, .v_scale = nullptr, .seed = 0, .learning_rate = 1e-3, .beta1 = 0.9,
                              .beta2 = 0.999, .eps = 1e-8, .weight_decay = 0, .gradient_scale = 1, .dtype = LEEWAY_F32,
                              .gradient_dtype = LEEWAY_F32, .moment_dtype = LEEWAY_F32, .stochastic = 0};
    auto bad = good;
    bad.step = 0;
    LEEWAY_EXPECT_STATUS(run, adamw, LEEWAY_BAD_ARGUMENT, bad);
    bad = good;
    bad.beta2 = 1.0;
    LEEWAY_EXPECT_STATUS(run, adamw, LEEWAY_BAD_ARGUMENT, bad);
    bad = good;
    bad.gradient_scale = std::nan("");
    LEEWAY_EXPECT_STATUS(run, adamw, LEEWAY_BAD_ARGUMENT, bad);
    bad = good;
    bad.v = nullptr;
    LEEWAY_EXPECT_STATUS(run, adamw, LEEWAY_BAD_ARGUMENT, bad);
}

[[maybe_unused]] const bool registered[] = {
    add("adamw", {{0, 1}, {1, 1}, {15, 2}, {17, 3}, {1000, 1}, {70001, 1000}}, adamw_row),
    add("adamw_refusals", {{}}, adamw_refusals),
};

}  // namespace
