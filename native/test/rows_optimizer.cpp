/* rows_optimizer.cpp: adamw, adamw_tensors, clip_scale; sum_squares_tensors. */
#include <algorithm>

#include "number.h"

namespace {

using namespace table;

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

/* What is stored in which type. */
struct Types {
    leeway_dtype parameter, gradient, moment;
    bool master, stochastic;
};

/* Dettmers et al. 2022: 0, the middles of 2^i (signed) or 2^(i+1) equal parts of a decade, 1; signed: all between with a minus too. */
std::vector<double> levels(bool with_sign) {
    std::vector<double> level = {0.0, 1.0};
    for (int i = 0; i < 7; i++)
        for (int part = 0, parts = with_sign ? 1 << i : 2 << i; part < parts; part++) {
            double middle = double(float(std::pow(10.0, i - 6) * (0.1 + 0.9 * (part + 0.5) / parts)));
            level.push_back(middle);
            if (with_sign) level.push_back(-middle);
        }
    std::sort(level.begin(), level.end());
    return level;
}

/* A moment on the device, and what it is worth. */
struct Moment {
    leeway_dtype type = LEEWAY_F32;
    bool with_sign = false;
    Array values;
    Buffer<uint8_t> codes;
    Buffer<float> scales;
    std::vector<float> now;

    Moment(Run &run, leeway_dtype type, bool with_sign, const std::vector<float> &x) : type(type), with_sign(with_sign) {
        if (type != LEEWAY_U8) {
            now = rounded(type, x);
            values = inout(run, type, now);
            return;
        }
        auto level = levels(with_sign);
        std::vector<uint8_t> code;
        std::vector<float> scale((x.size() + 255) / 256);
        for (size_t i = 0; i < x.size(); i++) scale[i / 256] = std::max(scale[i / 256], std::fabs(x[i]));
        for (size_t i = 0; i < x.size(); i++) {
            code.push_back(uint8_t(run.random()() % 256));
            if (scale[i / 256] == 0) code.back() = 0;
            now.push_back(float(level[code.back()]) * scale[i / 256]);
        }
        codes = run.inout(code);
        scales = run.inout(scale);
    }
    void *get() const { return type == LEEWAY_U8 ? codes.get() : values.get(); }

    /* The stored moment against what it should be; codes must be the nearest, and no further away than half the widest gap. */
    void expect(Run &run, const char *what, const std::vector<double> &want, const std::vector<double> &bound) const {
        if (type != LEEWAY_U8) return run.expect(what, read(run, values), want, stored(type, want, bound));
        auto level = levels(with_sign);
        auto code = run.read(codes);
        auto scale = run.read(scales);
        if (!run.checks()) return;
        for (size_t first = 0; first < want.size(); first += 256) {
            size_t end = std::min(want.size(), first + 256);
            double most = 0, error = 0, s = scale[first / 256];
            for (size_t i = first; i < end; i++) most = std::max(most, std::fabs(want[i])), error = std::max(error, bound[i]);
            run.expect(std::string(what) + ": scale", std::fabs(s - most) <= error);
            for (size_t i = first; i < end && s > 0; i++) {
                double x = want[i] / s, off = std::fabs(level[code[i]] - x), least = 2;
                for (double l : level) least = std::min(least, std::fabs(l - x));
                run.expect(std::string(what) + ": nearest code", off - least <= 2 * (error / s + 3 * u));
                run.expect(std::string(what) + ": half a gap", off <= 0.45 / (with_sign ? 64 : 128) + error / s + 3 * u);
            }
        }
    }
};

leeway_adamw_args arguments(int64_t count, int64_t step, const Types &types) {
    return {.count = count, .step = step, .parameter = nullptr, .master = nullptr, .gradient = nullptr, .m = nullptr, .v = nullptr,
            .m_scale = nullptr, .v_scale = nullptr, .seed = 77, .learning_rate = 3e-3, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8,
            .weight_decay = 0.1, .gradient_scale = 0.37, .dtype = types.parameter, .gradient_dtype = types.gradient,
            .moment_dtype = types.moment, .stochastic = types.stochastic};
}

constexpr Types fp32 = {LEEWAY_F32, LEEWAY_F32, LEEWAY_F32, false, false};
constexpr Types fp32_u8 = {LEEWAY_F32, LEEWAY_F32, LEEWAY_U8, false, false};
constexpr Types master = {LEEWAY_BF16, LEEWAY_F32, LEEWAY_F32, true, false};
constexpr Types master_bf16 = {LEEWAY_BF16, LEEWAY_BF16, LEEWAY_BF16, true, false};
constexpr Types nearest = {LEEWAY_BF16, LEEWAY_BF16, LEEWAY_BF16, false, false};
constexpr Types lean = {LEEWAY_BF16, LEEWAY_BF16, LEEWAY_U8, false, true};

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

/* The arrays of one tensor of a table. */
struct Member {
    Types types;
    Array parameter, gradient;
    Buffer<float> whole;
    Moment m, v;

