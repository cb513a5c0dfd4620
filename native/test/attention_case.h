/* attention_case.h: the shapes, inputs and forward call that the rows of packed and paged attention share. */
#pragma once

#include "number.h"

namespace attention_case {

using namespace table;
using Floats = std::vector<float>;

struct Problem {
    int64_t heads, kv_heads, head_dim, window;
    float softcap, scale;
    std::vector<int32_t> starts;
    int64_t rows, sequences;
    leeway_dtype type;
    int64_t group() const { return heads / kv_heads; }
    int64_t queries() const { return rows * heads * head_dim; }
    int64_t keys() const { return rows * kv_heads * head_dim; }
};

inline Problem problem_of(const Shape &shape, leeway_dtype type) {
    Problem p{shape[0], shape[1], shape[2], shape[3], float(shape[4]), 0.0f, {0}, 0, int64_t(shape.size()) - 5, type};
    p.scale = float(1.3 / std::sqrt(double(p.head_dim)));
    for (size_t i = 5; i < shape.size(); i++) p.starts.push_back(p.starts.back() + int32_t(shape[i]));
    p.rows = p.starts.back();
    return p;
}

/* {H, K, D, window, softcap, length of each sequence...} */
inline const std::vector<Shape> shapes = {
    {1, 1, 8, 0, 0, 1},
    {2, 1, 8, 0, 0, 0, 0},
    {4, 2, 8, 3, 4, 2, 3, 5},
    {4, 1, 16, 0, 0, 7, 1, 4},
    {4, 2, 64, 0, 0, 1, 70, 0, 129, 1},
    {6, 2, 80, 8, 0, 200, 3},
    {3, 3, 16, 70, 5, 190, 64, 65},
    {8, 1, 96, 0, 30, 100, 33},
    {16, 8, 128, 1, 0, 130},
    {2, 1, 256, 70, 0, 150, 70},
    {9, 3, 32, 0, 0, 300},
    {80, 1, 32, 0, 0, 20, 1},
    {2, 2, 24, 0, 2, 63},
    {3, 1, 40, 64, 0, 257},
    {4, 2, 12, 0, 0, 90, 1, 31},
    {2, 1, 6, 5, 3, 70},
    {3, 1, 2, 0, 0, 67, 4},
    {2, 2, 30, 70, 0, 140},
    {1, 1, 64, 0, 0, 700},
};

struct Inputs {
    Floats q, k, v, dout;
    Inputs() = default;
    Inputs(Run &run, const Problem &p)
        : q(draw(run, p, p.queries())), k(draw(run, p, p.keys())), v(draw(run, p, p.keys())), dout(draw(run, p, p.queries())) {}
    static Floats draw(Run &run, const Problem &p, int64_t count) { return rounded(p.type, run.normal(count)); }
};

struct Outputs {
    Floats out, lse;
};

inline Outputs run_forward(Run &run, const Problem &p, const Inputs &x) {
    auto starts = run.in(p.starts);
    auto q = in(run, p.type, x.q), k = in(run, p.type, x.k), v = in(run, p.type, x.v), o = out(run, p.type, p.queries());
    auto lse = run.out<float>(p.rows * p.heads);
    LEEWAY_RUN(run, attention_forward,
               {p.rows, p.sequences, p.heads, p.kv_heads, p.head_dim, p.window, starts.get(), q.get(), k.get(), v.get(), o.get(),
                lse.get(), p.scale, p.softcap, p.type});
    return {read(run, o), run.read(lse)};
}

}  // namespace attention_case
