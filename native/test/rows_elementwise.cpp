/* rows_elementwise.cpp: fill, cast, axpy, scale, gather_rows, scatter_rows, sum_squares, quantize_nf4, dequantize; the random numbers of the oracles. */
#include <algorithm>
#include <limits>
#include <numeric>

#include "table.h"

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

void fill_row(Run &run, const Shape &shape) {
    auto x = run.out<float>(shape[0]);
    LEEWAY_RUN(run, fill, {.count = shape[0], .x = x.get(), .value = -2.5f, .dtype = LEEWAY_F32});
    run.same("x", run.read(x), std::vector<float>(size_t(shape[0]), -2.5f));
    LEEWAY_EXPECT_STATUS(run, fill, LEEWAY_BAD_ARGUMENT, {.count = -1, .x = x.get(), .value = 0, .dtype = LEEWAY_F32});
    LEEWAY_EXPECT_STATUS(run, fill, LEEWAY_BAD_ARGUMENT, {.count = 1, .x = nullptr, .value = 0, .dtype = LEEWAY_F32});
}

/* Two roundings at most: of alpha x and of the sum. */
void axpy_row(Run &run, const Shape &shape) {
    auto x = run.normal(shape[0]), y = run.normal(shape[0]);
    auto bx = run.in(x);
    auto by = run.inout(y);
    float alpha = 0.3f;
    LEEWAY_RUN(run, axpy, {.count = shape[0], .x = bx.get(), .y = by.get(), .alpha = alpha, .dtype = LEEWAY_F32});
    auto got = run.read(by);
    std::vector<double> want, bound;
    for (size_t i = 0; i < x.size(); i++) {
        double term = double(alpha) * x[i];
        want.push_back(y[i] + term);
        bound.push_back(1.001 * u * (std::fabs(term) + std::fabs(want[i])));
    }
    run.expect("y", got, want, bound);
    if (shape[0] < 3) return;
    auto tail = run.in(slice(x, 2, shape[0]));  // other positions, same bits
    auto moved = run.inout(slice(y, 2, shape[0]));
    LEEWAY_RUN(run, axpy, {.count = shape[0] - 2, .x = tail.get(), .y = moved.get(), .alpha = alpha, .dtype = LEEWAY_F32});
    run.same("moved by two", run.read(moved), slice(got, 2, shape[0]));
}

void scale_row(Run &run, const Shape &shape) {
    auto x = run.normal(shape[0]);
    auto buffer = run.inout(x);
    LEEWAY_RUN(run, scale, {.count = shape[0], .x = buffer.get(), .alpha = -0.7f, .dtype = LEEWAY_F32});
    std::vector<float> want;
    for (float v : x) want.push_back(float(double(-0.7f) * double(v)));  // the product is exact in double: one rounding
    run.same("x", run.read(buffer), want);
}

float from_bf16(uint16_t x) {
    uint32_t bits = uint32_t(x) << 16;
    float y;
    std::memcpy(&y, &bits, sizeof y);
    return y;
}

/* The bfloat16 towards zero from x, by search over the bit patterns, which ascend with the size. */
uint16_t bf16_below(double x) {
    double size = std::fabs(x);
    uint16_t low = 0, high = 0x7f80;
    while (high - low > 1) {
        uint16_t middle = uint16_t((low + high) / 2);
        (double(from_bf16(middle)) <= size ? low : high) = middle;
    }
    return uint16_t(low | (std::signbit(x) ? 0x8000 : 0));
}

/* The next pattern as a number; past the largest one comes 2^128, where infinity begins. */
double size_of(uint16_t pattern) { return (pattern & 0x7fff) == 0x7f80 ? 0x1p128 : std::fabs(double(from_bf16(pattern))); }

uint16_t bf16_nearest(double x) {
    if (std::isinf(x)) return x > 0 ? 0x7f80 : 0xff80;
    uint16_t below = bf16_below(x), above = uint16_t(below + 1);
    double down = std::fabs(x) - size_of(below), up = size_of(above) - std::fabs(x);
    return down < up || (down == up && below % 2 == 0) ? below : above;
}

std::vector<double> awkward_doubles(Run &run, int64_t count) {
    std::vector<double> special = {0.0, -0.0, 1.0 + 0x1p-8, 1.0 + 3 * 0x1p-8, 1.0 + 0x1p-8 + 0x1p-40, 1.0 + 3 * 0x1p-8 - 0x1p-40, -1e-40, 3.4e38,
                                   -3.3961e38, 1e300, 5e-324, 0x1p-134, 0x1.8p-133, std::numeric_limits<double>::infinity(), std::nan("")};
    std::normal_distribution<double> draw(0, 1);
    std::vector<double> x;
    for (int64_t i = 0; i < count; i++) x.push_back(size_t(i) < special.size() ? special[size_t(i)] : draw(run.random()));
    return x;
}

template <class From, class To>
std::vector<To> cast(Run &run, const std::vector<From> &x, leeway_dtype from, leeway_dtype to, int32_t stochastic = 0, uint64_t seed = 0) {
    auto in = run.in(x);
    auto out = run.out<To>(int64_t(x.size()));
    LEEWAY_RUN(run, cast, {.count = int64_t(x.size()), .x = in.get(), .y = out.get(), .seed = seed, .from = from, .to = to, .stochastic = stochastic});
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
    for (size_t i = 0; i < x.size(); i++) {
        uint16_t below = bf16_below(x[i]);
        run.expect("a neighbour", got[i] == below || (got[i] == below + 1 && double(from_bf16(below)) != x[i]));
        if (int64_t(i) < shape[0] / 2) up += got[i] != below;
    }
    double n = double(shape[0] / 2);
    run.expect("share that goes up", std::fabs(up - 0.3 * n) <= 5 * std::sqrt(0.21 * n) + 1);
    auto exact = cast<float, uint16_t>(run, std::vector<float>(size_t(shape[0]), 1.5f), LEEWAY_F32, LEEWAY_BF16, 1, 42);
    run.same("what fits stays", exact, std::vector<uint16_t>(size_t(shape[0]), bf16_below(1.5)));
}

