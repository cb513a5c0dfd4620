/* product_span.h: tiles of the matrix product: which loops, packing into a thread's scratch, and spans of k. Included by product.cpp alone.
 */
#pragma once

#include <algorithm>

#include "dtype.h"
#include "host.h"
#include "parallel.h"
#include "product.h"
#include "product_isa.h"

namespace leeway {
namespace {

const ProductLoops &choose_loops() {
#if defined(__x86_64__)
    if (instruction_set() >= Isa::avx512) return product_loops_avx512;
    if (instruction_set() >= Isa::avx2) return product_loops_avx2;
#endif
    return product_loops_portable;
}

const ProductLoops *choose_pair_loops() {
#if defined(__x86_64__)
    if (instruction_set() >= Isa::avx512bf16) return &product_loops_avx512bf16;
#endif
    return nullptr;
}

const ProductLoops &loops() {
    static const ProductLoops &chosen = choose_loops();
    return chosen;
}

/* NULL where the processor multiplies no pairs. */
const ProductLoops *pair_loops() {
    static const ProductLoops *const chosen = choose_pair_loops();
    return chosen;
}

/* NF4 elements are rounded to bf16 beside a bf16 operand. */
bool is_bf16(const Operand &operand, const Operand &other) {
    return operand.dtype == LEEWAY_BF16 || (operand.dtype == LEEWAY_NF4 && other.dtype == LEEWAY_BF16);
}

const ProductLoops &loops_of(const Term &term) {
    const bool pairs = pair_loops() != nullptr && is_bf16(term.a, term.b) && is_bf16(term.b, term.a);
    return pairs ? *pair_loops() : loops();
}

constexpr int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

/* An element of an operand that is not NF4. */
const void *element_at(const Operand &operand, int64_t element) { return offset(operand.data, operand.dtype, element); }

/* Scratch of a thread: B for a strip of the tile's columns, one panel of NF4, a strip of bias, A packed for all rows of the tile, each for
 * one span of k; and the sums of a tile of bf16 with several spans. A span has as many blocks of k as fit: between the blocks of a span C
 * stays in the L1 cache. Where C is fp32 that is worth less than panels of A that stay there, too, so a span has one block; with few rows
 * it has all of a column, so that a packed matrix is read from one end to the other. */
constexpr int64_t span_steps = 1024, column_steps = 4096;
constexpr int64_t most_rows = 1024, most_summed_rows = 420, most_columns = 1024; /* of a tile that several spans are added to */
constexpr int64_t slack = 64;
constexpr int64_t b_floats = span_steps * 128;
constexpr int64_t decoded_floats = product_block * 32;
constexpr int64_t bias_floats = 2048; /* and columns of a strip */
constexpr int64_t a_floats = product_block * 1408, summed_a_floats = span_steps * most_summed_rows;
constexpr int64_t sums_pitch = 16; /* behind a row of sums, so that rows do not lie a multiple of 4096 bytes apart */
constexpr int64_t first_floats = b_floats + slack + decoded_floats + bias_floats;
static_assert(column_steps * 32 <= b_floats, "a strip has a panel");
static_assert((first_floats + a_floats + 2 * slack) * int64_t(sizeof(float)) <= scratch_bytes_per_thread);
static_assert((first_floats + summed_a_floats + 2 * slack + most_summed_rows * (most_columns + sums_pitch)) * int64_t(sizeof(float)) <=
              scratch_bytes_per_thread);

struct Scratch {
    float *b;
    float *decoded;
    float *bias;
    float *a;
    float *sums;
    explicit Scratch(void *memory)
        : b(static_cast<float *>(memory)), decoded(b + b_floats + slack), bias(decoded + decoded_floats), a(bias + bias_floats),
          sums(a + summed_a_floats + 2 * slack) {}
};

struct Range {
    int64_t first;
    int64_t count;
};

/* One panel, block after block of k. */
template <class Element>
void pack_nf4(const ProductLoops &loops, const Operand &b, Range columns, Range k, float *to, Element *decoded) {
    const int64_t offset = b.origin + columns.first * b.lane_stride;
    const bool along_k = b.k_stride == 1;
    for (int64_t first = 0; first < k.count; first += product_block) {
        const int64_t depth = std::min(product_block, k.count - first), begin = offset + (k.first + first) * b.k_stride;
        const int64_t runs = along_k ? columns.count : depth, length = along_k ? depth : columns.count;
        const int64_t step = along_k ? b.lane_stride : b.k_stride;
        for (int64_t r = 0; r < runs; r++) nf4_decode(b.data, b.absmax, begin + r * step, length, decoded + r * length);
        loops.pack({decoded, sizeof(Element) == 2, along_k ? length : 1, along_k ? 1 : length, columns.count, depth, loops.width, true,
                    to + first / loops.step * loops.width});
    }
}

/* Packs B's columns for a span of k into padded panels. */
void pack_b(const ProductLoops &loops, const Operand &b, bool round, Range columns, Range k, float *to, float *decoded) {
    for (int64_t n = 0; b.dtype == LEEWAY_NF4 && n < columns.count; n += loops.width) {
        const Range panel = {columns.first + n, std::min(loops.width, columns.count - n)};
        float *at = to + n * ceil_div(k.count, loops.step);
        if (round) pack_nf4(loops, b, panel, k, at, reinterpret_cast<bf16 *>(decoded));
        else pack_nf4(loops, b, panel, k, at, decoded);
    }
    if (b.dtype == LEEWAY_NF4) return;
    const void *from = element_at(b, columns.first * b.lane_stride + k.first * b.k_stride);
    loops.pack({from, b.dtype == LEEWAY_BF16, b.lane_stride, b.k_stride, columns.count, k.count, loops.width, true, to});
}

/* A tile of C; and C as the product sees it. */
struct Tile {
    Range rows;
    Range columns;
};

struct Output {
    Place c;
    Place start; /* at = NULL: 0 */
    const void *bias; /* of c's type, or NULL */
};

Place moved(const Place &place, int64_t row, int64_t column) {
    Place other = place;
    if (place.at != nullptr) other.at = static_cast<char *>(place.at) + (row * place.row + column * place.column) * (place.narrow ? 2 : 4);
    return other;
}

/* Panels of B, so many floats apart; or one panel where it lies. */
struct Right {
    const void *at;
    int64_t pitch;
    Lying lies = {};
};

/* Columns of B for a span of k: where they lie in a packed matrix, or packed now. */
Right panels_of(const ProductLoops &loops, const Term &term, Range columns, Range k, float *to, float *decoded) {
    const Operand &b = term.b;
    if (b.packed != nullptr && (b.dtype == LEEWAY_F32 || loops.step == 2)) {
        const int64_t steps = ceil_div(term.depth, loops.step);
        return {static_cast<const float *>(b.packed) + (b.packed_first + columns.first) * steps + k.first / loops.step * loops.width,
                steps * loops.width};
    }
    pack_b(loops, b, is_bf16(b, term.a), columns, k, to, decoded);
    return {to, ceil_div(k.count, loops.step) * loops.width};
}

/* The bias of a strip as floats. */
const float *bias_of(const Output &out, Range columns, const Scratch &scratch) {
    if (!out.c.narrow) return static_cast<const float *>(out.bias) + columns.first;
    for (int64_t n = 0; n < columns.count; n++) scratch.bias[n] = widen(static_cast<const bf16 *>(out.bias)[columns.first + n]);
    return scratch.bias;
}

/* Columns of a strip: as many as the strip's scratch holds, of equal parts of the tile. */
int64_t strip_of(int64_t columns, int64_t steps) {
    const int64_t width = loops().width, most = std::min(bias_floats, b_floats / steps) / width * width;
    return ceil_div(ceil_div(columns, ceil_div(columns, most)), width) * width;
}

/* Rows of bytes that are wanted in the cache soon. */
struct Ahead {
    const char *at;
    int64_t stride; /* bytes between rows */
    int64_t rows;   /* 0: none */
    int64_t bytes;  /* of a row */
    /* Fetches the part [first, first + count) of all. */
    void fetch(int64_t first, int64_t count, int64_t all) const {
        constexpr int64_t line = 64;
        const int64_t across = ceil_div(bytes, line), lines = across * rows, end = (first + count) * lines / all;
        for (int64_t l = first * lines / all; l < end; l++) __builtin_prefetch(at + l / across * stride + l % across * line, 0, 2);
    }
};

/* Neighbouring blocks of k of one term. */
struct Segment {
    const Term *term;
    const ProductLoops *loops;
    Range k;
    int64_t steps;
    bool bias; /* is added behind it */
};

/* A's rows of one segment, packed panel by panel shortly before their first use. Rows whose lanes are neighbours in memory are packed
 * several panels at once, which share the lines. */
struct Left {
    const Segment &segment;
    const Operand &a;
    Range rows;
    int64_t height;
    bool kept; /* panels lie one behind the other, else in one place */
    float *to;

