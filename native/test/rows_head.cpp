/* rows_head.cpp: the op table's rows for the tiled language-model head. Oracle: rows_head.h. */
#include "rows_head.h"

using namespace table;
using namespace table::head;

namespace {

leeway_distribution distribution_of(Run &run, const Head &h) {
    return {.weight = {in(run, h.type(), h.w).get(), nullptr, nullptr, h.type(), 0},
            .lora = {run.in(h.a).get(), run.in(h.b).get(), h.drops() ? run.in(h.ids).get() : nullptr, h.rank, dropout_seed, scaling,
                     h.drops() ? dropout : 0.0f},
            .allowed = h.has(MASK) ? run.in(h.allowed).get() : nullptr,
            .softcap = h.cap(),
            .temperature = h.temperature()};
}

leeway_soft_target soft_of(Run &run, const Head &h) {
    return {h.has(ENTRIES) ? run.in(h.soft_starts).get() : nullptr, run.in(h.soft_ids).get(), run.in(h.soft_values).get(), h.uniform(), 0};
}

Buffer<char> workspace_of(Run &run, const Head &h) {
    int64_t bytes = 0;
    LEEWAY_RUN(run, head_workspace,
               {.rows = h.rows, .hidden = h.hidden, .vocabulary = h.vocabulary, .rank = h.rank, .bytes = &bytes, .dtype = h.type(),
                .dropout = h.drops() ? dropout : 0.0f});
    return run.out<char>(bytes);
}

struct Columns {
    std::vector<float> log_prob, lse, entropy, soft_loss;
    std::vector<int32_t> arg_max;
};

Columns forward(Run &run, const Head &h) {
    auto log_prob = run.out<float>(h.rows), lse = run.out<float>(h.rows), entropy = run.out<float>(h.rows), soft = run.out<float>(h.rows);
    auto arg_max = run.out<int32_t>(h.rows);
    auto work = workspace_of(run, h);
    LEEWAY_RUN(run, head_forward,
               {.rows = h.rows, .hidden = h.hidden, .vocabulary = h.vocabulary, .distribution = distribution_of(run, h),
                .soft = soft_of(run, h), .x = in(run, h.type(), h.x).get(), .targets = run.in(h.targets).get(), .log_prob = log_prob.get(),
                .log_sum_exp = lse.get(), .entropy = entropy.get(), .soft_loss = soft.get(), .arg_max = arg_max.get(),
                .workspace = work.get(), .workspace_bytes = work.count, .dtype = h.type()});
    return {run.read(log_prob), run.read(lse), run.read(entropy), run.read(soft), run.read(arg_max)};
}

struct Gradients {
    std::vector<float> dx, dw, da, db;
};

Gradients backward(Run &run, const Head &h, const Columns &columns, const Gradients &before) {
    auto dx = out(run, h.type(), h.rows * h.hidden), dw = inout(run, h.gradient_type(), before.dw);
    auto da = run.inout(before.da), db = run.inout(before.db);
    auto work = workspace_of(run, h);
    LEEWAY_RUN(run, head_backward,
               {.rows = h.rows, .hidden = h.hidden, .vocabulary = h.vocabulary, .distribution = distribution_of(run, h),
                .soft = soft_of(run, h), .x = in(run, h.type(), h.x).get(), .targets = run.in(h.targets).get(),
                .log_sum_exp = run.in(columns.lse).get(), .entropy = run.in(columns.entropy).get(),
                .w_log_prob = run.in(h.w_log_prob).get(), .w_lse = run.in(h.w_lse).get(), .w_entropy = run.in(h.w_entropy).get(),
                .w_soft = run.in(h.w_soft).get(), .dx = dx.get(), .dweight = dw.get(), .lora_da = da.get(), .lora_db = db.get(),
                .workspace = work.get(), .workspace_bytes = work.count, .dtype = h.type(), .gradient_dtype = h.gradient_type()});
    return {read(run, dx), read(run, dw), run.read(da), run.read(db)};
}

Gradients start(Run &run, const Head &h) {
    return {{}, rounded(h.gradient_type(), run.normal(h.vocabulary * h.hidden)), run.normal(h.rank * h.hidden),
            run.normal(h.vocabulary * h.rank)};
}

void check_oracle(Run &run, const Oracle &oracle, const Approx &da) {
    auto by = [&](Approx Oracle::*input, const char *name, std::vector<double> gradient, double factor) {
        for (double &g : gradient) g *= factor;
        auto loss = [&](const std::vector<double> &moved) {
            Oracle other = oracle;
            (other.*input).value = moved;
            return other.loss(other.logits());
        };
        run.differentiate(name, loss, (oracle.*input).value, gradient);
    };
    by(&Oracle::x, "dx", oracle.dx(da).value, 1);
    by(&Oracle::w, "dweight", oracle.dw(da).value, 1);
    if (oracle.h.rank == 0) return;
    by(&Oracle::a, "lora_da", oracle.lora_da(da).value, scaling);
    by(&Oracle::b, "lora_db", oracle.lora_db(da).value, scaling);
}

void check_arg_max(Run &run, const Oracle &oracle, const Approx &logits, const std::vector<int32_t> &got) {
    const Head &h = oracle.h;
    for (int64_t m = 0; m < h.rows; m++) {
        const int64_t chosen = got[size_t(m)];
        if (chosen < 0 || chosen >= h.vocabulary || !h.allows(chosen)) {
            run.expect("arg_max of row " + std::to_string(m) + " is " + std::to_string(chosen), false);
            continue;
        }
        const Token at = oracle.token(logits.at(m, chosen), logits.error_at(m, chosen));
        for (int64_t v = 0; v < h.vocabulary; v++) {
            const Token t = oracle.token(logits.at(m, v), logits.error_at(m, v));
            if (h.allows(v) && t.z - t.z_error > at.z + at.z_error)
                run.expect("arg_max of row " + std::to_string(m) + " is not the largest", false);
        }
    }
}

/* dweight as the type holds it behind every 512 rows: what has come together by then is at most the sum of all |terms|, and a rounding's
 * error is passed on as it is. */
Approx stored_often(const Oracle &oracle, const Approx &da, Approx dw, const std::vector<float> &before) {
    if (oracle.h.gradient_type() == LEEWAY_F32) return dw;
    auto sizes = [](Approx a) {
        for (size_t i = 0; i < a.value.size(); i++) a.value[i] = std::fabs(a.value[i]) + a.error[i], a.error[i] = 0;
        return a;
    };
    const Approx terms = product(transposed(sizes(da)), sizes(oracle.x));
    const double times = double((oracle.h.rows + 511) / 512);
    for (size_t i = 0; i < dw.error.size(); i++) dw.error[i] += times * u16 * 1.01 * (std::fabs(double(before[i])) + terms.value[i]);
    return dw;
}

void head_columns(Run &run, const Shape &shape) {
    const Head h(run, shape);
    const Gradients before = start(run, h);
    const Columns columns = forward(run, h);
    const Gradients got = backward(run, h, columns, before);
    if (!run.checks()) return;
    const Oracle oracle(h);
    const Approx logits = oracle.logits(), da = stored(h.type(), oracle.da(logits));
    const auto want = oracle.columns(logits);
    expect(run, "log_prob", columns.log_prob, want.log_prob);
    expect(run, "log_sum_exp", columns.lse, want.lse);
    expect(run, "entropy", columns.entropy, want.entropy);
    expect(run, "soft_loss", columns.soft_loss, want.soft_loss);
    check_arg_max(run, oracle, logits, columns.arg_max);
    expect(run, "dx", got.dx, stored(h.type(), oracle.dx(da)));
    const Approx dw = plus(exact(before.dw, h.vocabulary, h.hidden), oracle.dw(da));
    expect(run, "dweight", got.dw, stored_often(oracle, da, dw, before.dw));
    if (h.rank > 0) {
        expect(run, "lora_da", got.da, plus(exact(before.da, h.rank, h.hidden), oracle.lora_da(da), scaling));
        expect(run, "lora_db", got.db, plus(exact(before.db, h.vocabulary, h.rank), oracle.lora_db(da), scaling));
    }
    if (h.rows * h.hidden * h.vocabulary < 3000 && !h.has(HALF)) check_oracle(run, oracle, da);
}
const bool head_rows = add("head",
                           {{1, 1, 1, 0, 0},
                            {2, 3, 7, 0, ENTRIES},
                            {3, 5, 33, 2, CAP | TEMPERATURE | MASK | ENTRIES | UNIFORM},
                            {4, 8, 64, 1, UNIFORM | SHARP},
                            {7, 16, 65, 4, CAP | ENTRIES},
                            {5, 33, 1000, 8, TEMPERATURE | MASK | ENTRIES | SHARP},
                            {3, 64, 4096, 0, CAP | SHARP},
                            {17, 31, 4097, 16, MASK | UNIFORM},
                            {2, 700, 8200, 0, TEMPERATURE | ENTRIES | UNIFORM},
                            {300, 24, 131, 64, CAP | TEMPERATURE | MASK | ENTRIES | UNIFORM},
                            {513, 16, 257, 0, ENTRIES},
                            {32, 40, 70, 257, HALF},
                            {32, 40, 70, 300, HALF | ENTRIES},
                            {20, 33, 65, 512, HALF},
                            {1, 1, 3, 1, DROP},
                            {4, 9, 40, 3, DROP | CAP | ENTRIES | MASK},
                            {5, 64, 64, 8, DROP | TEMPERATURE | UNIFORM},
                            {3, 17, 4100, 4, DROP},
                            {530, 33, 65, 5, DROP | ENTRIES},
                            {2048, 8, 50, 0, MASK},
                            {2049, 9, 31, 3, UNIFORM | TEMPERATURE},
                            {1, 1, 1, 0, HALF},
                            {3, 5, 33, 2, CAP | TEMPERATURE | MASK | ENTRIES | UNIFORM | HALF},
                            {5, 33, 1000, 8, TEMPERATURE | MASK | ENTRIES | SHARP | HALF | HALF_GRADIENT},
                            {17, 31, 4097, 16, MASK | UNIFORM | HALF},
                            {2, 700, 8200, 0, TEMPERATURE | ENTRIES | UNIFORM | HALF},
                            {513, 16, 257, 0, ENTRIES | HALF | HALF_GRADIENT},
                            {530, 33, 65, 5, DROP | ENTRIES | HALF}},
                           head_columns);

/* A row's columns and dx have the same bits alone and in a batch. */
void head_batch(Run &run, const Shape &shape) {
    const Head h(run, shape);
    const Gradients before = start(run, h);
    const Columns all = forward(run, h);
    const Gradients all_gradients = backward(run, h, all, before);
    using Rows = std::pair<int64_t, int64_t>;
    const int64_t late = std::max<int64_t>(1, h.rows - 300);
    for (auto [begin, end] : {Rows{0, 1}, Rows{h.rows / 2, h.rows / 2 + 1}, Rows{h.rows - 1, h.rows}, Rows{late, h.rows}}) {
        const Head part = h.part(begin, end);
        const Columns columns = forward(run, part);
        const std::string rows = " of rows " + std::to_string(begin) + " to " + std::to_string(end);
        run.same("log_prob" + rows, columns.log_prob, slice(all.log_prob, begin, end));
        run.same("log_sum_exp" + rows, columns.lse, slice(all.lse, begin, end));
        run.same("entropy" + rows, columns.entropy, slice(all.entropy, begin, end));
        run.same("soft_loss" + rows, columns.soft_loss, slice(all.soft_loss, begin, end));
        run.same("arg_max" + rows, columns.arg_max, slice(all.arg_max, begin, end));
        const Gradients gradients = backward(run, part, columns, before);
        run.same("dx" + rows, gradients.dx, slice(all_gradients.dx, begin * h.hidden, end * h.hidden));
    }
}
const bool batch_rows = add("head_batch",
                            {{140, 17, 4100, 4, CAP | MASK | ENTRIES | UNIFORM},
                             {2048, 16, 130, 0, TEMPERATURE},
                             {2049, 12, 64, 8, ENTRIES},
                             {700, 20, 80, 8, DROP | ENTRIES},
                             {140, 17, 4100, 4, CAP | MASK | ENTRIES | UNIFORM | HALF},
                             {700, 20, 80, 8, DROP | ENTRIES | HALF}},
                            head_batch);

/* The weight's gradient over 1024 rows and then the others is that over all rows, bit for bit. */
void head_split(Run &run, const Shape &shape) {
    const Head h(run, shape);
    const Gradients before = start(run, h);
    const Gradients whole = backward(run, h, forward(run, h), before);
    Gradients split = before;
    for (const Head &part : {h.part(0, 1024), h.part(1024, h.rows)}) split = backward(run, part, forward(run, part), split);
    run.same("dweight", split.dw, whole.dw);
    run.same("lora_da", split.da, whole.da);
    run.same("lora_db", split.db, whole.db);
}
const bool split_rows = add("head_split",
                            {{1500, 10, 70, 3, CAP | ENTRIES}, {1500, 10, 70, 3, DROP}, {1500, 10, 70, 3, HALF | HALF_GRADIENT}},
                            head_split);

/* head_logits gives the c that head_forward sees: sample, given those, stores the log_prob and the entropy that head_forward computes
 * for its token. */
void head_logits(Run &run, const Shape &shape) {
    Head h(run, shape);
    auto x = in(run, h.type(), h.x);
    auto logits = run.out<float>(h.rows * h.vocabulary), xa = run.out<float>(h.rows * h.rank);
    auto log_prob = run.out<float>(h.rows), entropy = run.out<float>(h.rows);
    auto tokens = run.out<int32_t>(h.rows);
    LEEWAY_RUN(run, head_logits,
               {.rows = h.rows, .hidden = h.hidden, .vocabulary = h.vocabulary, .distribution = distribution_of(run, h), .x = x.get(),
                .logits = logits.get(), .xa = h.rank ? xa.get() : nullptr, .dtype = h.type()});
    const auto got = run.read(logits);
    if (h.drops()) { // asked for a dropout, it gives the bits of none
        h.flags &= ~DROP;
        LEEWAY_RUN(run, head_logits,
                   {.rows = h.rows, .hidden = h.hidden, .vocabulary = h.vocabulary, .distribution = distribution_of(run, h), .x = x.get(),
                    .logits = logits.get(), .xa = xa.get(), .dtype = h.type()});
        run.same("logits without dropout", got, run.read(logits));
    }
    if (run.checks() && h.cap() == 0) expect(run, "logits", got, Oracle(h).logits());
    int64_t bytes = 0;
    LEEWAY_RUN(run, sample_workspace, {.rows = h.rows, .vocabulary = h.vocabulary, .bytes = &bytes});
    auto work = run.out<char>(bytes);
    std::vector<uint64_t> seeds(size_t(h.rows), 7), counters;
    for (int64_t m = 0; m < h.rows; m++) counters.push_back(uint64_t(m));
    LEEWAY_RUN(run, sample,
               {.rows = h.rows, .vocabulary = h.vocabulary, .top_k = 0, .logits = logits.get(), .allowed = nullptr,
                .history_starts = nullptr, .history = nullptr, .seeds = run.in(seeds).get(), .counters = run.in(counters).get(),
                .tokens = tokens.get(), .log_prob = log_prob.get(), .entropy = entropy.get(), .probabilities = nullptr,
                .workspace = work.get(), .workspace_bytes = work.count,
                .temperature = h.temperature(), .top_p = 1.0f, .min_p = 0.0f, .repetition_penalty = 1.0f});
    h.targets = run.read(tokens);
    const auto columns = forward(run, h);
    run.same("log_prob", columns.log_prob, run.read(log_prob));
    run.same("entropy", columns.entropy, run.read(entropy));
}
const bool logits_rows = add(
    "head_logits",
    {{1, 1, 1, 0, 0}, {3, 17, 100, 4, TEMPERATURE}, {3, 17, 100, 4, DROP}, {1, 64, 9000, 0, CAP}, {300, 16, 4133, 8, CAP | TEMPERATURE},
     {3, 17, 4100, 4, TEMPERATURE | HALF}},
    head_logits);

/* Equal logits: the lowest allowed token wins, on either side of a tile's border. */
void head_arg_max(Run &run, const Shape &shape) {
    Head h(run, {2, 1, shape[0], 0, MASK});
    h.x = {1, -1};
    std::fill(h.w.begin(), h.w.end(), 0.0f);
    for (size_t v : {size_t(shape[1]), size_t(shape[2])}) h.w[v] = 2, h.allowed[v / 32] |= 1u << (v % 32);
    h.w[5] = 3, h.allowed[0] = (h.allowed[0] | 3u) & ~(1u << 5);
    h.targets = {0, 0};
    h.flags = MASK;
    h.soft_starts = {0, 0, 0};
    const Columns got = forward(run, h);
    run.same("arg_max", got.arg_max, std::vector<int32_t>{int32_t(shape[1]), 0});
}
const bool arg_max_rows = add("head_arg_max", {{40, 7, 33}, {4200, 4095, 4096}, {9000, 4097, 8999}}, head_arg_max);

void head_nf4(Run &run, const Shape &shape) {
    const Head h(run, shape);
    const int64_t count = h.vocabulary * h.hidden;
    auto absmax = run.out<float>(count / 64), x = run.in(h.x);
    auto codes = run.out<uint8_t>(count / 2);
    const leeway_weight nf4 = {codes.get(), absmax.get(), nullptr, LEEWAY_NF4, 0};
    LEEWAY_RUN(run, quantize_nf4,
               {.in = h.hidden, .out = h.vocabulary, .weight = run.in(h.w).get(), .codes = codes.get(), .absmax = absmax.get(),
                .dtype = LEEWAY_F32});
    auto copy = run.out<float>(count);
    LEEWAY_RUN(run, dequantize, {.in = h.hidden, .out = h.vocabulary, .weight = nf4, .y = copy.get(), .dtype = LEEWAY_F32});
    std::vector<std::vector<float>> results;
    for (const leeway_weight &weight : {nf4, leeway_weight{copy.get(), nullptr, nullptr, LEEWAY_F32, 0}}) {
        auto logits = run.out<float>(h.rows * h.vocabulary), dx = run.out<float>(h.rows * h.hidden);
        auto distribution = distribution_of(run, h);
        distribution.weight = weight;
        LEEWAY_RUN(run, head_logits,
                   {.rows = h.rows, .hidden = h.hidden, .vocabulary = h.vocabulary, .distribution = distribution, .x = x.get(),
                    .logits = logits.get(), .xa = nullptr, .dtype = LEEWAY_F32});
        auto work = workspace_of(run, h);
        LEEWAY_RUN(run, head_backward,
                   {.rows = h.rows, .hidden = h.hidden, .vocabulary = h.vocabulary, .distribution = distribution, .soft = {}, .x = x.get(),
                    .targets = nullptr, .log_sum_exp = run.in(std::vector<float>(size_t(h.rows), 9.0f)).get(), .entropy = nullptr,
                    .w_log_prob = nullptr, .w_lse = run.in(h.w_lse).get(), .w_entropy = nullptr, .w_soft = nullptr, .dx = dx.get(),
                    .dweight = nullptr, .lora_da = nullptr, .lora_db = nullptr, .workspace = work.get(), .workspace_bytes = work.count,
                    .dtype = LEEWAY_F32, .gradient_dtype = LEEWAY_F32});
        results.push_back(run.read(logits));
        results.push_back(run.read(dx));
    }
    run.same("logits", results[0], results[2]);
    run.same("dx", results[1], results[3]);
}
const bool nf4_rows = add("head_nf4", {{3, 33, 4160, 0, CAP}}, head_nf4);

/* A target outside the vocabulary or not allowed is named by its row, on the CPU by its number too. No column and no gradient of a weight
 * is written. */
void head_refusals(Run &run, const Shape &) {
    const Head good(run, {3, 4, 40, 0, MASK | ENTRIES});
    auto log_prob = run.out<float>(3), dx = run.out<float>(12), dweight = run.in(good.w);
    const bool tells_number = run.library().backend() == "cpu";
    auto refused = [&](const char *rule, const char *number, auto change) {
        Head h = good;
        change(h);
        auto work = workspace_of(run, h);
        auto named = [&] {
            const std::string message = run.library().function<decltype(&leeway_message)>("leeway_message")();
            for (const char *part : {"row 2", rule, tells_number ? number : ""})
                run.expect("the message lacks '" + std::string(part) + "': " + message, message.find(part) != std::string::npos);
        };
        LEEWAY_EXPECT_STATUS(run, head_forward, LEEWAY_BAD_DATA,
                             {.rows = 3, .hidden = 4, .vocabulary = 40, .distribution = distribution_of(run, h), .soft = soft_of(run, h),
                              .x = run.in(h.x).get(), .targets = run.in(h.targets).get(), .log_prob = log_prob.get(),
                              .log_sum_exp = nullptr, .entropy = nullptr, .soft_loss = log_prob.get(), .arg_max = nullptr,
                              .workspace = work.get(), .workspace_bytes = work.count, .dtype = LEEWAY_F32});
        named();
        LEEWAY_EXPECT_STATUS(run, head_backward, LEEWAY_BAD_DATA,
                             {.rows = 3, .hidden = 4, .vocabulary = 40, .distribution = distribution_of(run, h), .soft = soft_of(run, h),
                              .x = run.in(h.x).get(), .targets = run.in(h.targets).get(), .log_sum_exp = run.in(h.w_lse).get(),
                              .entropy = nullptr, .w_log_prob = run.in(h.w_log_prob).get(), .w_lse = nullptr, .w_entropy = nullptr,
                              .w_soft = run.in(h.w_soft).get(), .dx = dx.get(), .dweight = dweight.get(), .lora_da = nullptr,
                              .lora_db = nullptr, .workspace = work.get(), .workspace_bytes = work.count, .dtype = LEEWAY_F32,
                              .gradient_dtype = LEEWAY_F32});
        named();
    };
    refused("target", "is 40", [](Head &h) { h.targets[2] = 40; });
    refused("target", "is -1", [](Head &h) { h.targets[2] = -1; });
    refused("not allowed", "token 9", [](Head &h) { h.targets = {0, 0, 9}, h.allowed[0] &= ~(1u << 9); });
    refused("soft entry", "token 41", [](Head &h) { h.soft_starts = {0, 0, 0, 1}, h.soft_ids = {41}, h.soft_values = {1}; });
    for (float v : run.read(log_prob)) run.expect("log_prob was written", std::isnan(v));
}
const bool refusal_rows = add("head_refusals", {{0}}, head_refusals);

}  // namespace
