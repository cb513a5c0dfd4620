/* rows_paged_attention.cpp: paged_attention, kv_append. The oracle of paged_attention is attention_forward: the same bits. */
#include <algorithm>

#include "attention_case.h"

namespace {

using namespace attention_case;

/* A paged cache whose pages are handed out in random order; slots hold NaN until they are written. */
struct Cache {
    int64_t page_size, pages = 1, max_pages = 0;
    std::vector<int32_t> table;
    Array k, v;

    Cache(Run &run, const Problem &p, int64_t page_size) : page_size(page_size) {
        auto pages_of = [&](int64_t s) { return (p.starts[size_t(s) + 1] - p.starts[size_t(s)] + page_size - 1) / page_size; };
        for (int64_t s = 0; s < p.sequences; s++) {
            pages += pages_of(s);
            max_pages = std::max(max_pages, pages_of(s));
        }
        std::vector<int32_t> order;
        for (int64_t i = 0; i < pages; i++) order.push_back(int32_t(i));
        std::shuffle(order.begin(), order.end(), run.random());
        table.assign(size_t(p.sequences * max_pages), -1);
        for (int64_t s = 0; s < p.sequences; s++)
            for (int64_t i = 0; i < pages_of(s); i++, order.pop_back()) table[size_t(s * max_pages + i)] = order.back();
        k = out(run, p.type, pages * page_size * p.kv_heads * p.head_dim);
        v = out(run, p.type, pages * page_size * p.kv_heads * p.head_dim);
    }
    int64_t slot(int64_t s, int64_t t) const { return table[size_t(s * max_pages + t / page_size)] * page_size + t % page_size; }
};

/* Tokens done[s] .. done[s] + count[s] of every sequence: appends their keys, then runs their queries. Pages out of the window are gone. */
Floats step(Run &run, const Problem &p, const Inputs &x, const Cache &cache, std::vector<int32_t> &done,
            const std::vector<int32_t> &count) {
    Inputs now;
    std::vector<int64_t> slots;
    std::vector<int32_t> starts = {0}, table = cache.table;
    int64_t query = p.heads * p.head_dim, key = p.kv_heads * p.head_dim;
    for (size_t s = 0; s < done.size(); s++) {
        int64_t begin = p.starts[s] + done[s], end = begin + count[s];
        for (int64_t t = done[s]; t < done[s] + count[s]; t++) slots.push_back(cache.slot(int64_t(s), t));
        now.q.insert(now.q.end(), x.q.begin() + begin * query, x.q.begin() + end * query);
        now.k.insert(now.k.end(), x.k.begin() + begin * key, x.k.begin() + end * key);
        now.v.insert(now.v.end(), x.v.begin() + begin * key, x.v.begin() + end * key);
        for (int64_t page = 0; p.window > 0 && (page + 1) * cache.page_size <= done[s] - p.window + 1; page++)
            table[s * size_t(cache.max_pages) + size_t(page)] = -1;
        starts.push_back(starts.back() + count[s]);
        done[s] += count[s];
    }
    slots.push_back(-1);  // skipped
    now.k.insert(now.k.end(), size_t(key), 5.0f);
    now.v.insert(now.v.end(), size_t(key), 5.0f);
    auto b_slots = run.in(slots);
    auto k = in(run, p.type, now.k), v = in(run, p.type, now.v), q = in(run, p.type, now.q), o = out(run, p.type, int64_t(now.q.size()));
    LEEWAY_RUN(run, kv_append, {starts.back() + 1, p.kv_heads, p.head_dim, cache.page_size, cache.pages, b_slots.get(), k.get(), v.get(),
                                cache.k.get(), cache.v.get(), p.type});
    auto b_starts = run.in(starts), b_done = run.in(done), b_table = run.in(table);
    LEEWAY_RUN(run, paged_attention, {starts.back(), p.sequences, p.heads, p.kv_heads, p.head_dim, p.window, cache.page_size, cache.pages,
                                      cache.max_pages, b_starts.get(), b_done.get(), b_table.get(), q.get(), cache.k.get(), cache.v.get(),
                                      o.get(), p.scale, p.softcap, p.type});
    return read(run, o);
}

void refuses_bad_sequences(Run &run, const Problem &p) {
    auto refuse = [&](int64_t page_size, int32_t context, int32_t page, leeway_status status) {
        auto starts = run.in(std::vector<int32_t>{0, 2}), contexts = run.in(std::vector<int32_t>{context});
        auto table = run.in(std::vector<int32_t>{0, page});
        auto x = run.out<float>(2 * p.heads * p.head_dim), pages = run.out<float>(2 * page_size * p.kv_heads * p.head_dim);
        LEEWAY_EXPECT_STATUS(run, paged_attention, status, {2, 1, p.heads, p.kv_heads, p.head_dim, 0, page_size, 2, 2, starts.get(),
                                                            contexts.get(), table.get(), x.get(), pages.get(), pages.get(), x.get(),
                                                            p.scale, p.softcap, p.type});
    };
    refuse(48, 20, 1, LEEWAY_BAD_ARGUMENT);
    refuse(16, 1, 1, LEEWAY_BAD_ARGUMENT);   // fewer keys than queries
    refuse(16, 33, 1, LEEWAY_BAD_ARGUMENT);  // more than the table's width
    refuse(16, 20, 2, LEEWAY_BAD_DATA);      // no such page
    refuse(16, 20, -1, LEEWAY_BAD_DATA);
}

/* All rows of a problem in chunks: next(done) tokens of a sequence of which so many are done. */
template <class Next>
Floats in_chunks(Run &run, const Problem &p, const Inputs &x, int64_t page_size, Next next) {
    Cache cache(run, p, page_size);
    std::vector<int32_t> done(size_t(p.sequences), 0), count = done;
    Floats got(size_t(p.queries()), NAN);
    int64_t query = p.heads * p.head_dim;
    for (bool more = true; more;) {
        std::vector<int32_t> from = done;
        for (size_t s = 0; s < done.size(); s++) count[s] = std::min(int32_t(next(done[s])), p.starts[s + 1] - p.starts[s] - done[s]);
        Floats out = step(run, p, x, cache, done, count);
        auto rows = out.begin();
        for (size_t s = 0; s < done.size(); rows += count[s++] * query)
            std::copy(rows, rows + count[s] * query, got.begin() + (p.starts[s] + from[s]) * query);
        more = false;
        for (size_t s = 0; s < done.size(); s++) more |= done[s] < p.starts[s + 1] - p.starts[s];
    }
    return got;
}

/* Bits of attention_forward, whatever the pages and the chunks: 16: a token at a time; 32, 64: random chunks; 128, 192: at once. */
template <leeway_dtype type>
void paged_row(Run &run, const Shape &shape) {
    Problem p = problem_of(shape, type);
    Inputs x(run, p);
    auto want = run_forward(run, p, x).out;
    refuses_bad_sequences(run, p);
    for (auto [page_size, chunk] : {std::pair<int, int>{16, 1}, {32, 7}, {64, 100}, {128, 100000}, {192, 100000}}) {
        auto next = [&](int32_t) { return chunk == 1 || chunk == 100000 ? chunk : 1 + int(run.random()() % uint64_t(chunk)); };
        run.same("pages of " + std::to_string(page_size), in_chunks(run, p, x, page_size, next), want);
    }
}

/* The same, also around the positions at which a back end may cut the keys into splits, multiples of 512: single tokens beside long
 * chunks. */
template <leeway_dtype type>
void long_row(Run &run, const Shape &shape) {
    Problem p = problem_of(shape, type);
    Inputs x(run, p);
    auto next = [](int32_t done) { return done % 512 < 3 || done % 512 >= 508 ? 1 : 508 - done % 512; };
    auto any = [&](int32_t) { return 1 + int(run.random()() % 300); };
    const Floats want = run_forward(run, p, x).out;
    run.same("across splits", in_chunks(run, p, x, 16, next), want);
    run.same("across splits, chunks of any length", in_chunks(run, p, x, 64, any), want);
    run.same("across splits, at once", in_chunks(run, p, x, 192, [](int32_t) { return 100000; }), want);
}

/* out of the last token of every sequence, all of them decoded together; their prompt lies in the same pages, as far as these are full. */
Floats last_rows(Run &run, const Problem &p, const Inputs &x, int32_t prompt, int64_t page_size) {
    const int64_t query = p.heads * p.head_dim;
    Cache cache(run, p, page_size);
    std::vector<int64_t> slots;
    std::vector<int32_t> starts = {0}, lengths;
    Floats now;
    for (int64_t s = 0; s < p.sequences; s++) {
        const int32_t length = p.starts[size_t(s) + 1] - p.starts[size_t(s)], full = s == 0 ? 0 : int32_t(prompt / page_size);
        for (int64_t i = 0; i < full; i++) cache.table[size_t(s * cache.max_pages + i)] = cache.table[size_t(i)];
        for (int32_t t = 0; t < length; t++) slots.push_back(t < full * page_size ? -1 : cache.slot(s, t));
        const auto last = x.q.begin() + (p.starts[size_t(s) + 1] - 1) * query;
        now.insert(now.end(), last, last + query);
        starts.push_back(int32_t(s) + 1);
        lengths.push_back(length);
    }
    auto b_slots = run.in(slots);
    auto k = in(run, p.type, x.k), v = in(run, p.type, x.v), q = in(run, p.type, now), o = out(run, p.type, int64_t(now.size()));
    LEEWAY_RUN(run, kv_append, {p.rows, p.kv_heads, p.head_dim, page_size, cache.pages, b_slots.get(), k.get(), v.get(), cache.k.get(),
                                cache.v.get(), p.type});
    auto b_starts = run.in(starts), b_lengths = run.in(lengths), b_table = run.in(cache.table);
    LEEWAY_RUN(run, paged_attention, {p.sequences, p.sequences, p.heads, p.kv_heads, p.head_dim, p.window, page_size, cache.pages,
                                      cache.max_pages, b_starts.get(), b_lengths.get(), b_table.get(), q.get(), cache.k.get(),
                                      cache.v.get(), o.get(), p.scale, p.softcap, p.type});
    return read(run, o);
}

/* attention_forward's out of the last token of every sequence. */
Floats last_of_forward(Run &run, const Problem &p, const Inputs &x) {
    const Floats all = run_forward(run, p, x).out;
    const int64_t query = p.heads * p.head_dim;
    Floats last;
    for (size_t s = 1; s <= size_t(p.sequences); s++)
        last.insert(last.end(), all.begin() + (p.starts[s] - 1) * query, all.begin() + p.starts[s] * query);
    return last;
}

/* {H, K, D, window, softcap, length of the first sequence, how many of one token stand beside it}: the more there are, the fewer warps a
 * back end may give to the splits of one. */
template <leeway_dtype type>
void beside_row(Run &run, const Shape &shape) {
    Shape lengths(shape.begin(), shape.begin() + 6);
    lengths.resize(size_t(6 + shape[6]), 1);
    const Problem p = problem_of(lengths, type);
    const Inputs x(run, p);
    run.same("the splits of one among many", last_rows(run, p, x, 0, 16), last_of_forward(run, p, x));
}

/* {H, K, D, window, softcap, tokens of a prompt, tokens behind it in each sequence...}: sequences with one prompt give the bits of
 * attention_forward over each one's own keys, also beside a sequence whose last value is infinite or no number. */
template <leeway_dtype type>
void shared_row(Run &run, const Shape &shape) {
    const int32_t prompt = int32_t(shape[5]);
    Shape apart(shape.begin(), shape.begin() + 5);
    for (size_t s = 6; s < shape.size(); s++) apart.push_back(prompt + shape[s]);
    Problem p = problem_of(apart, type);
    Inputs x(run, p);
    const int64_t key = p.kv_heads * p.head_dim, query = p.heads * p.head_dim;
    for (size_t s = 1; s < size_t(p.sequences); s++)
        for (Floats *y : {&x.k, &x.v}) std::copy(y->begin(), y->begin() + prompt * key, y->begin() + p.starts[s] * key);
    const Floats want = last_of_forward(run, p, x);
    const int64_t ill = p.sequences / 2;
    Inputs poisoned = x;
    for (int64_t i = 0; i < key; i++) poisoned.v[size_t((p.starts[size_t(ill) + 1] - 1) * key + i)] = i % 2 == 0 ? INFINITY : NAN;
    for (int64_t page_size : {16, 64}) {
        const std::string pages = "shared pages of " + std::to_string(page_size);
        run.same(pages, last_rows(run, p, x, prompt, page_size), want);
        Floats got = last_rows(run, p, poisoned, prompt, page_size);
        for (int64_t i = ill * query; i < (ill + 1) * query; i++) {
            run.expect(pages + ": the poison arrives", !std::isfinite(got[size_t(i)]));
            got[size_t(i)] = want[size_t(i)];
        }
        run.same(pages + ", beside a poisoned sequence", got, want);
    }
}

template <leeway_dtype type>
void kv_append_row(Run &run, const Shape &shape) {
    int64_t rows = shape[0], width = shape[1] * shape[2], page_size = shape[3], pages = (rows + page_size - 1) / page_size + 1;
    auto k = rounded(type, run.normal(rows * width)), v = rounded(type, run.normal(rows * width));
    auto old = rounded(type, run.normal(pages * page_size * width));
    std::vector<int64_t> slots;
    for (int64_t i = 0; i < pages * page_size; i++) slots.push_back(i);
    std::shuffle(slots.begin(), slots.end(), run.random());
    slots.resize(size_t(rows));
    for (size_t i = 0; i < slots.size(); i += 5) slots[i] = -1 - int64_t(i);
    auto want_k = old, want_v = old;
    for (int64_t n = 0; n < rows; n++) {
        if (slots[size_t(n)] < 0) continue;
        std::copy(k.begin() + n * width, k.begin() + (n + 1) * width, want_k.begin() + slots[size_t(n)] * width);
        std::copy(v.begin() + n * width, v.begin() + (n + 1) * width, want_v.begin() + slots[size_t(n)] * width);
    }
    auto b_slots = run.in(slots);
    auto b_k = in(run, type, k), b_v = in(run, type, v), k_pages = inout(run, type, old), v_pages = inout(run, type, old);
    leeway_kv_append_args args = {rows,      shape[1],  shape[2],      page_size,     pages,     b_slots.get(),
                                  b_k.get(), b_v.get(), k_pages.get(), v_pages.get(), type};
    LEEWAY_RUN(run, kv_append, args);
    args.page_size = 48;
    LEEWAY_EXPECT_STATUS(run, kv_append, LEEWAY_BAD_ARGUMENT, args);
    run.same("k_pages", read(run, k_pages), want_k);
    run.same("v_pages", read(run, v_pages), want_v);
    if (rows == 0) return;
    slots.back() = pages * page_size;
    auto beyond = run.in(slots);
    args.page_size = page_size, args.slots = beyond.get();
    LEEWAY_EXPECT_STATUS(run, kv_append, LEEWAY_BAD_DATA, args);
}

const std::vector<Shape> appended = {{0, 1, 8, 16}, {1, 1, 8, 64}, {37, 3, 64, 32}, {300, 8, 40, 192}};

/* Those that end before the keys are cut: they come a token at a time, and so far that is long enough. */
std::vector<Shape> short_shapes() {
    std::vector<Shape> all = shapes;
    std::erase_if(all, [](const Shape &shape) { return std::any_of(shape.begin() + 5, shape.end(), [](int64_t t) { return t > 512; }); });
    return all;
}

const std::vector<Shape> long_shapes = {{2, 1, 64, 0, 0, 1030}, {1, 1, 80, 300, 5, 520}};
/* On the emulator's four multiprocessors the splits of a row are three, which two warps share, and then one alone does. */
const std::vector<Shape> beside_shapes = {{2, 1, 64, 0, 0, 1030, 127}, {2, 1, 64, 0, 0, 1030, 255}, {1, 1, 256, 0, 0, 1030, 15},
                                          {1, 1, 256, 0, 0, 1030, 31}};
const std::vector<Shape> shared_shapes = {{16, 8, 16, 0, 0, 512, 3, 20, 1, 5},
                                          {8, 4, 16, 40, 3, 70, 1, 1, 40, 2, 70, 3, 3, 3, 9, 1, 2, 64},
                                          {6, 2, 144, 0, 0, 20, 1, 3, 2}};

[[maybe_unused]] const bool registered[] = {
    add("paged_attention", short_shapes(), paged_row<LEEWAY_F32>),
    add("paged_attention_bf16", short_shapes(), paged_row<LEEWAY_BF16>),
    add("paged_attention_long", long_shapes, long_row<LEEWAY_F32>),
    add("paged_attention_long_bf16", long_shapes, long_row<LEEWAY_BF16>),
    add("paged_attention_beside_bf16", beside_shapes, beside_row<LEEWAY_BF16>),
    add("paged_attention_shared", shared_shapes, shared_row<LEEWAY_F32>),
    add("paged_attention_shared_bf16", shared_shapes, shared_row<LEEWAY_BF16>),
    add("kv_append", appended, kv_append_row<LEEWAY_F32>),
    add("kv_append_bf16", appended, kv_append_row<LEEWAY_BF16>),
};

}  // namespace