    int64_t together() const { return a.k_stride == 1 ? height : 16 * height; }
    int64_t floats() const { return (kept ? rows.count : std::min(together(), rows.count)) * segment.steps; }
    const void *source(int64_t row) const { return element_at(a, (rows.first + row) * a.lane_stride + segment.k.first * a.k_stride); }
    float *panel(int64_t row) const { return to + (kept ? row : row % together()) * segment.steps; }
    void pack(int64_t row) const {
        if (row % together() != 0) return;
        segment.loops->pack({source(row), a.dtype == LEEWAY_BF16, a.lane_stride, a.k_stride, std::min(together(), rows.count - row),
                             segment.k.count, height, false, panel(row)});
    }
    Ahead next(int64_t row) const {
        const int64_t bytes = bytes_of(a.dtype);
        if (a.k_stride != 1 || row >= rows.count) return {};
        return {static_cast<const char *>(source(row)), a.lane_stride * bytes, std::min(height, rows.count - row), segment.k.count * bytes};
    }
};

/* What is multiplied in one go: neighbouring blocks of one term, or of both. */
struct Span {
    Segment segment[2];
    int64_t count = 0;
    int64_t steps = 0;
};

/* Cuts terms into spans. */
struct Walk {
    const Term *terms;
    int64_t count;
    bool bias;
    int64_t most_steps; /* of a span */
    int64_t term = 0;
    int64_t first = 0; /* k of the term */

