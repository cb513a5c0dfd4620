/* device_bench.cpp: the ops of a back end on a device, at the shapes of models, in turns with the same ops of other software.
 *
 *     device_bench LIBRARY.so MODELS [FILTER [SECONDS]] [-- PEER COMMAND…]
 *
 * MODELS: some of 8B,1B,135M, or tiny (for the emulator and CPUs), joined by commas. After SECONDS no task is begun. One JSON object a
 * line.
 */
#include "contest.h"

#include <cmath>
#include <sstream>

namespace {

using namespace bench;

struct Model {
    const char *name;
    int64_t sequences, length, heads, kv_heads, head_dim, hidden, intermediate, vocabulary;
    int64_t rows() const { return sequences * length; }
};

/* Llama 3 8B, Llama 3.2 1B, SmolLM 135M. */
const Model models[] = {{"8B", 2, 2048, 32, 8, 128, 4096, 14336, 128256},
                        {"1B", 4, 1024, 32, 8, 64, 2048, 8192, 128256},
                        {"135M", 8, 1024, 9, 3, 64, 576, 1536, 49152},
                        {"tiny", 2, 32, 4, 2, 16, 64, 128, 512}};

/* What an op's operands are made of; a salt names a sequence of numbers, here and in bench/peers/pytorch/ops.py. */
enum Salt { of_x = 1, of_weight, of_dy, of_second, of_third, of_tokens };

/* Small weights keep sums near 1, and a softmax from being all one token. */
constexpr float small = 0x1p-6f;

std::string line(const char *op, leeway_dtype dtype, std::initializer_list<int64_t> sizes) {
    std::ostringstream text;
    text << op << ' ' << name_of(dtype);
    for (int64_t size : sizes) text << ' ' << size;
    return text.str();
}

/* The tasks of one model in one number type. */
struct Tasks {
    Contest &contest;
    const Model &m;
    leeway_dtype dtype;

    int64_t size() const { return bytes_of(dtype); }

