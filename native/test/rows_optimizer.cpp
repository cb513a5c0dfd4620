/* rows_optimizer.cpp: adamw. */
#include "optimizer_case.h"

namespace {

using namespace table;
using namespace table::optimizer;

struct Oracle {
    std::vector<double> w, m, v;
    std::vector<double> w_bound, m_bound, v_bound;
};

/* Roundings, in u: g 1. m: beta's 1, difference 1 + g's 1, product 1, sum 1: 5 of |m| + (1-beta1)(|g| + |m|).
 * v: 1 - beta2 and beta2 1, products 2, g twice 1, sum 1: 6 of v. Update: rate 1, its product 1, root of v 3 + 1, root 1, quotient 1,
 * eps 1, sum 1, quotient 1: 11 of it, and what m carries. Weight: decay 1, product 1, difference 1: 3 of |w| and 1 of the update. */
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
template <const Types &types>
void adamw_row(Run &run, const Shape &shape) {
    int64_t count = shape[0];
    auto w = run.normal(count), g = rounded(types.gradient, run.normal(count, 0.1)), m = run.normal(count, 0.1);
    auto v = run.uniform(count, 0, 0.02);
    if (shape[1] == 1) m.assign(m.size(), 0.0f), v.assign(v.size(), 0.0f);
    if (count > 2) g[2] = m[2] = v[2] = 0.0f;  // an embedding row that never occurred
    if (!types.master) w = rounded(types.parameter, w);
    Moment first(run, types.moment, true, m), second(run, types.moment, false, v);
    auto parameter = inout(run, types.parameter, rounded(types.parameter, w)), gradient = in(run, types.gradient, g);
    auto whole = types.master ? run.inout(w) : Buffer<float>{};
    auto args = arguments(count, shape[1], types);
    args.parameter = parameter.get(), args.master = whole.get(), args.gradient = gradient.get();
    args.m = first.get(), args.v = second.get(), args.m_scale = first.scales.get(), args.v_scale = second.scales.get();
    LEEWAY_RUN(run, adamw, args);
    auto want = oracle(args, w, g, first.now, second.now);
    auto got = read(run, parameter);
    if (types.master) {
        auto got_master = run.read(whole);
        run.expect("master", got_master, want.w, want.w_bound);
        run.same("parameter", got, rounded(LEEWAY_BF16, got_master));
    } else {
        for (size_t i = 0; i < got.size() && types.parameter == LEEWAY_BF16; i++)  // a neighbour is a whole ulp away
            want.w_bound[i] += (types.stochastic ? 2 : 1) * u16 * (std::fabs(want.w[i]) + want.w_bound[i]);
        run.expect("parameter", got, want.w, want.w_bound);
    }
    first.expect(run, "m", want.m, want.m_bound);
    second.expect(run, "v", want.v, want.v_bound);
}

/* Nothing but decay moves 10^6 weights of 1 to 1 - 0.3 * 2^-8, so 0.3 of them must fall to 1 - 2^-8: the share is off by at most five
 * standard deviations, and each one falls where its random bits say so. */
void adamw_stochastic_row(Run &run, const Shape &shape) {
    int64_t count = shape[0];
    auto args = arguments(count, 1, lean);
    args.moment_dtype = LEEWAY_F32;
    args.learning_rate = 1, args.weight_decay = 0.3 * 0x1p-8;
    std::vector<float> nothing(static_cast<size_t>(count), 0.0f);
    auto w = inout(run, LEEWAY_BF16, std::vector<float>(nothing.size(), 1.0f)), g = in(run, LEEWAY_BF16, nothing);
    auto m = run.inout(nothing), v = run.inout(nothing);
    args.parameter = w.get(), args.gradient = g.get(), args.m = m.get(), args.v = v.get();
    LEEWAY_RUN(run, adamw, args);
    auto got = read(run, w);
    if (!run.checks()) return;
    double exact = float(1.0 - args.weight_decay), below = 1.0 - 0x1p-8, share = (exact - below) / 0x1p-8, sum = 0;
    for (size_t i = 0; i < got.size(); i++) {
        bool up = share * 65536 + double(philox(args.seed, 0, i)[0] >> 16) >= 65536;
        if (got[i] != (up ? 1.0f : float(below))) return run.expect("weight " + std::to_string(i), false);
        sum += got[i];
    }
    run.expect("bias", std::fabs(sum / double(count) - exact) <= 5 * 0x1p-8 * std::sqrt(share * (1 - share) / double(count)));
}

/* Four steps; or two, everything through the host, and two more: the same bits. */
void adamw_resume_row(Run &run, const Shape &shape) {
    int64_t count = shape[0];
    auto g = rounded(LEEWAY_BF16, run.normal(count, 0.1));
    auto w = to_bf16(run.normal(count));
    std::vector<uint8_t> m(static_cast<size_t>(count), 0), v = m;
    std::vector<float> m_scale(static_cast<size_t>(count + 255) / 256, 0.0f), v_scale = m_scale;
    auto gradient = in(run, LEEWAY_BF16, g);
    auto walk = [&](std::initializer_list<int64_t> steps, auto &w, auto &m, auto &v, auto &m_scale, auto &v_scale) {
        auto bw = run.inout(w);
        auto bm = run.inout(m), bv = run.inout(v);
        auto bms = run.inout(m_scale), bvs = run.inout(v_scale);
        for (int64_t step : steps) {
            auto args = arguments(count, step, lean);
            args.seed = uint64_t(step);
            args.parameter = bw.get(), args.gradient = gradient.get(), args.m = bm.get(), args.v = bv.get();
            args.m_scale = bms.get(), args.v_scale = bvs.get();
            LEEWAY_RUN(run, adamw, args);
        }
        w = run.read(bw), m = run.read(bm), v = run.read(bv), m_scale = run.read(bms), v_scale = run.read(bvs);
    };
    auto w2 = w;
    auto m2 = m, v2 = v;
    auto m_scale2 = m_scale, v_scale2 = v_scale;
    walk({1, 2, 3, 4}, w, m, v, m_scale, v_scale);
    walk({1, 2}, w2, m2, v2, m_scale2, v_scale2);
    walk({3, 4}, w2, m2, v2, m_scale2, v_scale2);
    run.same("parameter", w2, w);
    run.same("m", m2, m);
    run.same("v", v2, v);
    run.same("m_scale", m_scale2, m_scale);
    run.same("v_scale", v_scale2, v_scale);
}

/* With beta1 = 0 and no moments yet m becomes the gradient: levels, exact middles and what lies two ulps or more beside them, in blocks of
 * scale 1. */
void adamw_codes_row(Run &run, const Shape &) {
    auto level = levels(true);
    std::vector<float> g;
    std::vector<uint8_t> want;
    auto expect = [&](double x, size_t code) {
        if (g.size() % 256 == 0) g.push_back(1.0f), want.push_back(255);
        g.push_back(float(x)), want.push_back(uint8_t(code));
    };
    for (size_t c = 0; c < 255; c++) {
        double middle = (level[c] + level[c + 1]) / 2, beside = 4 * u * std::fabs(middle);
        expect(level[c], c), expect(middle - beside, c), expect(middle + beside, c + 1);
        if (double(float(middle)) == middle) expect(middle, c);
    }
    expect(-1.0, 0), expect(1e-30, 127), expect(-1e-30, 127), expect(-0.0, 127);
    auto args = arguments(int64_t(g.size()), 1, fp32_u8);
    args.beta1 = 0, args.gradient_scale = 1;
    std::vector<float> none((g.size() + 255) / 256, 0.0f);
    auto w = run.inout(g);
    auto gradient = run.in(g), m_scale = run.inout(none), v_scale = run.inout(none);
    auto m = run.inout(std::vector<uint8_t>(g.size(), 0)), v = run.inout(std::vector<uint8_t>(g.size(), 0));
    args.parameter = w.get(), args.gradient = gradient.get(), args.m = m.get(), args.v = v.get();
    args.m_scale = m_scale.get(), args.v_scale = v_scale.get();
    LEEWAY_RUN(run, adamw, args);
    run.same("m", run.read(m), want);
    run.same("m_scale", run.read(m_scale), std::vector<float>(none.size(), 1.0f));
}

void adamw_refusals(Run &run, const Shape &) {
    auto w = run.inout(run.normal(4));
    leeway_adamw_args good = {.count = 4, .step = 1, .parameter = w.get(), .master = nullptr, .gradient = w.get(), .m = w.get(),
                              .v = w.get(), .m_scale = nullptr, .v_scale = nullptr, .seed = 0, .learning_rate = 1e-3, .beta1 = 0.9,
                              .beta2 = 0.999, .eps = 1e-8, .weight_decay = 0, .gradient_scale = 1, .dtype = LEEWAY_F32,
                              .gradient_dtype = LEEWAY_F32, .moment_dtype = LEEWAY_F32, .stochastic = 0};
    auto refuse = [&](leeway_status expected, auto change) {
        auto bad = good;
        change(bad);
        LEEWAY_EXPECT_STATUS(run, adamw, expected, bad);
    };
    refuse(LEEWAY_BAD_ARGUMENT, [](auto &bad) { bad.step = 0; });
    refuse(LEEWAY_BAD_ARGUMENT, [](auto &bad) { bad.beta2 = 1.0; });
    refuse(LEEWAY_BAD_ARGUMENT, [](auto &bad) { bad.gradient_scale = std::nan(""); });
    refuse(LEEWAY_BAD_ARGUMENT, [](auto &bad) { bad.weight_decay = INFINITY; });
    refuse(LEEWAY_BAD_ARGUMENT, [](auto &bad) { bad.eps = INFINITY; });  // no weight would move
    refuse(LEEWAY_BAD_ARGUMENT, [](auto &bad) { bad.v = nullptr; });
    refuse(LEEWAY_BAD_ARGUMENT, [](auto &bad) { bad.moment_dtype = LEEWAY_U8; });  // without scales
    refuse(LEEWAY_BAD_ARGUMENT, [](auto &bad) { bad.stochastic = 1; });            // a fp32 parameter is not rounded
    refuse(LEEWAY_BAD_ARGUMENT, [&](auto &bad) { bad.master = w.get(); });
    refuse(LEEWAY_UNSUPPORTED, [](auto &bad) { bad.gradient_dtype = LEEWAY_F64; });
}

const std::vector<Shape> updates = {{0, 1}, {1, 1}, {15, 2}, {17, 3}, {255, 2}, {1000, 1}, {20001, 1000}, {70001, 3}};

[[maybe_unused]] const bool registered[] = {
    add("adamw", updates, adamw_row<fp32>),
    add("adamw_u8", updates, adamw_row<fp32_u8>),
    add("adamw_master", updates, adamw_row<master>),
    add("adamw_master_bf16", updates, adamw_row<master_bf16>),
    add("adamw_bf16", updates, adamw_row<nearest>),
    add("adamw_bf16_u8_stochastic", updates, adamw_row<lean>),
    add("adamw_stochastic", {{1000003}}, adamw_stochastic_row),
    add("adamw_resume", {{1}, {255}, {257}, {5000}}, adamw_resume_row),
    add("adamw_u8_codes", {{}}, adamw_codes_row),
    add("adamw_refusals", {{}}, adamw_refusals),
};

}  // namespace
