/* layer_bench.cpp: attention, norms, activations, rotations and the optimiser through the C ABI, beside the ceilings of the processor.
 *
 *     layer_bench <library.so> [filter] [repeats]
 *
 * One JSON line an op, type and model shape, on one thread. Attention: GFLOP/s of what causal attention needs (4 D forward, 10 D backward
 * a visible pair and head) as share of the multiply-add peak; all else: GB/s of the arrays, each once, as share of the memory's read rate
 * (arrays that fit in a cache may exceed it).
 */
#include "bench.h"

namespace {

using namespace bench;

struct Model {
    const char *name;
    int64_t sequences, length, heads, kv_heads, head_dim, hidden, intermediate;
    int64_t rows() const { return sequences * length; }
};

const Model models[] = {
    {"small", 8, 256, 6, 6, 48, 288, 768}, {"135M", 8, 256, 9, 3, 64, 576, 1536}, {"135M long", 1, 2048, 9, 3, 64, 576, 1536}};

std::string filter;
int repeats = 7;

void report(const char *op, const char *what, leeway_dtype dtype, double work, const std::function<void()> &body, bool arithmetic) {
    char line[200];
    std::snprintf(line, sizeof line, "\"op\": \"%s\", \"of\": \"%s\", \"dtype\": \"%s\"", op, what, name_of(dtype));
    if (std::string(line).find(filter) == std::string::npos) return;
    measure(line, work, repeats, body, [=] { return arithmetic ? fma_ceiling(dtype) : read_ceiling(); });
}

void attention(const Model &m, leeway_dtype dtype) {
    int64_t queries = m.rows() * m.heads * m.head_dim, keys = m.rows() * m.kv_heads * m.head_dim;
    void *q = numbers(queries, dtype), *k = numbers(keys, dtype), *v = numbers(keys, dtype), *out = numbers(queries, dtype);
    void *dout = numbers(queries, dtype), *dq = numbers(queries, dtype), *dk = numbers(keys, dtype), *dv = numbers(keys, dtype);
    auto *lse = static_cast<float *>(numbers(m.rows() * m.heads, LEEWAY_F32));
    auto *delta = static_cast<float *>(numbers(m.rows() * m.heads, LEEWAY_F32));
    std::vector<int32_t> starts;
    for (int64_t s = 0; s <= m.sequences; s++) starts.push_back(int32_t(s * m.length));
    double pairs = double(m.sequences) * double(m.length) * double(m.length + 1) / 2 * double(m.heads * m.head_dim);
    float scale = 0.125f;
    auto forward = [&] {
        LEEWAY_CALL(attention_forward, {m.rows(), m.sequences, m.heads, m.kv_heads, m.head_dim, 0, starts.data(), q, k, v, out, lse,
                                        scale, 0, dtype});
    };
    auto backward = [&] {
        LEEWAY_CALL(attention_backward, {m.rows(), m.sequences, m.heads, m.kv_heads, m.head_dim, 0, starts.data(), q, k, v, out, lse, dout,
                                         delta, dq, dk, dv, scale, 0, dtype});
    };
    report("attention_forward", m.name, dtype, 4 * pairs, forward, true);
    report("attention_backward", m.name, dtype, 10 * pairs, backward, true);
}

void norms(const Model &m, leeway_dtype dtype) {
    int64_t count = m.rows() * m.hidden;
    void *x = numbers(count, dtype), *residual = numbers(count, dtype), *y = numbers(count, dtype), *weight = numbers(m.hidden, dtype);
    auto *rstd = static_cast<float *>(numbers(m.rows(), LEEWAY_F32)), *dweight = static_cast<float *>(numbers(m.hidden, LEEWAY_F32));
    auto *workspace = static_cast<float *>(numbers(m.rows() * m.hidden / 64 + m.hidden, LEEWAY_F32));
    double bytes = double(count * bytes_of(dtype));
    report("rmsnorm_forward", m.name, dtype, 4 * bytes, [&] {
        LEEWAY_CALL(rmsnorm_forward, {m.rows(), 1, m.hidden, m.hidden, x, residual, weight, residual, y, rstd, 1e-5f, 0, dtype});
    }, false);
    report("rmsnorm_backward", m.name, dtype, 4 * bytes, [&] {
        LEEWAY_CALL(rmsnorm_backward, {m.rows(), 1, m.hidden, m.hidden, x, weight, rstd, y, residual, residual, dweight, workspace,
                                       m.rows() * m.hidden / 16 + 4 * m.hidden, 0, dtype});
    }, false);
}

void gates(const Model &m, leeway_dtype dtype) {
    int64_t count = m.rows() * m.intermediate;
    void *gate = numbers(count, dtype), *up = numbers(count, dtype), *y = numbers(count, dtype), *dgate = numbers(count, dtype);
    double bytes = double(count * bytes_of(dtype));
    report("glu_forward", m.name, dtype, 3 * bytes, [&] { LEEWAY_CALL(glu_forward, {count, gate, up, y, LEEWAY_SILU, dtype}); }, false);
    report("glu_backward", m.name, dtype, 5 * bytes,
           [&] { LEEWAY_CALL(glu_backward, {count, gate, up, y, dgate, y, LEEWAY_SILU, dtype}); }, false);
}

void rotations(const Model &m, leeway_dtype dtype) {
    int64_t count = m.rows() * m.heads * m.head_dim;
    void *x = numbers(count, dtype);
    auto *cosine = static_cast<float *>(numbers(m.length * m.head_dim / 2, LEEWAY_F32));
    std::vector<int32_t> positions;
    for (int64_t n = 0; n < m.rows(); n++) positions.push_back(int32_t(n % m.length));
    report("rope", m.name, dtype, 2.0 * double(count * bytes_of(dtype)), [&] {
        LEEWAY_CALL(rope, {m.rows(), m.heads, m.head_dim, m.head_dim, m.heads * m.head_dim, m.length, positions.data(), cosine, cosine, x,
                           0, dtype});
    }, false);
}

/* Seven million parameters. */
void optimiser(const char *name, leeway_dtype dtype, bool master, leeway_dtype gradient, leeway_dtype moment, int stochastic) {
    int64_t count = 7 << 20;
    void *w = numbers(count, dtype), *g = numbers(count, gradient), *m = numbers(count, moment), *v = numbers(count, moment);
    auto *whole = master ? static_cast<float *>(numbers(count, LEEWAY_F32)) : nullptr;
    auto *scales = moment == LEEWAY_U8 ? static_cast<float *>(numbers(count / 128, LEEWAY_F32)) : nullptr;
    double bytes = double(2 * bytes_of(dtype) + bytes_of(gradient) + 4 * bytes_of(moment) + (master ? 8 - bytes_of(dtype) : 0));
    report("adamw", name, dtype, double(count) * bytes, [&] {
        LEEWAY_CALL(adamw, {count, 1000, w, whole, g, m, v, scales, scales ? scales + count / 256 : nullptr, 1, 1e-4, 0.9, 0.999, 1e-8, 0.1,
                            1, dtype, gradient, moment, stochastic});
    }, false);
}

void run(int count, char **arguments) {
    use_library(arguments[1]);
    if (count > 2) filter = arguments[2];
    if (count > 3) repeats = std::atoi(arguments[3]);
    print_ceiling("fma", fma_ceiling(LEEWAY_F32));
    print_ceiling("bf16 pairs", fma_ceiling(LEEWAY_BF16));
    print_ceiling("read", read_ceiling());
    for (const Model &m : models)
        for (leeway_dtype dtype : {LEEWAY_F32, LEEWAY_BF16}) attention(m, dtype), norms(m, dtype), gates(m, dtype), rotations(m, dtype);
    optimiser("fp32", LEEWAY_F32, false, LEEWAY_F32, LEEWAY_F32, 0);
    optimiser("fp32, 8-bit moments", LEEWAY_F32, false, LEEWAY_F32, LEEWAY_U8, 0);
    optimiser("master", LEEWAY_BF16, true, LEEWAY_F32, LEEWAY_F32, 0);
    optimiser("stochastic, bf16 gradient, 8-bit moments", LEEWAY_BF16, false, LEEWAY_BF16, LEEWAY_U8, 1);
    optimiser("nearest, all bf16", LEEWAY_BF16, false, LEEWAY_BF16, LEEWAY_BF16, 0);
}

}  // namespace

int main(int count, char **arguments) {
    if (count < 2) return std::fprintf(stderr, "usage: layer_bench <library.so> [filter] [repeats]\n"), 2;
    return exit_code_of([&] { run(count, arguments); });
}
