/* linear_case.h: a linear layer with all its inputs, and its forward and backward calls, in any number types. */
#pragma once

#include "number.h"
#include "rows_linear.h"

namespace table::linear {

/* HALF: x, y, dy, dx, bias in bf16. HALF_WEIGHT, HALF_GRADIENT: W; dweight and dbias. */
enum { BIAS = 1, ACCUMULATE = 2, DROPOUT = 4, HALF = 8, HALF_WEIGHT = 16, HALF_GRADIENT = 32 };

constexpr float scaling = 0.7f;
constexpr float dropout = 0.25f;
constexpr uint64_t dropout_seed = 0x1234567890abcdefull;

struct Layer {
    int64_t rows, in, out, rank, flags;
    std::vector<float> x, w, a, b, bias, dy, before_y, before_dx;
    std::vector<uint64_t> ids;

    Layer(Run &run, const Shape &shape) : rows(shape[0]), in(shape[1]), out(shape[2]), rank(shape[3]), flags(shape[4]) {
        x = rounded(type(), run.normal(rows * in));
        w = rounded(weight_type(), run.normal(out * in));
        a = run.normal(rank * in);
        b = run.normal(out * rank);
        bias = rounded(type(), run.normal(out));
        dy = rounded(type(), run.normal(rows * out));
        before_y = rounded(type(), run.normal(rows * out));
        before_dx = rounded(type(), run.normal(rows * in));
        for (int64_t n = 0; n < rows; n++) ids.push_back(run.random()());
    }
    bool has(int64_t flag) const { return (flags & flag) != 0; }
    bool drops() const { return has(DROPOUT) && rank > 0; }
    leeway_dtype type() const { return has(HALF) ? LEEWAY_BF16 : LEEWAY_F32; }
    leeway_dtype weight_type() const { return has(HALF_WEIGHT) ? LEEWAY_BF16 : LEEWAY_F32; }
    leeway_dtype gradient_type() const { return has(HALF_GRADIENT) ? LEEWAY_BF16 : LEEWAY_F32; }
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
    /* The same numbers in other types. */
    Layer with(int64_t other_flags) const {
        Layer l = *this;
        l.flags = other_flags;
        return l;
    }
};

inline leeway_weight plain(const Array &w, const void *packed = nullptr) { return {w.get(), nullptr, packed, w.type, 0}; }

inline leeway_weight weight_of(Run &run, const Layer &l) { return plain(table::in(run, l.weight_type(), l.w)); }

inline leeway_lora lora_of(Run &run, const Layer &l) {
    return {run.in(l.a).get(), run.in(l.b).get(), run.in(l.ids).get(), l.rank, dropout_seed, scaling, l.drops() ? dropout : 0.0f};
}

struct Results {
    std::vector<float> y, xa, dx, dyb;
};

inline Results forward_and_back(Run &run, const Layer &l, const leeway_weight &weight) {
    const leeway_lora lora = lora_of(run, l);
    auto x = table::in(run, l.type(), l.x), bias = table::in(run, l.type(), l.bias), dy = table::in(run, l.type(), l.dy);
    auto y = l.has(ACCUMULATE) ? inout(run, l.type(), l.before_y) : table::out(run, l.type(), l.rows * l.out);
    auto dx = l.has(ACCUMULATE) ? inout(run, l.type(), l.before_dx) : table::out(run, l.type(), l.rows * l.in);
    auto xa = run.out<float>(l.rows * l.rank), dyb = run.out<float>(l.rows * l.rank), dropped = run.out<float>(l.rows * l.in);
    float *scratch = l.drops() ? dropped.get() : nullptr;
    LEEWAY_RUN(run, linear_forward,
               {.rows = l.rows, .in = l.in, .out = l.out, .weight = weight, .lora = lora, .bias = l.has(BIAS) ? bias.get() : nullptr,
                .x = x.get(), .y = y.get(), .xa = l.rank ? xa.get() : nullptr, .dropped = scratch, .accumulate = l.has(ACCUMULATE),
                .dtype = l.type()});
    LEEWAY_RUN(run, linear_backward_input,
               {.rows = l.rows, .in = l.in, .out = l.out, .weight = weight, .lora = lora, .dy = dy.get(), .dx = dx.get(),
                .dyb = l.rank ? dyb.get() : nullptr, .dropped = scratch, .accumulate = l.has(ACCUMULATE), .dtype = l.type()});
    return {read(run, y), run.read(xa), read(run, dx), run.read(dyb)};
}

struct Gradients {
    std::vector<float> w, bias, a, b;
    /* What the gradients are added to. */
    Gradients(Run &run, const Layer &l)
        : w(rounded(l.gradient_type(), run.normal(l.out * l.in))), bias(rounded(l.gradient_type(), run.normal(l.out))),
          a(run.normal(l.rank * l.in)), b(run.normal(l.out * l.rank)) {}
};

/* Adds to what gradients holds. */
inline void backward_weight(Run &run, const Layer &l, const Results &saved, Gradients &gradients) {
    auto x = table::in(run, l.type(), l.x), dy = table::in(run, l.type(), l.dy);
    auto xa = run.in(saved.xa), dyb = run.in(saved.dyb), da = run.inout(gradients.a), db = run.inout(gradients.b);
    auto dw = inout(run, l.gradient_type(), gradients.w), dbias = inout(run, l.gradient_type(), gradients.bias);
    auto dropped = run.out<float>(l.rows * l.in);
    LEEWAY_RUN(run, linear_backward_weight,
               {.rows = l.rows, .in = l.in, .out = l.out, .lora = lora_of(run, l), .x = x.get(), .dy = dy.get(), .xa = xa.get(),
                .dyb = dyb.get(), .dweight = dw.get(), .dbias = dbias.get(), .da = da.get(), .db = db.get(),
                .dropped = l.drops() ? dropped.get() : nullptr, .dtype = l.type(), .gradient_dtype = l.gradient_type()});
    gradients.w = read(run, dw), gradients.bias = read(run, dbias), gradients.a = run.read(da), gradients.b = run.read(db);
}

}  // namespace table::linear
