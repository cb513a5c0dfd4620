/* rows_linear.cpp: the op table's rows for linear layers, LoRA, packed and NF4 weights. Bounds: rows_linear.h. */
#include "rows_linear.h"

using namespace table;

namespace {

enum { BIAS = 1, ACCUMULATE = 2, DROPOUT = 4 };

constexpr float scaling = 0.7f;
constexpr float dropout = 0.25f;
constexpr uint64_t dropout_seed = 0x1234567890abcdefull;

struct Layer {
    int64_t rows, in, out, rank, flags;
    std::vector<float> x, w, a, b, bias, dy, before_y, before_dx;
    std::vector<uint64_t> ids;

    Layer(Run &run, const Shape &shape) : rows(shape[0]), in(shape[1]), out(shape[2]), rank(shape[3]), flags(shape[4]) {
        x = run.normal(rows * in);
        w = run.normal(out * in);
        a = run.normal(rank * in);
        b = run.normal(out * rank);
        bias = run.normal(out);
        dy = run.normal(rows * out);
        before_y = run.normal(rows * out);
        before_dx = run.normal(rows * in);
        for (int64_t n = 0; n < rows; n++) ids.push_back(run.random()());
    }
    bool has(int64_t flag) const { return (flags & flag) != 0; }
    bool drops() const { return has(DROPOUT) && rank > 0; }
    /* Rows [begin, end) as a layer of their own. */
    Layer part(int64_t begin, int64_t end) const {
        Layer p = *this;
        p.rows = end - begin;
        p.x = slice(x, begin * in, end * in);
        p.dy = slice(dy, begin * out, end * out);
        p.before_y = slice(before_y, begin * out, end * out);
        p.before_dx = slice(before_dx, begin * in, end * in);
        p.ids = slice(ids, begin, end);
        return p;
    }
};

leeway_weight plain(const Buffer<float> &w, const void *packed = nullptr) { return {w.get(), nullptr, packed, LEEWAY_F32, 0}; }

leeway_lora lora_of(Run &run, const Layer &l) {
    return {run.in(l.a).get(), run.in(l.b).get(), run.in(l.ids).get(), l.rank, dropout_seed, scaling, l.drops() ? dropout : 0.0f};
}

struct Results {
    std::vector<float> y, xa, dx, dyb;
};

Results forward_and_back(Run &run, const Layer &l, const leeway_weight &weight) {
    const leeway_lora lora = lora_of(run, l);
    auto x = run.in(l.x), bias = run.in(l.bias), dy = run.in(l.dy);
    auto y = l.has(ACCUMULATE) ? run.inout(l.before_y) : run.out<float>(l.rows * l.out);
    auto dx = l.has(ACCUMULATE) ? run.inout(l.before_dx) : run.out<float>(l.rows * l.in);
    auto xa = run.out<float>(l.rows * l.rank), dyb = run.out<float>(l.rows * l.rank), dropped = run.out<float>(l.rows * l.in);
    float *scratch = l.drops() ? dropped.get() : nullptr;
    LEEWAY_RUN(run, linear_forward,
               {.rows = l.rows, .in = l.in, .out = l.out, .weight = weight, .lora = lora, .bias = l.has(BIAS) ? bias.get() : nullptr,
                .x = x.get(), .y = y.get(), .xa = l.rank ? xa.get() : nullptr, .dropped = scratch, .accumulate = l.has(ACCUMULATE),
                .dtype = LEEWAY_F32});
    LEEWAY_RUN(run, linear_backward_input,
               {.rows = l.rows, .in = l.in, .out = l.out, .weight = weight, .lora = lora, .dy = dy.get(), .dx = dx.get(),
                .dyb = l.rank ? dyb.get() : nullptr, .dropped = scratch, .accumulate = l.has(ACCUMULATE), .dtype = LEEWAY_F32});
    return {run.read(y), run.read(xa), run.read(dx), run.read(dyb)};
}

struct Gradients {
    std::vector<float> w, bias, a, b;
};

/* Adds to what gradients holds. */
void backward_weight(Run &run, const Layer &l, const Results &saved, Gradients &gradients) {
    auto x = run.in(l.x), dy = run.in(l.dy), xa = run.in(saved.xa), dyb = run.in(saved.dyb);
    auto dw = run.inout(gradients.w), dbias = run.inout(gradients.bias), da = run.inout(gradients.a), db = run.inout(gradients.b);
    auto dropped = run.out<float>(l.rows * l.in);
    LEEWAY_RUN(run, linear_backward_weight,
               {.rows = l.rows, .in = l.in, .out = l.out, .lora = lora_of(run, l), .x = x.get(), .dy = dy.get(), .xa = xa.get(),
                .dyb = dyb.get(), .dweight = dw.get(), .dbias = dbias.get(), .da = da.get(), .db = db.get(),
                .dropped = l.drops() ? dropped.get() : nullptr, .dtype = LEEWAY_F32, .gradient_dtype = LEEWAY_F32});
    gradients = {run.read(dw), run.read(dbias), run.read(da), run.read(db)};
}

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

void linear(Run &run, const Shape &shape) {
    const Layer l(run, shape);
    const Gradients before = {run.normal(l.out * l.in), run.normal(l.out), run.normal(l.rank * l.in), run.normal(l.out * l.rank)};
    const Results got = forward_and_back(run, l, plain(run.in(l.w)));
    Gradients gradients = before;
    backward_weight(run, l, got, gradients);
    if (!run.checks()) return;
    const Oracle oracle(l);
    expect(run, "y", got.y, oracle.y());
    expect(run, "dx", got.dx, oracle.dx(l.has(ACCUMULATE)));
    expect(run, "dweight", gradients.w, plus(exact(before.w, l.out, l.in), oracle.dw()));
    expect(run, "dbias", gradients.bias, plus(exact(before.bias, 1, l.out), row_sum(oracle.dy)));
    if (l.rank > 0) {
        expect(run, "xa", got.xa, oracle.xa());
        expect(run, "dyb", got.dyb, oracle.dyb());
        expect(run, "da", gradients.a, plus(exact(before.a, l.rank, l.in), oracle.da(), scaling));
        expect(run, "db", gradients.b, plus(exact(before.b, l.out, l.rank), oracle.db(), scaling));
    }
    if (l.rows * l.in * l.out < 3000) check_oracle(run, l, oracle);
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
                              {2049, 31, 37, 1, DROPOUT}},
                             linear);