    Member(Run &run, int64_t count, const Types &types, const std::vector<float> &w, const std::vector<float> &g,
           const std::vector<float> &m, const std::vector<float> &v, uint64_t seed)
        : types(types), m((run.random().seed(seed), run), types.moment, true, m), v(run, types.moment, false, v) {
        parameter = inout(run, types.parameter, rounded(types.parameter, w)), gradient = in(run, types.gradient, g);
        if (types.master && count > 0) whole = run.inout(w);
    }

    leeway_adamw_tensor entry(int64_t count, int64_t tile, bool decayed) const {
        return {.count = count, .tile = tile, .parameter = parameter.get(), .master = whole.get(), .gradient = gradient.get(),
                .m = m.get(), .v = v.get(), .m_scale = m.scales.get(), .v_scale = v.scales.get(), .dtype = types.parameter,
                .gradient_dtype = types.gradient, .moment_dtype = types.moment, .stochastic = types.stochastic, .decayed = decayed,
                .reserved = 0};
    }

    void same(Run &run, const Member &other, const std::string &name) const {
        run.same(name + " parameter", read(run, parameter), read(run, other.parameter));
        if (whole.memory) run.same(name + " master", run.read(whole), run.read(other.whole));
        for (auto pair : {std::pair(&m, &other.m), std::pair(&v, &other.v)}) {
            if (types.moment != LEEWAY_U8) {
                run.same(name + " moment", read(run, pair.first->values), read(run, pair.second->values));
                continue;
            }
            run.same(name + " codes", run.read(pair.first->codes), run.read(pair.second->codes));
            run.same(name + " scales", run.read(pair.first->scales), run.read(pair.second->scales));
        }
    }
};

constexpr const Types *kinds[] = {&fp32, &master, &lean, &fp32_u8, &master_bf16, &nearest};

/* shape: counts. All tensors at once and each alone end in the same bits; kinds take turns, every other tensor decays. */
void adamw_tensors_row(Run &run, const Shape &shape) {
    std::vector<Member> together, alone;
    std::vector<leeway_adamw_tensor> table;
    int64_t tiles = 0;
    together.reserve(shape.size()), alone.reserve(shape.size());
    for (size_t t = 0; t < shape.size(); t++) {
        const Types &types = *kinds[t % 6];
        auto w = run.normal(shape[t]), g = rounded(types.gradient, run.normal(shape[t], 0.1)), m = run.normal(shape[t], 0.1);
        auto v = run.uniform(shape[t], 0, 0.02);
        if (!types.master) w = rounded(types.parameter, w);
        const uint64_t seed = run.random()();
        together.emplace_back(run, shape[t], types, w, g, m, v, seed);
        alone.emplace_back(run, shape[t], types, w, g, m, v, seed);
        table.push_back(together.back().entry(shape[t], tiles, t % 2 == 0));
        tiles += (shape[t] + LEEWAY_TENSOR_TILE - 1) / LEEWAY_TENSOR_TILE;
    }
    const double scale = 0.37;
    auto entries = run.in(table);
    auto scales = run.in(std::vector<double>{scale});
    auto one = arguments(0, 3, fp32);
    leeway_adamw_tensors_args all = {.tensors = int64_t(shape.size()), .tiles = tiles, .step = 3, .table = entries.get(),
                                     .gradient_scale = scales.get(), .seed = one.seed, .learning_rate = one.learning_rate,
                                     .beta1 = one.beta1, .beta2 = one.beta2, .eps = one.eps, .weight_decay = one.weight_decay};
    LEEWAY_RUN(run, adamw_tensors, all);
    for (size_t t = 0; t < shape.size(); t++) {
        auto args = arguments(shape[t], 3, alone[t].types);
        const auto entry = alone[t].entry(shape[t], 0, true);
        args.parameter = entry.parameter, args.master = entry.master, args.gradient = entry.gradient, args.m = entry.m, args.v = entry.v;
        args.m_scale = entry.m_scale, args.v_scale = entry.v_scale;
        args.seed += t, args.gradient_scale = scale, args.weight_decay *= t % 2 == 0;
        LEEWAY_RUN(run, adamw, args);
        together[t].same(run, alone[t], "tensor " + std::to_string(t));
    }
}

/* A scale that is NaN moves nothing; without one gradients count as they are. */
void adamw_tensors_scale_row(Run &run, const Shape &shape) {
    const int64_t count = shape[0], tiles = (count + LEEWAY_TENSOR_TILE - 1) / LEEWAY_TENSOR_TILE;
    auto w = run.normal(count), g = run.normal(count), zero = std::vector<float>(size_t(count), 0.0f);
    Member member(run, count, fp32, w, g, zero, zero, 1), alone(run, count, fp32, w, g, zero, zero, 1);
    auto table = run.in(std::vector<leeway_adamw_tensor>{member.entry(count, 0, false)});
    auto nan = run.in(std::vector<double>{std::nan("")});
    leeway_adamw_tensors_args args = {.tensors = 1, .tiles = tiles, .step = 1, .table = table.get(), .gradient_scale = nan.get(),
                                      .seed = 0, .learning_rate = 3e-3, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .weight_decay = 0};
    LEEWAY_RUN(run, adamw_tensors, args);
    run.same("parameter", read(run, member.parameter), w);
    run.same("m", read(run, member.m.values), zero);
    args.gradient_scale = nullptr;
    LEEWAY_RUN(run, adamw_tensors, args);
    auto one = arguments(count, 1, fp32);
    one.gradient_scale = 1, one.weight_decay = 0;
    one.parameter = alone.parameter.get(), one.gradient = alone.gradient.get(), one.m = alone.m.get(), one.v = alone.v.get();
    LEEWAY_RUN(run, adamw, one);
    member.same(run, alone, "unscaled");
}

/* Each breaks an entry; nothing past it is said to have happened. */
void adamw_tensors_refusals(Run &run, const Shape &) {
    auto w = run.inout(run.normal(2 * LEEWAY_TENSOR_TILE + 8));
    leeway_adamw_tensor good = {.count = 4, .tile = 0, .parameter = w.get(), .master = nullptr, .gradient = w.get(), .m = w.get(),
                                .v = w.get(), .m_scale = nullptr, .v_scale = nullptr, .dtype = LEEWAY_F32, .gradient_dtype = LEEWAY_F32,
                                .moment_dtype = LEEWAY_F32, .stochastic = 0, .decayed = 0, .reserved = 0};
    leeway_adamw_tensors_args args = {.tensors = 1, .tiles = 1, .step = 1, .table = nullptr, .gradient_scale = nullptr, .seed = 0,
                                      .learning_rate = 0, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .weight_decay = 0};
    auto refuse = [&](auto change) {
        auto bad = good;
        change(bad);
        auto table = run.in(std::vector<leeway_adamw_tensor>{bad});
        args.table = table.get();
        LEEWAY_EXPECT_STATUS(run, adamw_tensors, LEEWAY_BAD_DATA, args);
    };
    refuse([](auto &bad) { bad.count = -1; });
    refuse([](auto &bad) { bad.count = LEEWAY_TENSOR_TILE + 1; });  // has two tiles
    refuse([](auto &bad) { bad.tile = 1; });
    refuse([](auto &bad) { bad.tile = -1, bad.count = 2 * LEEWAY_TENSOR_TILE; });  // its last tile alone is among all
    refuse([](auto &bad) { bad.gradient = nullptr; });
    refuse([](auto &bad) { bad.dtype = LEEWAY_F64; });
    refuse([](auto &bad) { bad.moment_dtype = LEEWAY_U8; });
    refuse([](auto &bad) { bad.stochastic = 1; });
    refuse([](auto &bad) { bad.decayed = 2; });
    args.step = 0;
    LEEWAY_EXPECT_STATUS(run, adamw_tensors, LEEWAY_BAD_ARGUMENT, args);
    args.step = 1, args.table = nullptr;
    LEEWAY_EXPECT_STATUS(run, adamw_tensors, LEEWAY_BAD_ARGUMENT, args);
}

/* shape: counts. */
void sum_squares_tensors_row(Run &run, const Shape &shape) {
    std::vector<leeway_squares_tensor> table;
    std::vector<double> sums;
    std::vector<int64_t> nonfinite;
    int64_t tiles = 0;
    for (size_t t = 0; t < shape.size(); t++) {
        const leeway_dtype type = t % 2 == 0 ? LEEWAY_F32 : LEEWAY_BF16;
        auto x = rounded(type, run.normal(shape[t]));
        if (shape[t] > 7) x[7] = std::nanf(""), x[size_t(shape[t]) - 1] = -INFINITY;
        auto values = in(run, type, x);
        table.push_back({.count = shape[t], .tile = tiles, .x = values.get(), .dtype = type, .reserved = 0});
        tiles += (shape[t] + LEEWAY_TENSOR_TILE - 1) / LEEWAY_TENSOR_TILE;
        auto sum = run.out<double>(1);
        auto broken = run.out<int64_t>(1);
        LEEWAY_RUN(run, sum_squares,
                   {.count = shape[t], .x = values.get(), .sum = sum.get(), .nonfinite = broken.get(), .dtype = type});
        sums.push_back(run.read(sum)[0]), nonfinite.push_back(run.read(broken)[0]);
    }
    auto entries = run.in(table);
    auto sum = run.out<double>(int64_t(shape.size()));
    auto broken = run.out<int64_t>(int64_t(shape.size()));
    LEEWAY_RUN(run, sum_squares_tensors,
               {.tensors = int64_t(shape.size()), .tiles = tiles, .table = entries.get(), .sum = sum.get(), .nonfinite = broken.get()});
    run.same("sums", run.read(sum), sums);
    run.same("nonfinite", run.read(broken), nonfinite);
    if (tiles == 0) return;
    LEEWAY_EXPECT_STATUS(run, sum_squares_tensors, LEEWAY_BAD_DATA,
                         {.tensors = int64_t(shape.size()), .tiles = tiles + 1, .table = entries.get(), .sum = sum.get(),
                          .nonfinite = broken.get()});
}

/* shape: tensors. Each scale by its formula; sums are powers of two, so that their sum is exact. */
void clip_scale_row(Run &run, const Shape &shape) {
    const int64_t tensors = shape[0];
    std::vector<double> sums;
    double squares = 0;
    for (int64_t t = 0; t < tensors; t++) sums.push_back(std::ldexp(1.0, int(run.random()() % 20) - 10)), squares += sums.back();
    const double norm = std::sqrt(squares), inf = INFINITY;
    auto sum = run.in(sums);
    std::vector<int64_t> none(size_t(tensors), 0), one = none;
    if (tensors > 0) one.back() = 1;
    auto healthy = run.in(none), broken = run.in(one);
    auto scale = [&](const Buffer<int64_t> &nonfinite, double max_norm, double largest) {
        auto result = run.out<double>(1);
        LEEWAY_RUN(run, clip_scale,
                   {.tensors = tensors, .sum = sum.get(), .nonfinite = nonfinite.get(), .scale = result.get(), .max_norm = max_norm,
                    .largest = largest});
        return run.read(result)[0];
    };
    run.expect("not clipped", scale(healthy, 0, inf) == 1 && scale(healthy, inf, inf) == 1 && scale(healthy, norm + 1, inf) == 1);
    run.expect("within", scale(healthy, 0, norm) == 1);
    if (tensors == 0) return;
    run.expect("clipped", scale(healthy, norm / 3, inf) == std::min(1.0, norm / 3 / (norm + 1e-6)));
    run.expect("too large", std::isnan(scale(healthy, 0, norm * 0.99)) && !std::isnan(scale(healthy, norm / 2, norm * 0.99)));
    run.expect("not finite", std::isnan(scale(broken, 1, inf)));
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
    add("adamw_tensors", {{1}, {4096, 0, 4097, 1, 0, 255}, {0, 9000, 70001, 5000, 12289, 257, 4095, 300}}, adamw_tensors_row),
    add("adamw_tensors_scale", {{1}, {5000}}, adamw_tensors_scale_row),
    add("adamw_tensors_refusals", {{}}, adamw_tensors_refusals),
    add("sum_squares_tensors", {{}, {0}, {1, 0, 4096}, {4097, 1, 0, 70001, 12289}}, sum_squares_tensors_row),
    add("clip_scale", {{0}, {1}, {255}, {600}}, clip_scale_row),
};

}  // namespace
