/* rows_head.h: a head with all its inputs, and its columns and gradients in double with bounds (rows_linear.h; beside the formulas). */
#pragma once

#include "rows_linear.h"

namespace table::head {

/* HALF: x, W, dx in bf16; HALF_GRADIENT: dweight. */
enum { CAP = 1, TEMPERATURE = 2, MASK = 4, ENTRIES = 8, UNIFORM = 16, SHARP = 32, DROP = 64, HALF = 128, HALF_GRADIENT = 256 };

constexpr float scaling = 0.5f;
constexpr float dropout = 0.25f;
constexpr uint64_t dropout_seed = 0xfedcba0987654321ull;

struct Head {
    int64_t rows, hidden, vocabulary, rank, flags;
    std::vector<float> x, w, a, b, soft_values, w_log_prob, w_lse, w_entropy, w_soft;
    std::vector<int32_t> targets, soft_starts, soft_ids;
    std::vector<uint32_t> allowed;
    std::vector<uint64_t> ids;

    Head(Run &run, const Shape &shape) : rows(shape[0]), hidden(shape[1]), vocabulary(shape[2]), rank(shape[3]), flags(shape[4]) {
        x = rounded(type(), run.normal(rows * hidden));
        w = rounded(type(), run.normal(vocabulary * hidden, (has(SHARP) ? 8.0 : 1.5) / std::sqrt(double(hidden))));
        a = run.normal(rank * hidden, 0.2);
        b = run.normal(vocabulary * rank, 0.2);
        allowed.assign(size_t(vocabulary + 31) / 32, 0u);
        for (uint32_t &word : allowed) word = uint32_t(run.random()()) | 1u;
        targets = tokens(run, rows);
        soft_starts = {0};
        for (int32_t count : run.integers(rows, 4)) soft_starts.push_back(soft_starts.back() + count);
        soft_ids = tokens(run, soft_starts.back());
        soft_values = run.normal(soft_starts.back());
        for (int64_t m = 0; m < rows; m++) ids.push_back(run.random()());
        w_log_prob = run.normal(rows), w_lse = run.normal(rows), w_entropy = run.normal(rows), w_soft = run.normal(rows);
    }
    bool drops() const { return rank > 0 && has(DROP); }
    bool has(int64_t flag) const { return (flags & flag) != 0; }
    leeway_dtype type() const { return has(HALF) ? LEEWAY_BF16 : LEEWAY_F32; }
    leeway_dtype gradient_type() const { return has(HALF_GRADIENT) ? LEEWAY_BF16 : LEEWAY_F32; }
    float cap() const { return has(CAP) ? 4.0f : 0.0f; }
    float temperature() const { return has(TEMPERATURE) ? 0.7f : 1.0f; }
    float uniform() const { return has(UNIFORM) ? 0.1f / float(vocabulary) : 0.0f; }
    bool allows(int64_t v) const { return !has(MASK) || ((allowed[size_t(v / 32)] >> (v % 32)) & 1u) != 0; }
    std::vector<int32_t> tokens(Run &run, int64_t count) const {
        std::vector<int32_t> drawn = run.integers(count, int32_t(vocabulary));
        for (int32_t &v : drawn) v = allows(v) ? v : v / 32 * 32;
        return drawn;
    }
    Head part(int64_t begin, int64_t end) const {
        Head p = *this;
        p.rows = end - begin;
        p.x = slice(x, begin * hidden, end * hidden);
        p.targets = slice(targets, begin, end);
        p.ids = slice(ids, begin, end);
        p.soft_starts = slice(soft_starts, begin, end + 1);
        p.w_log_prob = slice(w_log_prob, begin, end), p.w_lse = slice(w_lse, begin, end);
        p.w_entropy = slice(w_entropy, begin, end), p.w_soft = slice(w_soft, begin, end);
        return p;
    }
};

/* What one token of one row contributes, in double. */
struct Token {
    double z, z_error, p, log_p, q, slope, slope_error;
};

struct Row {
    std::vector<Token> tokens;
    double lse, lse_error, entropy, entropy_error, soft_mass, soft_size;
};

struct Oracle {
    const Head &h;
    Approx x, w, a, b, mask;