/* A row's y, xa, dx and dyb have the same bits alone, in a batch, and at another place in it. */
void linear_batch(Run &run, const Shape &shape) {
    const Layer l(run, shape);
    const Buffer<float> w = run.in(l.w);
    const Results all = forward_and_back(run, l, plain(w));
    auto part_is_same = [&](int64_t begin, int64_t end) {
        const Results part = forward_and_back(run, l.part(begin, end), plain(w));
        const std::string rows = "rows " + std::to_string(begin) + " to " + std::to_string(end);
        run.same("y of " + rows, part.y, slice(all.y, begin * l.out, end * l.out));
        run.same("xa of " + rows, part.xa, slice(all.xa, begin * l.rank, end * l.rank));
        run.same("dx of " + rows, part.dx, slice(all.dx, begin * l.in, end * l.in));
        run.same("dyb of " + rows, part.dyb, slice(all.dyb, begin * l.rank, end * l.rank));
    };
    for (int64_t row : {int64_t(0), int64_t(1), l.rows / 2, l.rows - 1}) part_is_same(row, row + 1);
    for (int64_t count : {2, 3, 8, 15, 300}) part_is_same(l.rows - count, l.rows);
}
const bool batch_rows = add("linear_batch",
                            {{300, 37, 65, 4, BIAS | DROPOUT},
                             {2048, 64, 96, 8, BIAS},
                             {2049, 33, 31, 16, ACCUMULATE},
                             {301, 1030, 259, 0, 0}},
                            linear_batch);

/* Weight gradients of 1024 rows and then of the others are those of all rows, bit for bit: only the order of the rows counts. */
void linear_split(Run &run, const Shape &shape) {
    const Layer l(run, shape);
    const Buffer<float> w = run.in(l.w);
    const Gradients before = {run.normal(l.out * l.in), run.normal(l.out), run.normal(l.rank * l.in), run.normal(l.out * l.rank)};
    Gradients whole = before, split = before;
    backward_weight(run, l, forward_and_back(run, l, plain(w)), whole);
    for (const Layer &part : {l.part(0, 1024), l.part(1024, l.rows)})
        backward_weight(run, part, forward_and_back(run, part, plain(w)), split);
    run.same("dweight", split.w, whole.w);
    run.same("dbias", split.bias, whole.bias);
    run.same("da", split.a, whole.a);
    run.same("db", split.b, whole.b);
}
const bool split_rows = add("linear_split", {{1025, 40, 72, 4, DROPOUT}, {2048, 31, 17, 40, 0}}, linear_split);