void gather_rows_row(Run &run, const Shape &shape) {
    int64_t rows = shape[0], width = shape[1], source_rows = shape[2];
    auto source = run.normal(source_rows * width);
    auto index = run.integers(rows, int32_t(source_rows));
    auto bs = run.in(source);
    auto bi = run.in(index);
    auto out = run.out<float>(rows * width);
    leeway_gather_rows_args args = {rows, width, source_rows, bi.get(), bs.get(), out.get(), LEEWAY_F32};
    LEEWAY_RUN(run, gather_rows, args);
    std::vector<float> want;
    for (int32_t i : index) want.insert(want.end(), source.begin() + i * width, source.begin() + (i + 1) * width);
    run.same("destination", run.read(out), want);
    index[size_t(rows - 1)] = int32_t(source_rows);
    auto outside = run.in(index);
    args.index = outside.get();
    LEEWAY_EXPECT_STATUS(run, gather_rows, LEEWAY_BAD_DATA, args);
    run.same("after refusal", run.read(out), want);
}

void scatter_rows_row(Run &run, const Shape &shape) {
    int64_t rows = shape[0], width = shape[1], destination_rows = shape[2];
    auto source = run.normal(rows * width);
    std::vector<int32_t> index(static_cast<size_t>(destination_rows));
    std::iota(index.begin(), index.end(), 0);
    std::shuffle(index.begin(), index.end(), run.random());
    index.resize(size_t(rows));
    auto bs = run.in(source);
    auto bi = run.in(index);
    auto out = run.out<float>(destination_rows * width);
    LEEWAY_RUN(run, scatter_rows, {rows, width, destination_rows, bi.get(), bs.get(), out.get(), LEEWAY_F32});
    std::vector<float> want(size_t(destination_rows * width), 0.0f);
    for (int64_t r = 0; r < rows; r++)
        std::copy(source.begin() + r * width, source.begin() + (r + 1) * width, want.begin() + index[size_t(r)] * width);
    run.same("destination", run.read(out), want);
}

/* Squares of floats are exact in double, so the sum of n of them is off by less than n 2^-53 of itself in any order. */
void sum_squares_row(Run &run, const Shape &shape) {
    auto x = run.normal(shape[0], 1e3);
    int64_t broken = 0;
    for (size_t i = 0; i < x.size(); i += 1009, broken++) x[i] = i % 2 ? std::numeric_limits<float>::infinity() : std::nanf("");
    auto bx = run.in(x);
    auto sum = run.out<double>(1);
    auto nonfinite = run.out<int64_t>(1);
    LEEWAY_RUN(run, sum_squares, {shape[0], bx.get(), sum.get(), nonfinite.get(), LEEWAY_F32});
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
void nf4_row(Run &run, const Shape &shape) {
    int64_t count = shape[0] * shape[1];
    auto w = run.normal(count);
    for (size_t i = 0; i < w.size(); i++) w[i] *= std::ldexp(1.0f, int(i / 64 % 7) - 3);
    if (count >= 128) std::fill(w.begin() + 64, w.begin() + 128, 0.0f);
    if (count >= 192) std::fill(w.begin() + 128, w.begin() + 192, -1e-30f);
    auto bw = run.in(w);
    auto codes = run.out<uint8_t>(count / 2);
    auto absmax = run.out<float>(count / 64);
    LEEWAY_RUN(run, quantize_nf4, {shape[0], shape[1], bw.get(), codes.get(), absmax.get(), LEEWAY_F32});
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
    auto y = run.out<float>(count);
    leeway_weight quantised = {codes.get(), absmax.get(), nullptr, LEEWAY_NF4, 0};
    LEEWAY_RUN(run, dequantize, {shape[0], shape[1], quantised, y.get(), LEEWAY_F32});
    run.same("dequantized", run.read(y), values);
    LEEWAY_EXPECT_STATUS(run, quantize_nf4, LEEWAY_BAD_ARGUMENT, {3, 7, bw.get(), codes.get(), absmax.get(), LEEWAY_F32});
}

const std::vector<Shape> moves = {{1, 1, 1}, {3, 7, 5}, {16, 64, 32}, {257, 130, 300}};

[[maybe_unused]] const bool registered[] = {
    add("philox_oracle", {{}}, philox_row),
    add("fill", counts, fill_row),
    add("axpy", counts, axpy_row),
    add("scale", counts, scale_row),
    add("cast", counts, cast_row),
    add("cast_stochastic", {{2}, {17}, {4096}, {70001}}, cast_stochastic_row),
    add("gather_rows", moves, gather_rows_row),
    add("scatter_rows", moves, scatter_rows_row),
    add("sum_squares", {{0}, {1}, {17}, {4095}, {4096}, {4097}, {1000003}}, sum_squares_row),
    add("nf4", {{64, 1}, {1, 64}, {16, 12}, {96, 130}, {576, 512}}, nf4_row),
};

}  // namespace
