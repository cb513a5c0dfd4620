/* rows_layers.cpp: embedding, rmsnorm, glu, rope. */
#include <algorithm>

#include "number.h"

namespace {

using namespace table;
using Doubles = std::vector<double>;

/* shape: rows, width, vocabulary. Roundings: of scale * w, of bound * n (n is exact), of the sum. */
template <leeway_dtype type>
void embedding_forward_row(Run &run, const Shape &shape) {
    int64_t rows = shape[0], width = shape[1], vocabulary = shape[2];
    auto tokens = run.integers(rows, int32_t(vocabulary));
    auto weights = rounded(type, run.normal(vocabulary * width));
    auto bounds = run.uniform(rows, 0, 0.5);
    std::vector<uint64_t> ids;
    for (int64_t n = 0; n < rows; n++) ids.push_back(run.random()());
    float scale = 3.3f;
    auto bt = run.in(tokens);
    auto bw = in(run, type, weights);
    auto bb = run.in(bounds);
    auto bi = run.in(ids);
    auto y = out(run, type, rows * width);
    leeway_embedding_forward_args args = {rows, width, vocabulary, bt.get(), bw.get(), y.get(), bb.get(), bi.get(), 7, scale, type};
    LEEWAY_RUN(run, embedding_forward, args);
    auto got = read(run, y);
    Doubles want, bound;
    for (int64_t i = 0; i < rows * width; i++) {
        int64_t n = i / width, c = i % width;
        double term = double(scale) * weights[size_t(tokens[size_t(n)] * width + c)];
        double uniform = double(philox(7, ids[size_t(n)], uint64_t(c))[0] >> 8) * 0x1p-24;
        double noise = bounds[size_t(n)] * (2 * uniform - 1);
        want.push_back(term + noise);
        bound.push_back(stored(type, want.back(), 2.001 * u * (std::fabs(term) + std::fabs(noise))));
    }
    run.expect("y", got, want, bound);
    args.noise_bound = nullptr;
    args.row_ids = nullptr;
    args.scale = 1.0f;
    LEEWAY_RUN(run, embedding_forward, args);
    auto plain = read(run, y);
    for (int64_t n = 0; n < rows; n++)
        run.same("row of the table", slice(plain, n * width, (n + 1) * width),
                 slice(weights, tokens[size_t(n)] * width, (tokens[size_t(n)] + 1) * width));
    tokens[size_t(rows / 2)] = -1;
    auto outside = run.in(tokens);
    args.tokens = outside.get();
    LEEWAY_EXPECT_STATUS(run, embedding_forward, LEEWAY_BAD_DATA, args);
}

/* A chain of k terms, then scale, then the sum: k + 2 roundings. Tokens are skewed so that some occur often. */
template <leeway_dtype type, leeway_dtype gradient>
void embedding_backward_row(Run &run, const Shape &shape) {
    int64_t rows = shape[0], width = shape[1], vocabulary = shape[2];
    auto tokens = run.integers(rows, int32_t(vocabulary));
    for (size_t n = 0; n < tokens.size(); n += 2) tokens[n] = 0;
    auto dy = rounded(type, run.normal(rows * width)), old = rounded(gradient, run.normal(vocabulary * width));
    float scale = 0.7f;
    auto bt = run.in(tokens);
    auto bd = in(run, type, dy);
    auto table = inout(run, gradient, old);
    leeway_embedding_backward_args args = {rows, width, vocabulary, bt.get(), bd.get(), table.get(), scale, type, gradient};
    LEEWAY_RUN(run, embedding_backward, args);
    Doubles want = widen(old), size(want.size()), count(static_cast<size_t>(vocabulary));
    for (size_t i = 0; i < want.size(); i++) size[i] = std::fabs(want[i]);
    for (int64_t n = 0; n < rows; n++) {
        count[size_t(tokens[size_t(n)])] += 1;
        for (int64_t c = 0; c < width; c++) {
            double term = double(scale) * dy[size_t(n * width + c)];
            want[size_t(tokens[size_t(n)] * width + c)] += term;
            size[size_t(tokens[size_t(n)] * width + c)] += std::fabs(term);
        }
    }
    for (size_t i = 0; i < size.size(); i++) size[i] *= (count[i / size_t(width)] + 2) * 1.01 * u;
    auto got = read(run, table);
    run.expect("dtable", got, want, stored(gradient, want, size));
    tokens[size_t(rows - 1)] = int32_t(vocabulary);
    auto outside = run.in(tokens);
    args.tokens = outside.get();
    LEEWAY_EXPECT_STATUS(run, embedding_backward, LEEWAY_BAD_DATA, args);
    run.same("after refusal", read(run, table), got);
}

/* A strided block of rows x groups x width; what lies between stays. */
struct Norm {
    int64_t rows, groups, width, stride;
    int64_t at(int64_t r) const { return r / groups * stride + r % groups * width; }
    int64_t size() const { return (rows - 1) * stride + groups * width; }
    int64_t count() const { return rows * groups; }
};

Norm norm_of(const Shape &shape) { return {shape[0], shape[1], shape[2], shape[1] * shape[2] + shape[3]}; }

constexpr double eps = 1e-5f;

double rstd_of(const Norm &norm, const Doubles &s, int64_t r) {
    double squares = 0;
    for (int64_t c = 0; c < norm.width; c++) squares += s[size_t(norm.at(r) + c)] * s[size_t(norm.at(r) + c)];
    return 1 / std::sqrt(squares / double(norm.width) + eps);
}

/* Roundings: s 1; rstd 1 and s's 1; offset + weight 1; products 2: six. */
template <leeway_dtype type>
void rmsnorm_forward_row(Run &run, const Shape &shape) {
    Norm norm = norm_of(shape);
    bool fused = shape[4] != 0;
    float offset = fused ? 1.0f : 0.0f;
    auto x = rounded(type, run.normal(norm.size(), 2.0)), residual = rounded(type, run.normal(norm.size()));
    auto weight = rounded(type, run.normal(norm.width));
    auto bx = in(run, type, x), bw = in(run, type, weight);
    auto sum = inout(run, type, residual);  // sum may be residual
    auto y = inout(run, type, x);
    auto rstd = run.out<float>(norm.count());
    leeway_rmsnorm_forward_args args = {norm.rows, norm.groups, norm.width, norm.stride, bx.get(), fused ? sum.get() : nullptr, bw.get(),
                                        fused ? sum.get() : nullptr, y.get(), rstd.get(), float(eps), offset, type};
    LEEWAY_RUN(run, rmsnorm_forward, args);
    auto got = read(run, y), got_sum = read(run, sum), got_rstd = run.read(rstd);
    Doubles s = widen(x), want = widen(x), bound(want.size(), 0.0), want_sum = widen(residual), sum_bound(want.size(), 0.0);
    for (int64_t r = 0; r < norm.count() && fused; r++)
        for (int64_t i = norm.at(r); i < norm.at(r) + norm.width; i++) {
            want_sum[size_t(i)] = double(x[size_t(i)]) + residual[size_t(i)];
            sum_bound[size_t(i)] = stored(type, want_sum[size_t(i)], u * std::fabs(want_sum[size_t(i)]));
            s[size_t(i)] = type == LEEWAY_F32 ? want_sum[size_t(i)] : got_sum[size_t(i)];  // a rounded sum is what is normalised
        }
    Doubles want_rstd, rstd_bound;
    for (int64_t r = 0; r < norm.count(); r++) {
        want_rstd.push_back(rstd_of(norm, s, r));
        rstd_bound.push_back(2.001 * u * want_rstd.back());
        for (int64_t c = 0; c < norm.width; c++) {
            size_t i = size_t(norm.at(r) + c);
            want[i] = s[i] * want_rstd.back() * (double(offset) + weight[size_t(c)]);
            bound[i] = stored(type, want[i], 6.001 * u * std::fabs(want[i]));
        }
    }
    run.expect("y", got, want, bound);
    run.expect("sum", got_sum, want_sum, sum_bound);
    run.expect("rstd", got_rstd, want_rstd, rstd_bound);
    auto last = inout(run, type, slice(x, (norm.rows - 1) * norm.stride, norm.size()));  // the last row alone, in place
    auto last_sum = inout(run, type, slice(residual, (norm.rows - 1) * norm.stride, norm.size()));
    args.rows = 1;
    args.x = last.get();
    args.residual = fused ? last_sum.get() : nullptr;
    args.sum = fused ? last_sum.get() : nullptr;
    auto alone = out(run, type, norm.groups * norm.width);
    args.y = fused ? alone.get() : last.get();
    LEEWAY_RUN(run, rmsnorm_forward, args);
    run.same("a row alone", read(run, fused ? alone : last), slice(got, (norm.rows - 1) * norm.stride, norm.size()));
}

struct NormGradient {
    Doubles ds, dweight, ds_bound, dweight_bound;
};

/* Roundings of ds: g 1, g dy 1, difference 1, rstd times it 1, rstd itself 1, sum 1 on |g dy|: 6;
 * h 2, mean 1 and of each of its terms 2, product 1, difference, product, rstd, sum 4 on |h| mean |g dy h|: 10.
 * dweight: a term 3, a chain of at most 64, a chain of the blocks, the sum. */
NormGradient norm_gradient(const Norm &norm, const Doubles &s, const Doubles &weight, const Doubles &dy, const Doubles &dsum,
                           double offset) {
    NormGradient o = {dsum, Doubles(weight.size(), 0.0), Doubles(s.size(), 0.0), Doubles(weight.size(), 0.0)};
    double chain = double(std::min<int64_t>(64, norm.count()) + (norm.count() + 63) / 64 + 5);
    for (int64_t r = 0; r < norm.count(); r++) {
        double rstd = rstd_of(norm, s, r), mean = 0, size = 0;
        for (int64_t c = 0; c < norm.width; c++) {
            size_t i = size_t(norm.at(r) + c);
            double term = (offset + weight[size_t(c)]) * dy[i] * s[i] * rstd / double(norm.width);
            mean += term;
            size += std::fabs(term);
        }
        for (int64_t c = 0; c < norm.width; c++) {
            size_t i = size_t(norm.at(r) + c);
            double direct = (offset + weight[size_t(c)]) * dy[i], h = s[i] * rstd;
            o.ds[i] = rstd * (direct - h * mean) + dsum[i];
            o.ds_bound[i] = 10.01 * u * (rstd * (std::fabs(direct) + std::fabs(h) * size) + std::fabs(dsum[i]));
            o.dweight[size_t(c)] += dy[i] * h;
            o.dweight_bound[size_t(c)] += chain * u * std::fabs(dy[i] * h);
        }
    }
    return o;
}

template <leeway_dtype type>
void rmsnorm_backward_row(Run &run, const Shape &shape) {
    Norm norm = norm_of(shape);
    bool with_dsum = shape[4] != 0;
    double offset = with_dsum ? 1.0 : 0.0;
    auto s = rounded(type, run.normal(norm.size(), 2.0)), weight = rounded(type, run.normal(norm.width));
    auto dy = rounded(type, run.normal(norm.size()));
    auto dsum = with_dsum ? rounded(type, run.normal(norm.size())) : std::vector<float>(s.size(), 0.0f);
    auto old = run.normal(norm.width);
    std::vector<float> rstd;
    for (int64_t r = 0; r < norm.count(); r++) rstd.push_back(float(rstd_of(norm, widen(s), r)));
    auto bs = in(run, type, s), bw = in(run, type, weight);
    auto br = run.in(rstd);
    auto bdy = inout(run, type, dy);  // ds may be dy
    auto bdsum = in(run, type, dsum);
    auto dweight = run.inout(old);
    int64_t bytes = 0;
    LEEWAY_RUN(run, rmsnorm_workspace, {norm.rows, norm.groups, norm.width, &bytes, type});
    auto workspace = run.out<char>(bytes);
    LEEWAY_RUN(run, rmsnorm_backward, {norm.rows, norm.groups, norm.width, norm.stride, bs.get(), bw.get(), br.get(), bdy.get(),
                                       with_dsum ? bdsum.get() : nullptr, bdy.get(), dweight.get(), workspace.get(), bytes, float(offset),
                                       type});
    auto got = read(run, bdy), got_weight = run.read(dweight);
    if (!run.checks()) return;
    auto o = norm_gradient(norm, widen(s), widen(weight), widen(dy), widen(dsum), offset);
    auto loss = [&](const Doubles &sums, const Doubles &weights) {
        double total = 0;
        for (int64_t r = 0; r < norm.count(); r++)
            for (int64_t c = 0; c < norm.width; c++) {
                size_t i = size_t(norm.at(r) + c);
                total += dy[i] * sums[i] * rstd_of(norm, sums, r) * (offset + weights[size_t(c)]) + dsum[i] * sums[i];
            }
        return total;
    };
    if (norm.count() * norm.width < 500 && shape[3] == 0) {
        run.differentiate("ds", [&](const Doubles &at) { return loss(at, widen(weight)); }, widen(s), o.ds);
        run.differentiate("dweight", [&](const Doubles &at) { return loss(widen(s), at); }, widen(weight), o.dweight);
    }
    for (int64_t c = 0; c < norm.width; c++) {
        o.dweight_bound[size_t(c)] += u * std::fabs(old[size_t(c)]);
        o.dweight[size_t(c)] += old[size_t(c)];
    }
    for (size_t i = 0; i < dy.size(); i++)  // gaps of the stride hold dy still
        if (o.ds_bound[i] == 0.0) o.ds[i] = dy[i];
    for (size_t i = 0; i < dy.size(); i++)
        if (o.ds_bound[i] != 0.0) o.ds_bound[i] = stored(type, o.ds[i], o.ds_bound[i]);
    run.expect("ds", got, o.ds, o.ds_bound);
    run.expect("dweight", got_weight, o.dweight, o.dweight_bound);
}

/* The activation, its slope, the size of the terms of the slope, and the roundings a result may carry. */
struct Activation {
    double value, slope, slope_size, roundings;
};

/* Roundings: sigmoid 6 (3 ulp), three products: 9. An argument off by k u moves exp by k |argument| u: for tanh-GELU k = 5 (cubic 2,
 * constants 2, product 1), for erf-GELU erfc(t) moves by 2 t^2 = g^2 times the argument's 2 u, and libm's erfc is within 2 u. */
Activation activation(leeway_activation kind, double g) {
    if (kind == LEEWAY_SILU) {
        double s = 1 / (1 + std::exp(-g));
        return {g * s, s * (1 + g * (1 - s)), s * (1 + std::fabs(g) * (1 + s)), 10};
    }
    if (kind == LEEWAY_GELU_TANH) {
        double k = 2 * std::sqrt(2 / M_PI), argument = k * (g + 0.044715 * g * g * g), s = 1 / (1 + std::exp(-argument));
        double inner = k * (1 + 3 * 0.044715 * g * g);
        return {g * s, s + g * inner * s * (1 - s), s * (1 + std::fabs(g) * inner * (1 + s)), 12 + 5 * std::fabs(argument)};
    }
    double phi = 0.5 * std::erfc(-g / std::sqrt(2.0)), density = std::exp(-0.5 * g * g) / std::sqrt(2 * M_PI);
    return {g * phi, phi + g * density, phi + std::fabs(g) * density, 10 + 2 * g * g};
}

/* Where exp leaves the normal range a sigmoid below 2^-126 may count as 0. */
constexpr double underflow = 1e-36;

std::vector<float> gates(Run &run, int64_t count) {
    std::vector<float> special = {0.0f, -0.0f, 1e-30f, -1e-30f, 100.0f, -100.0f, 30.0f, -30.0f, 8.0f, -8.0f, -12.0f, -87.0f};
    auto g = run.normal(count, 2.0);
    for (size_t i = 0; i < g.size() && i < special.size(); i++) g[i] = special[i];
    return g;
}

/* shape: count, activation */
template <leeway_dtype type>
void glu_forward_row(Run &run, const Shape &shape) {
    int64_t count = shape[0];
    auto kind = leeway_activation(shape[1]);
    auto g = rounded(type, gates(run, count)), up = rounded(type, run.normal(count));
    auto bg = in(run, type, g), bu = in(run, type, up);
    auto y = out(run, type, count);
    LEEWAY_RUN(run, glu_forward, {count, bg.get(), bu.get(), y.get(), kind, type});
    auto got = read(run, y);
    Doubles want, bound;
    for (size_t i = 0; i < g.size(); i++) {
        auto a = activation(kind, g[i]);
        want.push_back(a.value * up[i]);
        bound.push_back(stored(type, want[i], a.roundings * u * std::fabs(want[i]) + underflow * std::fabs(up[i])));
    }
    run.expect("y", got, want, bound);
    if (count < 6) return;
    auto tail = in(run, type, slice(g, 5, count)), tail_up = in(run, type, slice(up, 5, count));
    auto moved = out(run, type, count - 5);
    LEEWAY_RUN(run, glu_forward, {count - 5, tail.get(), tail_up.get(), moved.get(), kind, type});
    run.same("moved by five", read(run, moved), slice(got, 5, count));
}

template <leeway_dtype type>
void glu_backward_row(Run &run, const Shape &shape) {
    int64_t count = shape[0];
    auto kind = leeway_activation(shape[1]);
    auto g = rounded(type, gates(run, count)), up = rounded(type, run.normal(count)), dy = rounded(type, run.normal(count));
    auto bg = inout(run, type, g), bu = inout(run, type, up);  // dgate may be gate, dup may be up
    auto bd = in(run, type, dy);
    LEEWAY_RUN(run, glu_backward, {count, bg.get(), bu.get(), bd.get(), bg.get(), bu.get(), kind, type});
    Doubles dgate, dup, dgate_bound, dup_bound;
    for (size_t i = 0; i < g.size(); i++) {
        auto a = activation(kind, g[i]);
        double d = double(dy[i]) * up[i];
        dgate.push_back(d * a.slope);
        dgate_bound.push_back(a.roundings * u * std::fabs(d) * a.slope_size + underflow);
        dup.push_back(dy[i] * a.value);
        dup_bound.push_back(a.roundings * u * std::fabs(dup[i]) + underflow);
    }
    run.expect("dgate", read(run, bg), dgate, stored(type, dgate, dgate_bound));
    run.expect("dup", read(run, bu), dup, stored(type, dup, dup_bound));
    Doubles slopes, at;
    for (double x = -9; x <= 9; x += 0.75) at.push_back(x), slopes.push_back(activation(kind, x).slope);
    auto sum = [&](const Doubles &x) {
        double total = 0;
        for (double v : x) total += activation(kind, v).value;
        return total;
    };
    run.differentiate("slope", sum, at, slopes);
}

/* shape: rows, heads, head_dim, rotary_dim, gap. Roundings: two products and the sum. */
template <leeway_dtype type>
void rope_row(Run &run, const Shape &shape) {
    int64_t rows = shape[0], heads = shape[1], dim = shape[2], rotary = shape[3], half = rotary / 2, positions = 37;
    int64_t stride = heads * dim + shape[4];
    auto x = rounded(type, run.normal(rows * stride)), angles = run.uniform(positions * half, -3, 3);
    auto at = run.integers(rows, int32_t(positions));
    std::vector<float> cosine, sine;
    for (float a : angles) cosine.push_back(std::cos(a)), sine.push_back(std::sin(a));
    auto bc = run.in(cosine), bs = run.in(sine);
    auto bp = run.in(at);
    for (int inverse = 0; inverse < 2; inverse++) {
        auto bx = inout(run, type, x);
        leeway_rope_args args = {rows, heads, dim, rotary, stride, positions, bp.get(), bc.get(), bs.get(), bx.get(), inverse, type};
        LEEWAY_RUN(run, rope, args);
        Doubles want = widen(x), bound(x.size(), 0.0);
        for (int64_t n = 0; n < rows; n++)
            for (int64_t h = 0; h < heads; h++)
                for (int64_t j = 0; j < half; j++) {
                    size_t a = size_t(n * stride + h * dim + j), b = a + size_t(half), t = size_t(at[size_t(n)] * half + j);
                    double c = cosine[t], s = inverse ? -double(sine[t]) : double(sine[t]);
                    want[a] = x[a] * c - x[b] * s;
                    want[b] = x[b] * c + x[a] * s;
                    bound[a] = stored(type, want[a], 2.001 * u * (std::fabs(x[a] * c) + std::fabs(x[b] * s)));
                    bound[b] = stored(type, want[b], 2.001 * u * (std::fabs(x[b] * c) + std::fabs(x[a] * s)));
                }
        auto got = read(run, bx);
        run.expect(inverse ? "inverse" : "x", got, want, bound);
        auto last_x = inout(run, type, slice(x, (rows - 1) * stride, rows * stride));
        auto last_at = run.in(slice(at, rows - 1, rows));
        args.rows = 1, args.positions = last_at.get(), args.x = last_x.get();
        LEEWAY_RUN(run, rope, args);
        run.same("a row alone", read(run, last_x), slice(got, (rows - 1) * stride, rows * stride));
    }
    auto bx = inout(run, type, x);
    at[size_t(rows / 2)] = int32_t(positions);
    auto outside = run.in(at);
    LEEWAY_EXPECT_STATUS(run, rope, LEEWAY_BAD_DATA,
                         {rows, heads, dim, rotary, stride, positions, outside.get(), bc.get(), bs.get(), bx.get(), 0, type});
    run.same("after refusal", read(run, bx), x);
}

const std::vector<Shape> norms = {{1, 1, 1, 0, 0}, {1, 1, 64, 0, 1}, {3, 1, 17, 0, 1},     {5, 3, 16, 0, 0},
                                  {7, 2, 33, 11, 0}, {70, 1, 576, 0, 1}, {33, 9, 64, 128, 1}, {130, 1, 130, 0, 0}};
const std::vector<Shape> gated = {{1, 0},    {1, 1},    {1, 2},     {17, 0},    {17, 1},   {17, 2},
                                  {4096, 0}, {4096, 1}, {33333, 0}, {33333, 1}, {33333, 2}};

const std::vector<Shape> looked_up = {{1, 1, 1}, {3, 17, 5}, {64, 64, 32}, {129, 577, 300}};
const std::vector<Shape> scattered = {{1, 1, 1}, {3, 17, 5}, {64, 64, 32}, {1029, 130, 50}, {700, 33, 1500}};
const std::vector<Shape> rotated = {{1, 1, 2, 2, 0}, {3, 2, 10, 6, 3}, {17, 3, 64, 64, 0}, {70, 9, 64, 32, 64}, {5, 1, 128, 128, 0}};

[[maybe_unused]] const bool registered[] = {
    add("embedding_forward", looked_up, embedding_forward_row<LEEWAY_F32>),
    add("embedding_forward_bf16", looked_up, embedding_forward_row<LEEWAY_BF16>),
    add("embedding_backward", scattered, embedding_backward_row<LEEWAY_F32, LEEWAY_F32>),
    add("embedding_backward_bf16", scattered, embedding_backward_row<LEEWAY_BF16, LEEWAY_F32>),
    add("embedding_backward_bf16_gradient", scattered, embedding_backward_row<LEEWAY_BF16, LEEWAY_BF16>),
    add("embedding_backward_f32_bf16_gradient", scattered, embedding_backward_row<LEEWAY_F32, LEEWAY_BF16>),
    add("rmsnorm_forward", norms, rmsnorm_forward_row<LEEWAY_F32>),
    add("rmsnorm_forward_bf16", norms, rmsnorm_forward_row<LEEWAY_BF16>),
    add("rmsnorm_backward", norms, rmsnorm_backward_row<LEEWAY_F32>),
    add("rmsnorm_backward_bf16", norms, rmsnorm_backward_row<LEEWAY_BF16>),
    add("glu_forward", gated, glu_forward_row<LEEWAY_F32>),
    add("glu_forward_bf16", gated, glu_forward_row<LEEWAY_BF16>),
    add("glu_backward", gated, glu_backward_row<LEEWAY_F32>),
    add("glu_backward_bf16", gated, glu_backward_row<LEEWAY_BF16>),
    add("rope", rotated, rope_row<LEEWAY_F32>),
    add("rope_bf16", rotated, rope_row<LEEWAY_BF16>),
};

}  // namespace