    bool ends() const { return term == count; }
    Span next() {
        Span span;
        while (!ends()) {
            const int64_t step = loops_of(terms[term]).step, rest = terms[term].depth - first, room = most_steps - span.steps;
            int64_t k = ceil_div(rest, step) <= room ? rest : room * step / product_block * product_block;
            if (k == 0 && span.count > 0) break;
            if (k == 0) k = std::min(rest, product_block); // a span takes a block at least, however many steps that is
            const bool biased = bias && term == 0 && k == rest;
            span.segment[span.count++] = {&terms[term], &loops_of(terms[term]), {first, k}, ceil_div(k, step), biased};
            span.steps += ceil_div(k, step);
            first += k;
            if (k < rest) break;
            term++, first = 0;
        }
        return span;
    }
};

/* One span: after = before + what it adds, for places whose element (0, 0) is that of the tile. */
struct SpanTile {
    const Span &span;
    const Tile &tile;
    Place before;
    Place after;
    const Output &out;
    const Scratch &scratch;
    int64_t height; /* of a panel of A */
    bool in_place;  /* B is multiplied where it lies, a panel at a time */
    int64_t strip;  /* columns */

    SpanTile(const Span &span, const Tile &tile, const Place &before, const Place &after, const Output &out, const Scratch &scratch)
        : span(span), tile(tile), before(before), after(after), out(out), scratch(scratch),
          height(ceil_div(tile.rows.count, ceil_div(tile.rows.count, loops().height))), in_place(is_thin(span, tile)),
          strip(in_place ? loops().width : strip_of(tile.columns.count, span.steps)) {}

    /* Packing B would take as long as multiplying it. */
    static bool is_thin(const Span &span, const Tile &tile) {
        const Operand &b = span.segment[0].term->b;
        return span.count == 1 && span.segment[0].loops->thin > 0 && tile.rows.count <= 2 * loops().width && b.lane_stride == 1 &&
               b.dtype != LEEWAY_NF4 && b.packed == nullptr;
    }