/* A packed weight gives the bits of the plain one. */
void linear_packed(Run &run, const Shape &shape) {
    const Layer l(run, shape);
    const Buffer<float> w = run.in(l.w);
    int64_t bytes = 0;
    LEEWAY_RUN(run, packed_bytes, {.in = l.in, .out = l.out, .bytes = &bytes, .dtype = LEEWAY_F32});
    if (bytes == 0) return;
    auto packed = run.out<float>(bytes / 4);
    LEEWAY_RUN(run, pack_weight, {.in = l.in, .out = l.out, .weight = plain(w), .packed = packed.get()});
    const Results a = forward_and_back(run, l, plain(w)), b = forward_and_back(run, l, plain(w, packed.get()));
    run.same("y", b.y, a.y);
    run.same("dx", b.dx, a.dx);
}
const bool packed_rows = add("linear_packed",
                             {{1, 1, 1, 0, 0},
                              {1, 288, 768, 0, BIAS},
                              {2, 513, 33, 4, 0},
                              {4, 1025, 31, 0, ACCUMULATE},
                              {8, 64, 4096, 0, 0},
                              {15, 31, 257, 0, 0},
                              {300, 600, 100, 8, BIAS | DROPOUT}},
                             linear_packed);

/* An NF4 weight gives the bits of its dequantised copy. */
void linear_nf4(Run &run, const Shape &shape) {
    const Layer l(run, shape);
    const int64_t count = l.in * l.out;
    auto w = run.in(l.w), absmax = run.out<float>(count / 64), copy = run.out<float>(count);
    auto codes = run.out<uint8_t>(count / 2);
    const leeway_weight nf4 = {codes.get(), absmax.get(), nullptr, LEEWAY_NF4, 0};
    LEEWAY_RUN(run, quantize_nf4,
               {.in = l.in, .out = l.out, .weight = w.get(), .codes = codes.get(), .absmax = absmax.get(), .dtype = LEEWAY_F32});
    LEEWAY_RUN(run, dequantize, {.in = l.in, .out = l.out, .weight = nf4, .y = copy.get(), .dtype = LEEWAY_F32});
    const Results a = forward_and_back(run, l, plain(copy)), b = forward_and_back(run, l, nf4);
    run.same("y", b.y, a.y);
    run.same("dx", b.dx, a.dx);
}
const bool nf4_rows = add(
    "linear_nf4", {{1, 64, 1, 0, 0}, {3, 1, 64, 2, BIAS}, {5, 33, 192, 4, 0}, {17, 192, 35, 0, DROPOUT}, {40, 1088, 130, 8, 0}},
    linear_nf4);

/* W + scaling B A */
void lora_merge(Run &run, const Shape &shape) {
    const int64_t in = shape[0], out = shape[1], rank = shape[2];
    const auto w = run.normal(out * in), a = run.normal(rank * in), b = run.normal(out * rank);
    auto weight = run.inout(w);
    const leeway_lora lora = {run.in(a).get(), run.in(b).get(), nullptr, rank, 0, scaling, 0.0f};
    LEEWAY_RUN(run, lora_merge, {.in = in, .out = out, .lora = lora, .weight = weight.get(), .dtype = LEEWAY_F32});
    const auto got = run.read(weight);
    if (run.checks()) expect(run, "weight", got, plus(exact(w, out, in), product(exact(b, out, rank), exact(a, rank, in)), scaling));
}
const bool merge_rows = add("lora_merge", {{1, 1, 1}, {5, 3, 0}, {33, 65, 8}, {64, 64, 16}, {129, 300, 512}}, lora_merge);

/* What breaks the contract is refused and nothing is written; no rows are no work. */
void linear_refusals(Run &run, const Shape &) {
    auto x = run.in(run.normal(6)), w = run.in(run.normal(6)), y = run.out<float>(4);
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
    if (run.library().backend() == "cpu") refused(LEEWAY_UNSUPPORTED, [](auto &args) { args.dtype = LEEWAY_BF16; });
    for (float v : run.read(y)) run.expect("y was written", std::isnan(v));
    refused(LEEWAY_OK, [](auto &args) { args.rows = 0, args.x = nullptr, args.y = nullptr; });
}
const bool refusal_rows = add("linear_refusals", {{0}}, linear_refusals);

}  // namespace
