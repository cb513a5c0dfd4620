/* rows_optimizer_tensors.cpp: adamw_tensors, sum_squares_tensors, clip_scale. */
#include "optimizer_case.h"

namespace {

using namespace table;
using namespace table::optimizer;

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

[[maybe_unused]] const bool registered[] = {
    add("adamw_tensors", {{1}, {4096, 0, 4097, 1, 0, 255}, {0, 9000, 70001, 5000, 12289, 257, 4095, 300}}, adamw_tensors_row),
    add("adamw_tensors_scale", {{1}, {5000}}, adamw_tensors_scale_row),
    add("adamw_tensors_refusals", {{}}, adamw_tensors_refusals),
    add("sum_squares_tensors", {{}, {0}, {1, 0, 4096}, {4097, 1, 0, 70001, 12289}}, sum_squares_tensors_row),
    add("clip_scale", {{0}, {1}, {255}, {600}}, clip_scale_row),
};

}  // namespace