    explicit Oracle(const Head &h)
        : h(h), x(exact(h.x, h.rows, h.hidden)), w(exact(h.w, h.vocabulary, h.hidden)), a(exact(h.a, h.rank, h.hidden)),
          b(exact(h.b, h.vocabulary, h.rank)), mask(zeros(h.rows, h.hidden)) {
        for (int64_t m = 0; m < h.rows; m++)
            for (int64_t i = 0; i < h.hidden; i++) {
                const float drawn = float(philox(dropout_seed, h.ids[size_t(m)], uint64_t(i))[0] >> 8) * 0x1p-24f;
                mask.at(m, i) = !h.drops() ? 1.0 : drawn >= dropout ? 1.0 / (1.0 - double(dropout)) : 0.0;
            }
    }

    Approx dropped() const { return h.drops() ? masked(x, mask) : x; }
    Approx xa() const { return product(dropped(), transposed(a)); }
    Approx logits() const {
        Approx z = product(x, transposed(w));
        return h.rank ? plus(z, product(xa(), transposed(b)), scaling) : z;
    }

    /* z and da/dz of one token. c = cap tanh(a/cap) passes the error of a on at most as it is; rounding a/cap, tanh to 2 ulp and the
     * last product add 1 + 4 + 1 roundings of c. The slope 1 - t^2 has 2 t dt, t = c/cap, and three roundings. */
    Token token(double logit, double error) const {
        Token t = {};
        const double cap = h.cap(), temperature = h.temperature();
        double c = logit, c_error = error;
        t.slope = 1 / temperature;
        if (cap > 0) {
            c = cap * std::tanh(logit / cap);
            c_error = error + 6 * u * std::fabs(c);
            t.slope = (1 - c / cap * (c / cap)) / temperature;
            t.slope_error = (2 * c_error / cap + 2 * u) / temperature;
        }
        t.slope_error += 3 * u * std::fabs(t.slope);
        t.z = c / temperature;
        t.z_error = c_error / temperature + u * std::fabs(t.z);
        return t;
    }

    /* The statistics of a row. With d = z - max rounded once and e^d to 1.5 ulp, p has the relative error z_error + u |d| + 3 u: lse
     * moves by sum p (...), H by sum p |log p + H| (...) and by at most sum p (1 + |log p + H|) 3 u; sums are in double. */
    Row row(const Approx &logits, int64_t m) const {
        Row r = {};
        double max = -INFINITY, sum = 0;
        for (int64_t v = 0; v < h.vocabulary; v++) {
            r.tokens.push_back(token(logits.at(m, v), logits.error_at(m, v)));
            r.tokens.back().q = h.allows(v) ? double(h.uniform()) : 0.0;
            if (h.allows(v)) max = std::max(max, r.tokens.back().z);
        }
        for (int64_t v = 0; v < h.vocabulary; v++)
            if (h.allows(v)) sum += std::exp(r.tokens[size_t(v)].z - max);
        r.lse = max + std::log(sum);
        for (int64_t v = 0; v < h.vocabulary; v++) {
            Token &t = r.tokens[size_t(v)];
            t.log_p = t.z - r.lse;
            t.p = h.allows(v) ? std::exp(t.log_p) : 0.0;
            r.lse_error += t.p * (t.z_error + u * (std::fabs(t.z - max) + 3));
            if (t.p > 0) r.entropy -= t.p * t.log_p;
        }
        for (const Token &t : r.tokens)
            if (t.p > 0)
                r.entropy_error += t.p * std::fabs(t.log_p + r.entropy) * (t.z_error + u * std::fabs(t.z - max)) +
                                   t.p * (1 + std::fabs(t.log_p + r.entropy)) * 3 * u;
        r.entropy_error += u * r.entropy;
        if (h.has(ENTRIES))
            for (int64_t e = h.soft_starts[size_t(m)]; e < h.soft_starts[size_t(m) + 1]; e++)
                r.tokens[size_t(h.soft_ids[size_t(e)])].q += double(h.soft_values[size_t(e)]);
        for (const Token &t : r.tokens) r.soft_mass += t.q, r.soft_size += std::fabs(t.q);
        return r;
    }

