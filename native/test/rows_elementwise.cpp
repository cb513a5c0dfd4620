/* rows_elementwise.cpp: fill, cast, axpy, scale, gather_rows, scatter_rows, sum_squares, quantize_nf4, dequantize; the random numbers of
 * the oracles. */
#include <algorithm>
#include <limits>
#include <numeric>

#include "number.h"

namespace {

using namespace table;

const std::vector<Shape> counts = {{0}, {1}, {15}, {16}, {17}, {1000}, {70001}};

/* Salmon et al. 2011, known answers of the authors' implementation. */
void philox_row(Run &run, const Shape &) {
    using Words = std::array<uint32_t, 4>;
    run.expect("zeros", philox(0, 0, 0) == Words{0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u});
    run.expect("ones", philox(~0ull, ~0ull, ~0ull) == Words{0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu});
    run.expect("digits of pi", philox(0x299f31d0a4093822ull, 0x0370734413198a2eull, 0x85a308d3243f6a88ull) ==
                                   Words{0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u});
}

template <leeway_dtype type>
void fill_row(Run &run, const Shape &shape) {
    auto x = out(run, type, shape[0]);
    LEEWAY_RUN(run, fill, {.count = shape[0], .x = x.get(), .value = -2.51f, .dtype = type});
    run.same("x", read(run, x), rounded(type, std::vector<float>(size_t(shape[0]), -2.51f)));
    LEEWAY_EXPECT_STATUS(run, fill, LEEWAY_BAD_ARGUMENT, {.count = -1, .x = x.get(), .value = 0, .dtype = type});
    LEEWAY_EXPECT_STATUS(run, fill, LEEWAY_BAD_ARGUMENT, {.count = 1, .x = nullptr, .value = 0, .dtype = type});
}

/* Two roundings at most: of alpha x and of the sum. */
template <leeway_dtype type>
void axpy_row(Run &run, const Shape &shape) {
    auto x = rounded(type, run.normal(shape[0])), y = rounded(type, run.normal(shape[0]));
    auto bx = in(run, type, x);
    auto by = inout(run, type, y);
    float alpha = 0.3f;
    LEEWAY_RUN(run, axpy, {.count = shape[0], .x = bx.get(), .y = by.get(), .alpha = alpha, .dtype = type});
    auto got = read(run, by);
    std::vector<double> want, bound;
    for (size_t i = 0; i < x.size(); i++) {
        double term = double(alpha) * x[i];
        want.push_back(y[i] + term);
        bound.push_back(stored(type, want[i], 1.001 * u * (std::fabs(term) + std::fabs(want[i]))));
    }
    run.expect("y", got, want, bound);
    if (shape[0] < 3) return;
    auto tail = in(run, type, slice(x, 2, shape[0]));  // other positions, same bits
    auto moved = inout(run, type, slice(y, 2, shape[0]));
    LEEWAY_RUN(run, axpy, {.count = shape[0] - 2, .x = tail.get(), .y = moved.get(), .alpha = alpha, .dtype = type});
    run.same("moved by two", read(run, moved), slice(got, 2, shape[0]));
}

template <leeway_dtype type>
void scale_row(Run &run, const Shape &shape) {
    auto x = rounded(type, run.normal(shape[0]));
    auto buffer = inout(run, type, x);
    LEEWAY_RUN(run, scale, {.count = shape[0], .x = buffer.get(), .alpha = -0.7f, .dtype = type});
    std::vector<float> want;
    for (float v : x) want.push_back(float(double(-0.7f) * double(v)));  // the product is exact in double: one rounding
    run.same("x", read(run, buffer), rounded(type, want));
}

std::vector<double> awkward_doubles(Run &run, int64_t count) {
    std::vector<double> special = {0.0, -0.0, 1.0 + 0x1p-8, 1.0 + 3 * 0x1p-8, 1.0 + 0x1p-8 + 0x1p-40, 1.0 + 3 * 0x1p-8 - 0x1p-40,
                                   -1e-40, 3.4e38, -3.3961e38, 1e300, 5e-324, 0x1p-134, 0x1.8p-133,
                                   std::numeric_limits<double>::infinity(), std::nan("")};
    std::normal_distribution<double> draw(0, 1);
    std::vector<double> x;
    for (int64_t i = 0; i < count; i++) x.push_back(size_t(i) < special.size() ? special[size_t(i)] : draw(run.random()));
    return x;
}

template <class From, class To>
std::vector<To> cast(Run &run, const std::vector<From> &x, leeway_dtype from, leeway_dtype to, int32_t stochastic = 0, uint64_t seed = 0) {
    auto in = run.in(x);
    auto out = run.out<To>(int64_t(x.size()));
    LEEWAY_RUN(run, cast, {.count = int64_t(x.size()), .x = in.get(), .y = out.get(), .seed = seed, .from = from, .to = to,
                           .stochastic = stochastic});
    return run.read(out);
}

template <class From>
void expect_nearest(Run &run, const std::vector<From> &x, const std::vector<uint16_t> &got, const char *what) {
    for (size_t i = 0; i < x.size(); i++) {
        bool right = std::isnan(x[i]) ? std::isnan(from_bf16(got[i])) : got[i] == bf16_nearest(x[i]);
        if (!right) return run.expect(std::string(what) + "[" + std::to_string(i) + "]: not the nearest", false);
    }
}

void cast_row(Run &run, const Shape &shape) {
    auto x = awkward_doubles(run, shape[0]);
    auto floats = cast<double, float>(run, x, LEEWAY_F64, LEEWAY_F32);
    run.same("F64 to F32", floats, std::vector<float>(x.begin(), x.end()));
    run.same("F32 to F64", cast<float, double>(run, floats, LEEWAY_F32, LEEWAY_F64), std::vector<double>(floats.begin(), floats.end()));
    auto shorts = cast<float, uint16_t>(run, floats, LEEWAY_F32, LEEWAY_BF16);
    expect_nearest(run, floats, shorts, "F32 to BF16");
    expect_nearest(run, x, cast<double, uint16_t>(run, x, LEEWAY_F64, LEEWAY_BF16), "F64 to BF16");
    auto back = cast<uint16_t, float>(run, shorts, LEEWAY_BF16, LEEWAY_F32);
    std::vector<float> want;
    for (uint16_t s : shorts) want.push_back(from_bf16(s));
    run.same("BF16 to F32", back, want);
}

/* Each result is a neighbour; and of n equal values x between d and d + g a share (x - d) / g goes up, within five standard deviations. */
void cast_stochastic_row(Run &run, const Shape &shape) {
    auto x = run.normal(shape[0]);
    std::fill(x.begin(), x.begin() + shape[0] / 2, 1.0f + 0.3f * 0x1p-7f);
    auto got = cast<float, uint16_t>(run, x, LEEWAY_F32, LEEWAY_BF16, 1, 42);
    double up = 0;
    auto from_double = cast<double, uint16_t>(run, widen(x), LEEWAY_F64, LEEWAY_BF16, 1, 42);
    run.same("from F64", from_double, got);
    for (size_t i = 0; i < x.size(); i++) {
        uint16_t below = bf16_below(x[i]);
        double share = (std::fabs(double(x[i])) - bf16_size(below)) / (bf16_size(uint16_t(below + 1)) - bf16_size(below));
        bool carries = share * 65536 + double(philox(42, 0, i)[0] >> 16) >= 65536;
        run.expect("up where the random bits say so", got[i] == below + (carries ? 1 : 0));
        if (int64_t(i) < shape[0] / 2) up += got[i] != below;
    }
    double n = double(shape[0] / 2);
    run.expect("share that goes up", std::fabs(up - 0.3 * n) <= 5 * std::sqrt(0.21 * n) + 1);
    auto exact = cast<float, uint16_t>(run, std::vector<float>(size_t(shape[0]), 1.5f), LEEWAY_F32, LEEWAY_BF16, 1, 42);
    run.same("what fits stays", exact, std::vector<uint16_t>(size_t(shape[0]), bf16_below(1.5)));
}

template <leeway_dtype type>
void gather_rows_row(Run &run, const Shape &shape) {
    int64_t rows = shape[0], width = shape[1], source_rows = shape[2];
    auto source = rounded(type, run.normal(source_rows * width));
    auto index = run.integers(rows, int32_t(source_rows));
    auto bs = in(run, type, source);
    auto bi = run.in(index);
    auto destination = out(run, type, rows * width);
    leeway_gather_rows_args args = {rows, width, source_rows, bi.get(), bs.get(), destination.get(), type};
    LEEWAY_RUN(run, gather_rows, args);
    std::vector<float> want;
    for (int32_t i : index) want.insert(want.end(), source.begin() + i * width, source.begin() + (i + 1) * width);
    run.same("destination", read(run, destination), want);
    index[size_t(rows - 1)] = int32_t(source_rows);
    auto outside = run.in(index);
    args.index = outside.get();
    LEEWAY_EXPECT_STATUS(run, gather_rows, LEEWAY_BAD_DATA, args);
    run.same("after refusal", read(run, destination), want);
}

template <leeway_dtype type>
void scatter_rows_row(Run &run, const Shape &shape) {
    int64_t rows = shape[0], width = shape[1], destination_rows = shape[2];
    auto source = rounded(type, run.normal(rows * width));
    std::vector<int32_t> index(static_cast<size_t>(destination_rows));
    std::iota(index.begin(), index.end(), 0);
    std::shuffle(index.begin(), index.end(), run.random());
    index.resize(size_t(rows));
    auto bs = in(run, type, source);
    auto bi = run.in(index);
    auto destination = out(run, type, destination_rows * width);
    leeway_scatter_rows_args args = {rows, width, destination_rows, bi.get(), bs.get(), destination.get(), type};
    LEEWAY_RUN(run, scatter_rows, args);
    std::vector<float> want(size_t(destination_rows * width), 0.0f);
    for (int64_t r = 0; r < rows; r++)
        std::copy(source.begin() + r * width, source.begin() + (r + 1) * width, want.begin() + index[size_t(r)] * width);
    run.same("destination", read(run, destination), want);
    auto refuse = [&](int64_t at, int32_t value) {
        auto bad = index;
        bad[size_t(at)] = value;
        auto bb = run.in(bad);
        args.index = bb.get();
        LEEWAY_EXPECT_STATUS(run, scatter_rows, LEEWAY_BAD_DATA, args);
    };
    refuse(rows / 2, -1), refuse(rows - 1, int32_t(destination_rows));
    if (rows > 1) refuse(rows - 1, index[0]);  // occurs twice
    run.same("after refusals", read(run, destination), want);
}

/* Squares of floats are exact in double, so the sum of n of them is off by less than n 2^-53 of itself in any order. */
template <leeway_dtype type>
void sum_squares_row(Run &run, const Shape &shape) {
    auto x = rounded(type, run.normal(shape[0], 1e3));
    int64_t broken = 0;
    for (size_t i = 0; i < x.size(); i += 1009, broken++) x[i] = i % 2 ? std::numeric_limits<float>::infinity() : std::nanf("");
    auto bx = in(run, type, x);
    auto sum = run.out<double>(1);
    auto nonfinite = run.out<int64_t>(1);
    LEEWAY_RUN(run, sum_squares, {shape[0], bx.get(), sum.get(), nonfinite.get(), type});
    long double want = 0;
    for (float v : x)
        if (std::isfinite(v)) want += (long double)v * v;
    double got = run.read(sum)[0];
    run.expect("sum", std::fabs(got - double(want)) <= double(shape[0] + 1) * 0x1p-53 * double(want));
    run.expect("nonfinite", run.read(nonfinite)[0] == broken);
}

/* Dettmers et al. 2023, appendix E. */
const double levels[16] = {-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334,
                           -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224,
                           0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0};

int nearest_level(double x) {
    int best = 0;
    for (int i = 1; i < 16; i++)
        if (std::fabs(levels[i] - x) < std::fabs(levels[best] - x)) best = i;
    return best;
}

/* shape: in, out. Codes must be the nearest; where x/absmax is within 2^-50 of a midpoint the double oracle can't tell, but then the two
 * levels are equally near. Every block has its own size; one block is all zeros, one holds its maximum only. */
template <leeway_dtype type>
void nf4_row(Run &run, const Shape &shape) {
    int64_t count = shape[0] * shape[1];
    auto w = run.normal(count);
    for (size_t i = 0; i < w.size(); i++) w[i] *= std::ldexp(1.0f, int(i / 64 % 7) - 3);
    if (count >= 128) std::fill(w.begin() + 64, w.begin() + 128, 0.0f);
    if (count >= 192) std::fill(w.begin() + 128, w.begin() + 192, -1e-30f);
    w = rounded(type, w);
    auto bw = in(run, type, w);
    auto codes = run.out<uint8_t>(count / 2);
    auto absmax = run.out<float>(count / 64);
    LEEWAY_RUN(run, quantize_nf4, {shape[0], shape[1], bw.get(), codes.get(), absmax.get(), type});
    auto got = run.read(codes);
    auto scales = run.read(absmax);
    std::vector<float> values;
    for (size_t i = 0; i < w.size(); i++) {
        float most = 0;
        for (size_t j = i / 64 * 64; j < i / 64 * 64 + 64; j++) most = std::max(most, std::fabs(w[j]));
        int code = (got[i / 2] >> (i % 2 * 4)) & 15;
        double x = most > 0 ? double(w[i]) / most : 0.0;
        double surplus = std::fabs(levels[code] - x) - std::fabs(levels[nearest_level(x)] - x);
        run.expect("absmax", scales[i / 64] == most);
        run.expect("nearest level", surplus <= 0x1p-50);
        values.push_back(float(levels[code] * double(most)));
    }
    auto y = out(run, type, count);
    leeway_weight quantised = {codes.get(), absmax.get(), nullptr, LEEWAY_NF4, 0};
    LEEWAY_RUN(run, dequantize, {shape[0], shape[1], quantised, y.get(), type});
    run.same("dequantized", read(run, y), rounded(type, values));
    LEEWAY_EXPECT_STATUS(run, quantize_nf4, LEEWAY_BAD_ARGUMENT, {3, 7, bw.get(), codes.get(), absmax.get(), type});
    w[size_t(count - 1)] = -std::numeric_limits<float>::infinity();
    auto infinite = in(run, type, w);
    LEEWAY_EXPECT_STATUS(run, quantize_nf4, LEEWAY_BAD_DATA, {shape[0], shape[1], infinite.get(), codes.get(), absmax.get(), type});
    run.same("codes after refusal", run.read(codes), got);
    run.same("absmax after refusal", run.read(absmax), scales);
}

const std::vector<Shape> sums = {{0}, {1}, {17}, {4095}, {4096}, {4097}, {1000003}};
const std::vector<Shape> quantised = {{64, 1}, {1, 64}, {16, 12}, {96, 130}, {576, 512}};
const std::vector<Shape> moves = {{1, 1, 1}, {3, 7, 5}, {16, 64, 32}, {257, 130, 300}};

[[maybe_unused]] const bool registered[] = {
    add("philox_oracle", {{}}, philox_row),
    add("fill", counts, fill_row<LEEWAY_F32>),
    add("fill_bf16", counts, fill_row<LEEWAY_BF16>),
    add("axpy", counts, axpy_row<LEEWAY_F32>),
    add("axpy_bf16", counts, axpy_row<LEEWAY_BF16>),
    add("scale", counts, scale_row<LEEWAY_F32>),
    add("scale_bf16", counts, scale_row<LEEWAY_BF16>),
    add("cast", counts, cast_row),
    add("cast_stochastic", {{2}, {17}, {4096}, {70001}}, cast_stochastic_row),
    add("gather_rows", moves, gather_rows_row<LEEWAY_F32>),
    add("gather_rows_bf16", moves, gather_rows_row<LEEWAY_BF16>),
    add("scatter_rows", moves, scatter_rows_row<LEEWAY_F32>),
    add("scatter_rows_bf16", moves, scatter_rows_row<LEEWAY_BF16>),
    add("sum_squares", sums, sum_squares_row<LEEWAY_F32>),
    add("sum_squares_bf16", sums, sum_squares_row<LEEWAY_BF16>),
    add("nf4", quantised, nf4_row<LEEWAY_F32>),
    add("nf4_bf16", quantised, nf4_row<LEEWAY_BF16>),
};

}  // namespace
