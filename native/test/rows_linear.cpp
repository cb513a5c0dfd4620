/* rows_linear.cpp: the op table's rows for linear layers with LoRA. Bounds: rows_linear.h. */
#include "linear_case.h"

using namespace table;
using namespace table::linear;

namespace {

constexpr int64_t BF16 = HALF | HALF_WEIGHT;

/* The layer in double, with bounds. */
struct Oracle {
    const Layer &l;
    Approx x, w, a, b, bias, dy, mask;

    explicit Oracle(const Layer &l)
        : l(l), x(exact(l.x, l.rows, l.in)), w(exact(l.w, l.out, l.in)), a(exact(l.a, l.rank, l.in)), b(exact(l.b, l.out, l.rank)),
          bias(exact(l.bias, 1, l.out)), dy(exact(l.dy, l.rows, l.out)), mask(zeros(l.rows, l.in)) {
        for (int64_t n = 0; n < l.rows; n++)
            for (int64_t i = 0; i < l.in; i++) {
                const float uniform = float(philox(dropout_seed, l.ids[size_t(n)], uint64_t(i))[0] >> 8) * 0x1p-24f;
                mask.at(n, i) = !l.drops() ? 1.0 : uniform >= dropout ? 1.0 / (1.0 - double(dropout)) : 0.0;
            }
    }
    Approx dropped() const { return l.drops() ? masked(x, mask) : x; }
    Approx xa() const { return product(dropped(), transposed(a)); }
    Approx dyb() const { return product(dy, b); }
    Approx y() const {
        Approx sum = product(x, transposed(w));
        if (l.has(ACCUMULATE)) sum = plus(exact(l.before_y, l.rows, l.out), sum);
        if (l.has(BIAS)) sum = plus(sum, product(exact(std::vector<double>(size_t(l.rows), 1.0), l.rows, 1), bias));
        return l.rank ? plus(sum, product(xa(), transposed(b)), scaling) : sum;
    }
    Approx dx(bool accumulate) const {
        Approx sum = product(dy, w);
        if (accumulate) sum = plus(exact(l.before_dx, l.rows, l.in), sum);
        return l.rank ? plus(sum, masked(product(dyb(), a), mask), scaling) : sum;
    }
    Approx dw() const { return product(transposed(dy), x); }
    Approx da() const { return product(transposed(dyb()), dropped()); }
    Approx db() const { return product(transposed(dy), xa()); }
};

/* d (sum of y * dy) by each input, against the oracle's gradients. */
void check_oracle(Run &run, const Layer &l, Oracle oracle) {
    auto by = [&](Approx Oracle::*input, const char *name, const std::vector<double> &gradient) {
        const std::vector<double> at = (oracle.*input).value;
        run.differentiate(
            name,
            [&](const std::vector<double> &moved) {
                Oracle other = oracle;
                (other.*input).value = moved;
                return dot(other.y(), l.dy);
            },
            at, gradient);
    };
    auto scaled = [](std::vector<double> g) {
        for (double &v : g) v *= double(scaling);
        return g;
    };
    by(&Oracle::x, "dx", oracle.dx(false).value);
    by(&Oracle::w, "dweight", oracle.dw().value);
    if (l.has(BIAS)) by(&Oracle::bias, "dbias", row_sum(oracle.dy).value);
    if (l.rank == 0) return;
    by(&Oracle::a, "da", scaled(oracle.da().value));
    by(&Oracle::b, "db", scaled(oracle.db().value));
}

void layer(Run &run, const Shape &shape) {
    const Layer l(run, shape);
    const Gradients before(run, l);
    const Results got = forward_and_back(run, l, weight_of(run, l));
    Gradients gradients = before;
    backward_weight(run, l, got, gradients);
    if (!run.checks()) return;
    const Oracle oracle(l);
    expect(run, "y", got.y, stored(l.type(), oracle.y()));
    expect(run, "dx", got.dx, stored(l.type(), oracle.dx(l.has(ACCUMULATE))));
    expect(run, "dweight", gradients.w, stored(l.gradient_type(), plus(exact(before.w, l.out, l.in), oracle.dw())));
    expect(run, "dbias", gradients.bias, stored(l.gradient_type(), plus(exact(before.bias, 1, l.out), row_sum(oracle.dy))));
    if (l.rank > 0) {
        expect(run, "xa", got.xa, oracle.xa());
        expect(run, "dyb", got.dyb, oracle.dyb());
        expect(run, "da", gradients.a, plus(exact(before.a, l.rank, l.in), oracle.da(), scaling));
        expect(run, "db", gradients.b, plus(exact(before.b, l.out, l.rank), oracle.db(), scaling));
    }
    if (l.rows * l.in * l.out < 3000 && l.flags < HALF) check_oracle(run, l, oracle);
}
const bool linear_rows = add("linear",
                             {{1, 1, 1, 0, BIAS},
                              {1, 1, 1, 1, DROPOUT},
                              {2, 3, 5, 2, BIAS | ACCUMULATE},
                              {3, 5, 7, 1, BIAS | DROPOUT},
                              {16, 8, 16, 4, DROPOUT | ACCUMULATE},
                              {7, 17, 13, 0, BIAS},
                              {8, 512, 31, 16, 0},
                              {13, 513, 33, 8, BIAS},
                              {17, 1031, 65, 4, ACCUMULATE},
                              {15, 2049, 40, 64, BIAS | DROPOUT},
                              {64, 64, 64, 16, BIAS | ACCUMULATE},
                              {29, 97, 259, 512, 0},
                              {300, 96, 129, 8, BIAS | DROPOUT},
                              {513, 33, 64, 5, BIAS | ACCUMULATE},
                              {2048, 48, 40, 8, BIAS},
                              {2049, 31, 37, 1, DROPOUT},
                              {1, 1, 1, 0, BIAS | BF16},
                              {1, 1, 1, 1, DROPOUT | BF16},
                              {2, 3, 5, 2, BIAS | ACCUMULATE | BF16},
                              {3, 5, 7, 1, BIAS | DROPOUT | ACCUMULATE | BF16 | HALF_GRADIENT},
                              {16, 8, 16, 4, BF16},
                              {7, 17, 13, 0, BIAS | BF16},
                              {8, 512, 31, 16, HALF},
                              {13, 513, 33, 8, BIAS | HALF_WEIGHT},
                              {17, 1031, 65, 4, ACCUMULATE | BF16},
                              {15, 2049, 40, 64, BIAS | DROPOUT | BF16},
                              {64, 64, 64, 0, BIAS | ACCUMULATE | BF16 | HALF_GRADIENT},
                              {29, 97, 259, 512, BF16},
                              {1, 1032, 264, 4, BIAS | BF16},
                              {11, 2056, 72, 20, DROPOUT | ACCUMULATE | BF16},
                              {17, 520, 72, 3, BIAS | DROPOUT | ACCUMULATE | BF16 | HALF_GRADIENT},
                              {300, 136, 264, 8, BIAS | ACCUMULATE | BF16},
                              {300, 96, 129, 8, BIAS | DROPOUT | ACCUMULATE | HALF_WEIGHT | HALF_GRADIENT},
                              {513, 33, 64, 5, BIAS | ACCUMULATE | BF16},
                              {2048, 48, 40, 0, BIAS | HALF},
                              {2056, 40, 24, 2, BIAS | BF16},
                              {2049, 31, 37, 1, DROPOUT | BF16 | HALF_GRADIENT}},
                             layer);

/* bf16 operands give what the same numbers give in fp32, rounded once: to the bit, whatever the processor, where no tensor core takes them
 * (those want rows that begin at multiples of 16 bytes). */
void linear_bf16(Run &run, const Shape &shape) {
    const Layer half(run, shape), whole = half.with(half.flags & ~(BF16 | HALF_GRADIENT));
    const Gradients before(run, half);
    Gradients narrow = before, wide = before;
    const Results a = forward_and_back(run, half, weight_of(run, half)), b = forward_and_back(run, whole, weight_of(run, whole));
    run.same("y", a.y, rounded(half.type(), b.y));
    run.same("dx", a.dx, rounded(half.type(), b.dx));
    run.same("xa", a.xa, b.xa);
    run.same("dyb", a.dyb, b.dyb);
    backward_weight(run, half, a, narrow);
    backward_weight(run, whole, b, wide);
    run.same("dweight", narrow.w, rounded(half.gradient_type(), wide.w));
    run.same("dbias", narrow.bias, rounded(half.gradient_type(), wide.bias));
    run.same("da", narrow.a, wide.a);
    run.same("db", narrow.b, wide.b);
}
const bool bf16_rows = add("linear_bf16",
                           {{1, 1, 1, 0, BF16},
                            {3, 5, 7, 2, BIAS | ACCUMULATE | BF16},
                            {17, 1031, 65, 4, DROPOUT | ACCUMULATE | BF16 | HALF_GRADIENT},
                            {33, 511, 600, 0, HALF},
                            {40, 600, 1100, 3, BIAS | HALF_WEIGHT},
                            {1030, 70, 95, 0, BIAS | BF16},
                            {700, 1300, 33, 0, ACCUMULATE | BF16 | HALF_GRADIENT}},
                           linear_bf16);

/* A row's y, xa, dx and dyb have the same bits alone, in a batch, and at another place in it. */
void linear_batch(Run &run, const Shape &shape) {
    const Layer l(run, shape);
    const leeway_weight w = weight_of(run, l);
    const Results all = forward_and_back(run, l, w);
    auto part_is_same = [&](int64_t begin, int64_t end) {
        const Results part = forward_and_back(run, l.part(begin, end), w);
        const std::string rows = "rows " + std::to_string(begin) + " to " + std::to_string(end);
        run.same("y of " + rows, part.y, slice(all.y, begin * l.out, end * l.out));
        run.same("xa of " + rows, part.xa, slice(all.xa, begin * l.rank, end * l.rank));
        run.same("dx of " + rows, part.dx, slice(all.dx, begin * l.in, end * l.in));
        run.same("dyb of " + rows, part.dyb, slice(all.dyb, begin * l.rank, end * l.rank));
    };
    for (int64_t row : {int64_t(0), int64_t(1), l.rows / 2, l.rows - 1}) part_is_same(row, row + 1);
    for (int64_t count : {int64_t(2), int64_t(3), int64_t(8), int64_t(15), std::min<int64_t>(300, l.rows - 1)})
        part_is_same(l.rows - count, l.rows);
}
const bool batch_rows = add("linear_batch",
                            {{300, 37, 65, 4, BIAS | DROPOUT},
                             {2048, 64, 96, 8, BIAS},
                             {2049, 33, 31, 16, ACCUMULATE},
                             {260, 1030, 131, 0, 0},
                             {300, 37, 65, 4, BIAS | DROPOUT | BF16},
                             {2049, 33, 31, 0, ACCUMULATE | BF16},
                             {260, 1030, 131, 0, BF16},
                             {260, 1032, 136, 4, BIAS | BF16},
                             {2049, 40, 136, 0, ACCUMULATE | BF16}},
                            linear_batch);

/* Weight gradients of 1024 rows and then of the others are those of all rows, bit for bit: only the order of the rows counts. */
void linear_split(Run &run, const Shape &shape) {
    const Layer l(run, shape);
    const leeway_weight w = weight_of(run, l);
    const Gradients before(run, l);
    Gradients whole = before, split = before;
    backward_weight(run, l, forward_and_back(run, l, w), whole);
    for (const Layer &part : {l.part(0, 1024), l.part(1024, l.rows)})
        backward_weight(run, part, forward_and_back(run, part, w), split);
    run.same("dweight", split.w, whole.w);
    run.same("dbias", split.bias, whole.bias);
    run.same("da", split.a, whole.a);
    run.same("db", split.b, whole.b);
}
const bool split_rows = add("linear_split",
                            {{1025, 40, 72, 4, DROPOUT}, {2048, 31, 17, 40, 0}, {2048, 31, 17, 4, BF16}, {1100, 136, 264, 4, BF16}},
                            linear_split);

/* What breaks the contract is refused and nothing is written; no rows are no work. */
void linear_refusals(Run &run, const Shape &) {
    auto x = run.in(run.normal(6)), y = run.out<float>(4);
    const Array w = in(run, LEEWAY_F32, run.normal(6));
    const leeway_linear_forward_args good = {.rows = 2, .in = 3, .out = 2, .weight = plain(w), .lora = {}, .bias = nullptr, .x = x.get(),
                                             .y = y.get(), .xa = nullptr, .dropped = nullptr, .accumulate = 0, .dtype = LEEWAY_F32};
    auto refused = [&](leeway_status expected, auto change) {
        leeway_linear_forward_args args = good;
        change(args);
        LEEWAY_EXPECT_STATUS(run, linear_forward, expected, args);
    };
    refused(LEEWAY_BAD_ARGUMENT, [](auto &args) { args.rows = -1; });
    refused(LEEWAY_BAD_ARGUMENT, [](auto &args) { args.in = 0; });
    refused(LEEWAY_BAD_ARGUMENT, [](auto &args) { args.y = nullptr; });
    refused(LEEWAY_BAD_ARGUMENT, [](auto &args) { args.accumulate = 2; });
    refused(LEEWAY_BAD_ARGUMENT, [](auto &args) { args.lora.rank = 513; });
    refused(LEEWAY_BAD_ARGUMENT, [](auto &args) { args.lora.rank = 1; });
    refused(LEEWAY_BAD_ARGUMENT, [](auto &args) { args.weight.dtype = LEEWAY_NF4; });
    refused(LEEWAY_UNSUPPORTED, [](auto &args) { args.weight.dtype = LEEWAY_F64; });
    refused(LEEWAY_UNSUPPORTED, [](auto &args) { args.dtype = LEEWAY_F64; });
    for (float v : run.read(y)) run.expect("y was written", std::isnan(v));
    refused(LEEWAY_OK, [](auto &args) { args.rows = 0, args.x = nullptr, args.y = nullptr; });
}
const bool refusal_rows = add("linear_refusals", {{0}}, linear_refusals);

}  // namespace