    struct Wanted {
        Approx log_prob, lse, entropy, soft_loss;
    };
    Wanted columns(const Approx &logits) const {
        Wanted want = {zeros(1, h.rows), zeros(1, h.rows), zeros(1, h.rows), zeros(1, h.rows)};
        for (int64_t m = 0; m < h.rows; m++) {
            const Row r = row(logits, m);
            const Token &target = r.tokens[size_t(h.targets[size_t(m)])];
            want.log_prob.at(0, m) = target.log_p;
            want.log_prob.error_at(0, m) = target.z_error + r.lse_error + u * std::fabs(target.log_p);
            want.lse.at(0, m) = r.lse;
            want.lse.error_at(0, m) = r.lse_error + u * std::fabs(r.lse);
            want.entropy.at(0, m) = r.entropy;
            want.entropy.error_at(0, m) = r.entropy_error;
            double soft = 0, error = 0;
            for (const Token &t : r.tokens) {
                soft -= t.q * t.log_p;
                error += std::fabs(t.q) * (t.z_error + r.lse_error);
            }
            want.soft_loss.at(0, m) = soft;
            want.soft_loss.error_at(0, m) = error + 2 * u * std::fabs(soft);
        }
        return want;
    }
    double loss(const Approx &logits) const {
        const Wanted want = columns(logits);
        return dot(want.log_prob, h.w_log_prob) + dot(want.lse, h.w_lse) + dot(want.entropy, h.w_entropy) + dot(want.soft_loss, h.w_soft);
    }

    /* dloss/da. p from the rounded lse has the relative error r = z_error + lse_error + u (|lse| + |log p| + 3); the factor beside p, K -
     * w_entropy (log p + H), moves by its own roundings and by the errors of log p and H. */
    Approx da(const Approx &logits) const {
        Approx da = zeros(h.rows, h.vocabulary);
        for (int64_t m = 0; m < h.rows; m++) {
            const Row r = row(logits, m);
            const double wl = h.w_log_prob[size_t(m)], we = h.w_entropy[size_t(m)], ws = h.w_soft[size_t(m)], wn = h.w_lse[size_t(m)];
            const double constant = wn - wl + ws * r.soft_mass, size = std::fabs(wn) + std::fabs(wl) + std::fabs(ws) * r.soft_size;
            for (int64_t v = 0; v < h.vocabulary; v++) {
                const Token &t = r.tokens[size_t(v)];
                if (!h.allows(v)) continue;
                const double one = v == h.targets[size_t(m)] ? 1.0 : 0.0;
                const double log_p_error = t.z_error + r.lse_error + u * (std::fabs(r.lse) + std::fabs(t.log_p));
                const double factor = constant - we * (t.log_p + r.entropy);
                const double factor_error = std::fabs(we) * (log_p_error + r.entropy_error + 3 * u * (std::fabs(t.log_p) + r.entropy)) +
                                            2 * u * (size + std::fabs(constant));
                const double dz = t.p * factor + wl * one - ws * t.q;
                const double dz_size = t.p * std::fabs(factor) + std::fabs(wl) * one + 2 * std::fabs(ws) * (std::fabs(t.q) + h.uniform());
                const double dz_error = t.p * ((log_p_error + 3 * u) * std::fabs(factor) + factor_error) + 6 * u * dz_size;
                da.at(m, v) = dz * t.slope;
                da.error_at(m, v) = dz_error * std::fabs(t.slope) + dz_size * t.slope_error;
            }
        }
        return da;
    }
    Approx dx(const Approx &da) const {
        Approx sum = product(da, w);
        if (h.rank == 0) return sum;
        const Approx low_rank = product(product(da, b), a);
        return plus(sum, h.drops() ? masked(low_rank, mask) : low_rank, scaling);
    }
    Approx dw(const Approx &da) const { return product(transposed(da), x); }
    Approx lora_da(const Approx &da) const { return product(transposed(product(da, b)), dropped()); }
    Approx lora_db(const Approx &da) const { return product(transposed(da), xa()); }
};

}  // namespace table::head