    struct Work {
        double flops, bytes;
    };
    /* what, on which shape; op and its sizes as the peer reads them. */
    void run(const std::string &what, const char *op, std::initializer_list<int64_t> sizes, const Work &work,
             const std::function<Operands(Memory &)> &make) const {
        contest.run({what + " " + name_of(dtype), line(op, dtype, sizes), dtype, work.flops, work.bytes, make});
    }
    std::string on(const char *what, const std::string &shape = "") const {
        return std::string(what) + ", " + m.name + (shape.empty() ? "" : " ") + shape;
    }
};

void products(const Tasks &tasks, int64_t in, int64_t out) {
    const leeway_dtype dtype = tasks.dtype;
    const int64_t n = tasks.m.rows(), size = tasks.size();
    const std::string shape = std::to_string(n) + " x " + std::to_string(in) + " to " + std::to_string(out);
    const double flops = 2.0 * double(n) * double(in) * double(out);
    auto bytes = [=](int64_t weight_size) { return double((n * in + n * out) * size + in * out * weight_size); };
    tasks.run(tasks.on("product forward", shape), "product_forward", {n, in, out}, {flops, bytes(size)}, [=](Memory &memory) {
        void *x = memory.numbers(n * in, dtype, of_x), *y = memory.fresh(n * out * size);
        const leeway_weight weight = {memory.numbers(in * out, dtype, of_weight, small), nullptr, nullptr, dtype, 0};
        return Operands{[=] {
            LEEWAY_CALL(linear_forward, {.rows = n, .in = in, .out = out, .weight = weight, .lora = {}, .bias = nullptr, .x = x, .y = y,
                                         .xa = nullptr, .dropped = nullptr, .accumulate = 0, .dtype = dtype});
        }, {{y, n * out, dtype}}};
    });
    tasks.run(tasks.on("product backward input", shape), "product_input", {n, in, out}, {flops, bytes(size)}, [=](Memory &memory) {
        void *dy = memory.numbers(n * out, dtype, of_dy), *dx = memory.fresh(n * in * size);
        const leeway_weight weight = {memory.numbers(in * out, dtype, of_weight, small), nullptr, nullptr, dtype, 0};
        return Operands{[=] {
            LEEWAY_CALL(linear_backward_input, {.rows = n, .in = in, .out = out, .weight = weight, .lora = {}, .dy = dy, .dx = dx,
                                                .dyb = nullptr, .dropped = nullptr, .accumulate = 0, .dtype = dtype});
        }, {{dx, n * in, dtype}}};
    });
    tasks.run(tasks.on("product backward weight", shape), "product_weight", {n, in, out}, {flops, bytes(8)}, [=](Memory &memory) {
        void *x = memory.numbers(n * in, dtype, of_x), *dy = memory.numbers(n * out, dtype, of_dy);
        void *dw = memory.zeros(in * out, LEEWAY_F32);
        return Operands{[=] {
            LEEWAY_CALL(linear_backward_weight, {.rows = n, .in = in, .out = out, .lora = {}, .x = x, .dy = dy, .xa = nullptr,
                                                 .dyb = nullptr, .dweight = dw, .dbias = nullptr, .da = nullptr, .db = nullptr,
                                                 .dropped = nullptr, .dtype = dtype, .gradient_dtype = LEEWAY_F32});
        }, {{dw, in * out, LEEWAY_F32}}};
    });
}

struct Attention {
    int64_t queries, keys;
    void *q, *k, *v, *out;
    float *lse;
    int32_t *starts;
};

Attention attention_operands(Memory &memory, const Model &m, leeway_dtype dtype) {
    const int64_t queries = m.rows() * m.heads * m.head_dim, keys = m.rows() * m.kv_heads * m.head_dim;
    std::vector<int32_t> starts;
    for (int64_t s = 0; s <= m.sequences; s++) starts.push_back(int32_t(s * m.length));
    return {queries, keys, memory.numbers(queries, dtype, of_x), memory.numbers(keys, dtype, of_second),
            memory.numbers(keys, dtype, of_third), memory.fresh(queries * bytes_of(dtype)),
            memory.zeros<float>(m.rows() * m.heads, LEEWAY_F32), memory.values(starts)};
}

void forward(const Model &m, const Attention &a, leeway_dtype dtype) {
    const auto scale = float(1 / std::sqrt(double(m.head_dim)));
    LEEWAY_CALL(attention_forward, {m.rows(), m.sequences, m.heads, m.kv_heads, m.head_dim, 0, a.starts, a.q, a.k, a.v, a.out, a.lse,
                                    scale, 0, dtype});
}

/* FLOPs of what causal attention needs: 4 D forward, 10 D backward a visible pair and head. */
void attention(const Tasks &tasks) {
    const Model &m = tasks.m;
    const leeway_dtype dtype = tasks.dtype;
    const double pairs = double(m.sequences) * double(m.length) * double(m.length + 1) / 2 * double(m.heads * m.head_dim);
    const double moved = double(m.rows() * m.head_dim * (m.heads + m.kv_heads) * tasks.size()); // q, out, or their gradients, with k, v
    const std::string shape = std::to_string(m.sequences) + " x " + std::to_string(m.length);
    const std::initializer_list<int64_t> sizes = {m.sequences, m.length, m.heads, m.kv_heads, m.head_dim};
    tasks.run(tasks.on("attention forward", shape), "attention_forward", sizes, {4 * pairs, 2 * moved}, [=](Memory &memory) {
        const Attention a = attention_operands(memory, m, dtype);
        return Operands{[=] { forward(m, a, dtype); }, {{a.out, a.queries, dtype}}};
    });
    tasks.run(tasks.on("attention backward", shape), "attention_backward", sizes, {10 * pairs, 4 * moved}, [=](Memory &memory) {
        const Attention a = attention_operands(memory, m, dtype);
        const int64_t size = bytes_of(dtype);
        void *dout = memory.numbers(a.queries, dtype, of_dy), *dq = memory.fresh(a.queries * size);
        void *dk = memory.fresh(a.keys * size), *dv = memory.fresh(a.keys * size);
        auto *delta = memory.zeros<float>(m.rows() * m.heads, LEEWAY_F32);
        const auto scale = float(1 / std::sqrt(double(m.head_dim)));
        forward(m, a, dtype);
        return Operands{[=] {
            LEEWAY_CALL(attention_backward, {m.rows(), m.sequences, m.heads, m.kv_heads, m.head_dim, 0, a.starts, a.q, a.k, a.v, a.out,
                                             a.lse, dout, delta, dq, dk, dv, scale, 0, dtype});
        }, {{dq, a.queries, dtype}, {dk, a.keys, dtype}, {dv, a.keys, dtype}}};
    });
}

/* From 1k to 16k tokens a sequence for models that train on 4k rows; always as many rows in all. */
void attention_of_lengths(const Tasks &tasks) {
    Model m = tasks.m;
    const int64_t rows = 4 * m.rows();
    for (m.length = rows / 16; m.length <= rows; m.length *= 2) {
        m.sequences = rows / m.length;
        attention({tasks.contest, m, tasks.dtype});
    }
}

/* One token of each of so many sequences over its keys in pages; the peer's lie in one piece. */
void decoding(const Tasks &tasks, int64_t lanes) {
    const Model &m = tasks.m;
    const leeway_dtype dtype = tasks.dtype;
    const int64_t context = m.length, queries = lanes * m.heads * m.head_dim, keys = lanes * context * m.kv_heads * m.head_dim;
    const double work = 4.0 * double(queries) * double(context), moved = 2.0 * double((keys + queries) * tasks.size());
    const std::string shape = std::to_string(lanes) + " x " + std::to_string(context);
    const std::initializer_list<int64_t> sizes = {lanes, context, m.heads, m.kv_heads, m.head_dim};
    tasks.run(tasks.on("attention of decoding", shape), "attention_decode", sizes, {work, moved}, [=](Memory &memory) {
        const int64_t page_size = std::min<int64_t>(64, context / 2), pages = lanes * context / page_size;
        std::vector<int32_t> starts, table;
        for (int64_t s = 0; s <= lanes; s++) starts.push_back(int32_t(s));
        for (int64_t page = 0; page < pages; page++) table.push_back(int32_t(page));
        const int32_t *b_starts = memory.values(starts), *b_table = memory.values(table);
        const int32_t *contexts = memory.values(std::vector<int32_t>(size_t(lanes), int32_t(context)));
        void *q = memory.numbers(queries, dtype, of_x), *k = memory.numbers(keys, dtype, of_second);
        void *v = memory.numbers(keys, dtype, of_third), *out = memory.fresh(queries * bytes_of(dtype));
        const auto scale = float(1 / std::sqrt(double(m.head_dim)));
        return Operands{[=] {
            LEEWAY_CALL(paged_attention, {lanes, lanes, m.heads, m.kv_heads, m.head_dim, 0, page_size, pages, context / page_size, b_starts,
                                          contexts, b_table, q, k, v, out, scale, 0, dtype});
        }, {{out, queries, dtype}}};
    });
}

void norms(const Tasks &tasks) {
    const leeway_dtype dtype = tasks.dtype;
    const int64_t n = tasks.m.rows(), width = tasks.m.hidden, count = n * width, size = tasks.size();
    const double bytes = double(count * size);
    tasks.run(tasks.on("rmsnorm with residual forward"), "rmsnorm_forward", {n, width}, {0, 4 * bytes}, [=](Memory &memory) {
        void *x = memory.numbers(count, dtype, of_x), *residual = memory.numbers(count, dtype, of_second);
        void *w = memory.numbers(width, dtype, of_weight), *sum = memory.fresh(count * size), *y = memory.fresh(count * size);
        auto *rstd = memory.zeros<float>(n, LEEWAY_F32);
        return Operands{[=] { LEEWAY_CALL(rmsnorm_forward, {n, 1, width, width, x, residual, w, sum, y, rstd, 1e-5f, 0, dtype}); },
                        {{sum, count, dtype}, {y, count, dtype}}};
    });
    tasks.run(tasks.on("rmsnorm backward"), "rmsnorm_backward", {n, width}, {0, 3 * bytes}, [=](Memory &memory) {
        void *s = memory.numbers(count, dtype, of_x), *dy = memory.numbers(count, dtype, of_dy);
        void *w = memory.numbers(width, dtype, of_weight), *y = memory.fresh(count * size), *ds = memory.fresh(count * size);
        auto *rstd = memory.zeros<float>(n, LEEWAY_F32), *dw = memory.zeros<float>(width, LEEWAY_F32);
        int64_t needed = 0;
        LEEWAY_CALL(rmsnorm_workspace, {n, 1, width, &needed, dtype});
        void *workspace = memory.fresh(std::max<int64_t>(16, needed));
        LEEWAY_CALL(rmsnorm_forward, {n, 1, width, width, s, nullptr, w, nullptr, y, rstd, 1e-5f, 0, dtype});
        return Operands{[=] {
            LEEWAY_CALL(rmsnorm_backward, {n, 1, width, width, s, w, rstd, dy, nullptr, ds, dw, workspace, needed, 0, dtype});
        }, {{ds, count, dtype}, {dw, width, LEEWAY_F32}}};
    });
}

void gates(const Tasks &tasks) {
    const leeway_dtype dtype = tasks.dtype;
    const int64_t count = tasks.m.rows() * tasks.m.intermediate, size = tasks.size();
    const double bytes = double(count * size);
    tasks.run(tasks.on("glu forward"), "glu_forward", {count}, {0, 3 * bytes}, [=](Memory &memory) {
        void *gate = memory.numbers(count, dtype, of_x), *up = memory.numbers(count, dtype, of_second);
        void *y = memory.fresh(count * size);
        return Operands{[=] { LEEWAY_CALL(glu_forward, {count, gate, up, y, LEEWAY_SILU, dtype}); }, {{y, count, dtype}}};
    });
    tasks.run(tasks.on("glu backward"), "glu_backward", {count}, {0, 5 * bytes}, [=](Memory &memory) {
        void *gate = memory.numbers(count, dtype, of_x), *up = memory.numbers(count, dtype, of_second);
        void *dy = memory.numbers(count, dtype, of_dy), *dgate = memory.fresh(count * size), *dup = memory.fresh(count * size);
        return Operands{[=] { LEEWAY_CALL(glu_backward, {count, gate, up, dy, dgate, dup, LEEWAY_SILU, dtype}); },
                        {{dgate, count, dtype}, {dup, count, dtype}}};
    });
}

void rotation(const Tasks &tasks) {
    const Model &m = tasks.m;
    const leeway_dtype dtype = tasks.dtype;
    const int64_t n = m.rows(), half = m.head_dim / 2, count = n * m.heads * m.head_dim;
    const double bytes = 2.0 * double(count * tasks.size());
    tasks.run(tasks.on("rope"), "rope", {m.sequences, m.length, m.heads, m.head_dim}, {0, bytes}, [=](Memory &memory) {
        std::vector<float> cosine, sine;
        for (int64_t p = 0; p < m.length; p++) {
            for (int64_t j = 0; j < half; j++) {
                const double angle = double(p) * std::pow(10000.0, -double(j) / double(half));
                cosine.push_back(float(std::cos(angle))), sine.push_back(float(std::sin(angle)));
            }
        }
        std::vector<int32_t> positions;
        for (int64_t row = 0; row < n; row++) positions.push_back(int32_t(row % m.length));
        void *x = memory.numbers(count, dtype, of_x);
        const float *c = memory.values(cosine), *s = memory.values(sine);
        const int32_t *at = memory.values(positions);
        return Operands{[=] {
            LEEWAY_CALL(rope, {n, m.heads, m.head_dim, m.head_dim, m.heads * m.head_dim, m.length, at, c, s, x, 0, dtype});
        }, {{x, count, dtype}}};
    });
}

struct Head {
    void *x, *w, *workspace;
    int32_t *targets;
    float *log_prob, *lse;
    int64_t workspace_bytes;
};

Head head_operands(Memory &memory, const Model &m, leeway_dtype dtype) {
    int64_t needed = 0;
    LEEWAY_CALL(head_workspace, {m.rows(), m.hidden, m.vocabulary, 0, &needed, dtype, 0});
    std::vector<int32_t> targets;
    for (int64_t row = 0; row < m.rows(); row++)
        targets.push_back(int32_t(hashed(row, of_tokens) % uint32_t(m.vocabulary)));
    return {memory.numbers(m.rows() * m.hidden, dtype, of_x), memory.numbers(m.vocabulary * m.hidden, dtype, of_weight, small),
            memory.fresh(std::max<int64_t>(16, needed)), memory.values(targets), memory.zeros<float>(m.rows(), LEEWAY_F32),
            memory.zeros<float>(m.rows(), LEEWAY_F32), needed};
}

void forward(const Model &m, const Head &h, leeway_dtype dtype) {
    leeway_head_forward_args args = {};
    args.rows = m.rows(), args.hidden = m.hidden, args.vocabulary = m.vocabulary;
    args.distribution = {{h.w, nullptr, nullptr, dtype, 0}, {}, nullptr, 0, 1};
    args.x = h.x, args.targets = h.targets, args.log_prob = h.log_prob, args.log_sum_exp = h.lse;
    args.workspace = h.workspace, args.workspace_bytes = h.workspace_bytes, args.dtype = dtype;
    LEEWAY_CALL(head_forward, args);
}

/* The head with its cross-entropy; 6 M V C FLOPs for both passes, however often the logits are computed. */
void head(const Tasks &tasks) {
    const Model &m = tasks.m;
    const leeway_dtype dtype = tasks.dtype;
    const int64_t n = m.rows(), size = tasks.size();
    const double product = 2.0 * double(n) * double(m.vocabulary) * double(m.hidden);
    const double bytes = double((n + m.vocabulary) * m.hidden * size);
    tasks.run(tasks.on("head forward"), "head_forward", {n, m.hidden, m.vocabulary}, {product, bytes}, [=](Memory &memory) {
        const Head h = head_operands(memory, m, dtype);
        return Operands{[=] { forward(m, h, dtype); }, {{h.log_prob, n, LEEWAY_F32}}};
    });
    const double both = 2 * bytes + double(n * m.hidden * size + m.vocabulary * m.hidden * 8);
    tasks.run(tasks.on("head forward and backward"), "head_both", {n, m.hidden, m.vocabulary}, {3 * product, both}, [=](Memory &memory) {
        const Head h = head_operands(memory, m, dtype);
        void *dx = memory.fresh(n * m.hidden * size), *dw = memory.zeros(m.vocabulary * m.hidden, LEEWAY_F32);
        const float *w_log_prob = memory.values(std::vector<float>(size_t(n), -1.0f));
        return Operands{[=] {
            forward(m, h, dtype);
            leeway_head_backward_args args = {};
            args.rows = n, args.hidden = m.hidden, args.vocabulary = m.vocabulary;
            args.distribution = {{h.w, nullptr, nullptr, dtype, 0}, {}, nullptr, 0, 1};
            args.x = h.x, args.targets = h.targets, args.log_sum_exp = h.lse, args.w_log_prob = w_log_prob;
            args.dx = dx, args.dweight = dw, args.dtype = dtype, args.gradient_dtype = LEEWAY_F32;
            args.workspace = h.workspace, args.workspace_bytes = h.workspace_bytes;
            LEEWAY_CALL(head_backward, args);
        }, {{dx, n * m.hidden, dtype}, {dw, m.vocabulary * m.hidden, LEEWAY_F32}}};
    });
}

/* Gradients and moments fp32; a bf16 parameter has an fp32 master. */
void optimiser(Contest &contest, const std::string &name, leeway_dtype dtype, int64_t count) {
    const bool has_master = dtype == LEEWAY_BF16;
    const double bytes = double(count) * (has_master ? 2 + 4 * 7 : 4 * 7);
    contest.run({"adamw, " + name + " " + name_of(dtype), line("adamw", dtype, {count}), dtype, 0, bytes, [=](Memory &memory) {
        void *w = memory.numbers(count, dtype, of_x), *g = memory.numbers(count, LEEWAY_F32, of_dy);
        auto *master = has_master ? memory.numbers<float>(count, LEEWAY_F32, of_x) : nullptr;
        void *first = memory.zeros(count, LEEWAY_F32), *second = memory.zeros(count, LEEWAY_F32);
        return Operands{[=] {
            LEEWAY_CALL(adamw, {count, 1, w, master, g, first, second, nullptr, nullptr, 0, 0.5, 0.9, 0.999, 1e-8, 0.1, 1, dtype,
                                LEEWAY_F32, LEEWAY_F32, 0});
        }, {{w, count, dtype}}};
    }});
}

void all_of(Contest &contest, const Model &m) {
    for (leeway_dtype dtype : {LEEWAY_BF16, LEEWAY_F32}) {
        const Tasks tasks = {contest, m, dtype};
        products(tasks, m.hidden, m.intermediate);
        products(tasks, m.intermediate, m.hidden);
        attention(tasks);
        if (dtype == LEEWAY_BF16) attention_of_lengths(tasks);
        for (int64_t lanes : {1, 64, 384})
            if (dtype == LEEWAY_BF16) decoding(tasks, lanes);
        head(tasks);
        norms(tasks);
        gates(tasks);
        rotation(tasks);
    }
}

struct Arguments {
    std::string library, models, filter;
    double seconds = 400;
    std::vector<std::string> peer;
};

Arguments parse(int count, char **values) {
    Arguments result;
    std::vector<std::string> own;
    int i = 1;
    for (; i < count && std::strcmp(values[i], "--") != 0; i++) own.emplace_back(values[i]);
    for (i++; i < count; i++) result.peer.emplace_back(values[i]);
    if (own.size() < 2 || own.size() > 4)
        throw std::runtime_error("usage: device_bench LIBRARY.so MODELS [FILTER [SECONDS]] [-- PEER COMMAND...]; "
                                 "models: 8B, 1B, 135M, tiny");
    result.library = own[0], result.models = "," + own[1] + ",";
    if (own.size() > 2) result.filter = own[2];
    if (own.size() > 3) result.seconds = std::stod(own[3]);
    return result;
}

void run(const Arguments &arguments) {
    use_library(arguments.library.c_str(), 0);
    const bool is_tiny = arguments.models == ",tiny,";
    Contest::Settings settings;
    settings.filter = arguments.filter, settings.deadline_seconds = arguments.seconds;
    if (is_tiny) settings.cache_bytes = 0, settings.turn_seconds = 1e-3;
    Contest contest(settings, arguments.peer.empty() ? nullptr : std::make_unique<Peer>(arguments.peer));
    contest.ceilings(int64_t(1) << (is_tiny ? 16 : 30), is_tiny ? 128 : 8192);
    for (const Model &m : models)
        if (arguments.models.find(std::string(",").append(m.name).append(",")) != std::string::npos) all_of(contest, m);
    for (leeway_dtype dtype : {LEEWAY_F32, LEEWAY_BF16})
        optimiser(contest, is_tiny ? "4096" : "134 million", dtype, is_tiny ? 4096 : int64_t(1) << 27);
    if (contest.failed()) throw std::runtime_error("some tasks failed");
}

}  // namespace

int main(int count, char **values) {
    return bench::exit_code_of([&] { run(parse(count, values)); });
}