    Left left(int64_t s, float *to) const {
        const Segment &segment = span.segment[s];
        return {segment, segment.term->a, tile.rows, height, strip < tile.columns.count, to};
    }

    void multiply() const {
        const Left first = left(0, scratch.a), lefts[2] = {first, left(span.count - 1, scratch.a + first.floats() + slack)};
        for (int64_t n = 0; n < tile.columns.count; n += strip) {
            const Range columns = {n, std::min(strip, tile.columns.count - n)};
            Right rights[2];
            pack_strip(columns, rights);
            const float *bias = out.bias ? bias_of(out, {tile.columns.first + n, columns.count}, scratch) : nullptr;
            for (int64_t m = 0; m < tile.rows.count; m += height) {
                for (int64_t s = 0; n == 0 && s < span.count; s++) lefts[s].pack(m);
                multiply_panel(lefts, rights, bias, m, columns);
            }
        }
    }

    void pack_strip(Range columns, Right *rights) const {
        const Range all = {tile.columns.first + columns.first, columns.count};
        const int64_t padded = ceil_div(columns.count, loops().width) * loops().width;
        float *to = scratch.b;
        if (in_place && columns.count == loops().width) {
            const Operand &b = span.segment[0].term->b;
            rights[0] = {element_at(b, all.first + span.segment[0].k.first * b.k_stride), 0, {b.k_stride, b.dtype == LEEWAY_BF16}};
            return;
        }
        for (int64_t s = 0; s < span.count; s++) {
            const Segment &segment = span.segment[s];
            rights[s] = panels_of(*segment.loops, *segment.term, all, segment.k, to, scratch.decoded);
            to += padded * segment.steps;
        }
    }

    /* Panel m of A with a strip of B. Between segments C lies on the stack. */
    void multiply_panel(const Left *lefts, const Right *rights, const float *bias, int64_t m, Range columns) const {
        alignas(64) float between[512];
        const int64_t rows = std::min(height, tile.rows.count - m), width = loops().width;
        const int64_t together = width * panels_at_once(loops().height, rows);
        const Place inner = {between, together, 1, false};
        const Ahead ahead = columns.first == 0 ? lefts[0].next(m + height) : Ahead{};
        PanelTile jobs[2];
        for (int64_t s = 0; s < span.count; s++) {
            const Segment &segment = span.segment[s];
            jobs[s] = {lefts[s].panel(m), rights[s].at, rights[s].pitch, {}, rights[s].lies, inner, inner, nullptr, rows, 0, segment.steps,
                       product_block / segment.loops->step, segment.term->alpha};
        }
        for (int64_t n = 0, count; n < columns.count; n += count) {
            count = columns.count - n >= together ? together : std::min(width, columns.count - n);
            if (ahead.rows > 0) ahead.fetch(n, count, columns.count);
            jobs[0].before = moved(before, m, columns.first + n);
            jobs[span.count - 1].after = moved(after, m, columns.first + n);
            for (int64_t s = 0; s < span.count; s++) {
                PanelTile &job = jobs[s];
                job.columns = count;
                job.bias = span.segment[s].bias ? bias + n : nullptr;
                span.segment[s].loops->multiply(job);
                job.b = static_cast<const float *>(job.b) + count / width * job.b_pitch;
            }
        }
    }
};

/* A C of bf16 with several spans is summed in the scratch until its last one. */
void multiply_tile(const Output &out, Walk walk, const Tile &tile, const Scratch &scratch) {
    const Place c = moved(out.c, tile.rows.first, tile.columns.first), start = moved(out.start, tile.rows.first, tile.columns.first);
    const Place running = out.c.narrow ? Place{scratch.sums, tile.columns.count + sums_pitch, 1, false} : c;
    for (Place before = start; !walk.ends(); before = running) {
        const Span span = walk.next();
        SpanTile(span, tile, before, walk.ends() ? c : running, out, scratch).multiply();
    }
}

}  // namespace
}  // namespace leeway
