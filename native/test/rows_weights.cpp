/* rows_weights.cpp: the op table's rows for weights in other forms: packed, NF4, merged with LoRA. */
#include "linear_case.h"

using namespace table;
using namespace table::linear;

namespace {

constexpr int64_t BF16 = HALF | HALF_WEIGHT;

/* Both weights give the same bits, forward and back. */
void expect_alike(Run &run, const Layer &l, const leeway_weight &one, const leeway_weight &other) {
    const Results a = forward_and_back(run, l, one), b = forward_and_back(run, l, other);
    run.same("y", b.y, a.y);
    run.same("dx", b.dx, a.dx);
}

/* A packed weight gives the bits of the plain one. */
void linear_packed(Run &run, const Shape &shape) {
    const Layer l(run, shape);
    const Array w = in(run, l.weight_type(), l.w);
    int64_t bytes = 0;
    LEEWAY_RUN(run, packed_bytes, {.in = l.in, .out = l.out, .bytes = &bytes, .dtype = l.weight_type()});
    auto packed = run.out<char>(bytes);
    if (bytes == 0) {
        LEEWAY_EXPECT_STATUS(run, pack_weight, LEEWAY_UNSUPPORTED, {.in = l.in, .out = l.out, .weight = plain(w), .packed = w.get()});
        return;
    }
    LEEWAY_RUN(run, pack_weight, {.in = l.in, .out = l.out, .weight = plain(w), .packed = packed.get()});
    expect_alike(run, l, plain(w), plain(w, packed.get()));
}
const bool packed_rows = add("linear_packed",
                             {{1, 1, 1, 0, 0},
                              {1, 288, 768, 0, BIAS},
                              {2, 513, 33, 4, 0},
                              {4, 1025, 31, 0, ACCUMULATE},
                              {8, 64, 4096, 0, 0},
                              {15, 31, 257, 0, 0},
                              {300, 600, 100, 8, BIAS | DROPOUT},
                              {1, 1, 1, 0, BF16},
                              {1, 288, 768, 0, BIAS | BF16},
                              {2, 513, 33, 4, BF16},
                              {4, 1025, 31, 0, ACCUMULATE | BF16},
                              {8, 64, 4096, 0, HALF},
                              {15, 31, 257, 0, HALF_WEIGHT},
                              {300, 600, 100, 8, BIAS | DROPOUT | BF16}},
                             linear_packed);

/* An NF4 weight gives the bits of its dequantised copy in the type of x. */
void linear_nf4(Run &run, const Shape &shape) {
    const Layer l(run, shape);
    const int64_t count = l.in * l.out;
    const Array w = in(run, l.weight_type(), l.w), copy = out(run, l.type(), count);
    auto absmax = run.out<float>(count / 64);
    auto codes = run.out<uint8_t>(count / 2);
    const leeway_weight nf4 = {codes.get(), absmax.get(), nullptr, LEEWAY_NF4, 0};
    LEEWAY_RUN(run, quantize_nf4,
               {.in = l.in, .out = l.out, .weight = w.get(), .codes = codes.get(), .absmax = absmax.get(), .dtype = w.type});
    LEEWAY_RUN(run, dequantize, {.in = l.in, .out = l.out, .weight = nf4, .y = copy.get(), .dtype = copy.type});
    expect_alike(run, l, plain(copy), nf4);
}
const bool nf4_rows = add("linear_nf4",
                          {{1, 64, 1, 0, 0},
                           {3, 1, 64, 2, BIAS},
                           {5, 33, 192, 4, 0},
                           {17, 192, 35, 0, DROPOUT},
                           {40, 1088, 130, 8, 0},
                           {3, 1, 64, 2, BIAS | HALF},
                           {5, 33, 192, 4, BF16},
                           {40, 1088, 130, 8, HALF},
                           {13, 1088, 136, 3, BIAS | HALF},
                           {40, 192, 72, 0, BF16},
                           {150, 136, 1152, 4, ACCUMULATE | HALF}},
                          linear_nf4);

/* W + scaling B A */
template <leeway_dtype type>
void lora_merge(Run &run, const Shape &shape) {
    const int64_t in = shape[0], out = shape[1], rank = shape[2];
    const auto w = rounded(type, run.normal(out * in)), a = run.normal(rank * in), b = run.normal(out * rank);
    auto weight = inout(run, type, w);
    const leeway_lora lora = {run.in(a).get(), run.in(b).get(), nullptr, rank, 0, scaling, 0.0f};
    LEEWAY_RUN(run, lora_merge, {.in = in, .out = out, .lora = lora, .weight = weight.get(), .dtype = type});
    const auto got = read(run, weight);
    const Approx want = plus(exact(w, out, in), product(exact(b, out, rank), exact(a, rank, in)), scaling);
    if (run.checks()) expect(run, "weight", got, stored(type, want));
}
const std::vector<Shape> merges = {{1, 1, 1}, {5, 3, 0}, {33, 65, 8}, {64, 64, 16}, {129, 300, 512}};
const bool merge_rows = add("lora_merge", merges, lora_merge<LEEWAY_F32>);
const bool merge_half_rows = add("lora_merge_bf16", merges, lora_merge<LEEWAY_BF16>);

}  // namespace
