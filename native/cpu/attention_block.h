/* attention_block.h: attention of a tile of query rows over blocks of 64 keys; included once per instruction set.
 *
 * Forward: the one routine behind packed and paged attention, prefill and decoding. It meets keys only through KeyRows, as a transposed
 * tile (D, 64) and a tile of values (64, D). For a row and a block, in order:
 *     a = q . k          one chain over d             (keys that the row does not see: computed or not, never used)
 *     m' = max(m, max z)      p = exp(z - m')         (exact zeros where unseen)
 *     l = l exp(m - m') + sum p                       sixteen lanes, then a fixed tree
 *     o = o exp(m - m') + sum p v                     one chain over the keys that the row sees, and no others
 * Blocks in which the row sees no key leave it as it was. So nothing of a row depends on its tile, its task, or where its keys lie, and
 * a value that a row must not see can't reach it even where it is not a number.
 */
#pragma once

#include <cmath>

#include "attention.h"
#include "attention_product.h"

namespace leeway {
namespace {

inline int64_t at_least(int64_t x, int64_t bound) { return x < bound ? bound : x; }
inline int64_t at_most(int64_t x, int64_t bound) { return x > bound ? bound : x; }

/* Hands out the thread's private memory. */
struct Arena {
    char *next;
    float *floats(int64_t count) {
        auto *taken = reinterpret_cast<float *>(next);
        next += (count * int64_t(sizeof(float)) + 63) / 64 * 64;
        return taken;
    }
};

/* Keys low..high of a block, 0 <= low, high <= 64; low >= high: none. */
struct Span {
    int64_t low;
    int64_t high;
};

/* The keys of the block from first_key on that a token sees. */
inline Span visible(const AttentionShape &shape, int64_t position, int64_t first_key) {
    int64_t low = shape.window > 0 ? position - shape.window + 1 - first_key : 0;
    return {at_most(at_least(low, 0), key_block), at_least(at_most(position + 1 - first_key, key_block), 0)};
}

inline int64_t token(const AttentionShape &shape, const QueryRows &rows, int64_t row) { return rows.position + row / shape.group(); }

inline int64_t element(const AttentionShape &shape, const QueryRows &rows, int64_t row) {
    int64_t group = shape.group();
    return rows.index + row / group * shape.heads + row % group;
}

inline void copy_row(float *to, const float *from, int64_t count) {
    using unaligned = Lanes<8>::unaligned;
    int64_t i = 0;
    for (; i + 8 <= count; i += 8) *reinterpret_cast<unaligned *>(to + i) = *reinterpret_cast<const unaligned *>(from + i);
    for (; i < count; i++) to[i] = from[i];
}

/* Rows begin..end of an (N,H,D) array, one after another. */
void gather(const AttentionShape &shape, const QueryRows &rows, const float *from, float *to) {
    for (int64_t row = rows.begin; row < rows.end; row++, to += shape.head_dim)
        copy_row(to, from + element(shape, rows, row) * shape.head_dim, shape.head_dim);
}

void scatter(const AttentionShape &shape, const QueryRows &rows, const float *from, float *to) {
    for (int64_t row = rows.begin; row < rows.end; row++, from += shape.head_dim)
        copy_row(to + element(shape, rows, row) * shape.head_dim, from, shape.head_dim);
}

/* Sixteen rows that lie one after another: they never cross a page. */
struct Run {
    const float *row;
    int64_t stride;
};

constexpr int64_t run_rows = 16;
constexpr int64_t runs = key_block / run_rows;

/* A block of keys and values where they lie. */
struct KeyBlock {
    Run k[runs];
    Run v[runs];
    bool whole; /* the runs of v follow one another */
};

alignas(64) const float zeros[max_head_dim] = {};

/* Rows low..high of a run, and zeros for the others, which are not touched: they may not exist. */
Run copy_part(Run from, Span span, int64_t head_dim, float *to) {
    for (int64_t r = 0; r < run_rows; r++)
        copy_row(to + r * head_dim, r >= span.low && r < span.high ? from.row + r * from.stride : zeros, head_dim);
    return {to, head_dim};
}

/* The keys of the span in the block from first_key on; edges (4, 16, D) is room for the runs that the span cuts, at most two. */
KeyBlock find_block(const KeyRows &keys, int64_t first_key, Span span, int64_t head_dim, float *edges) {
    KeyBlock block;
    block.whole = span.low == 0 && span.high == key_block && (keys.pages == nullptr || keys.page_size >= key_block);
    int64_t offset = block.whole ? keys.offset(first_key) : 0;
    for (int64_t i = 0; i < runs; i++) {
        int64_t low = at_least(span.low - i * run_rows, 0), high = at_most(span.high - i * run_rows, run_rows);
        if (low >= high) {
            block.k[i] = block.v[i] = {zeros, 0};
            continue;
        }
        if (!block.whole) offset = keys.offset(first_key + i * run_rows);
        block.k[i] = {keys.k + offset, keys.stride};
        block.v[i] = {keys.v + offset, keys.stride};
        offset += run_rows * keys.stride;
        if (low == 0 && high == run_rows) continue;
        block.k[i] = copy_part(block.k[i], {low, high}, head_dim, edges);
        block.v[i] = copy_part(block.v[i], {low, high}, head_dim, edges + run_rows * head_dim);
        edges += 2 * run_rows * head_dim;
    }
    return block;
}

/* tile (D, 64) = the rows' transpose */
void transpose(const Run *rows, int64_t head_dim, float *tile) {
    for (int64_t i = 0; i < runs; i++) transpose_16(rows[i].row, rows[i].stride, head_dim, tile + i * run_rows, key_block);
}

/* tile (64, D) = the rows */
void pack(const Run *rows, int64_t head_dim, float *tile) {
    for (int64_t i = 0; i < runs; i++)
        for (int64_t r = 0; r < run_rows; r++, tile += head_dim) copy_row(tile, rows[i].row + r * rows[i].stride, head_dim);
}

/* Values that many rows read are worth a dense copy: rows of the cache lie K D floats apart and would share few lines of cache. */
void pack_values(KeyBlock &block, int64_t head_dim, float *tile) {
    pack(block.v, head_dim, tile);
    for (int64_t i = 0; i < runs; i++) block.v[i] = {tile + i * run_rows * head_dim, head_dim};
    block.whole = true;
}

inline f32x16 lane_numbers() { return f32x16{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}; }

/* -1 in the lanes of keys 16 i .. 16 i + 15 that lie in the span. */
inline i32x16 seen(Span span, int i) {
    f32x16 key = lane_numbers() + float(16 * i);
    return (key >= float(span.low)) & (key < float(span.high));
}

/* tanh(a / softcap) of 16 scores a = scale * dot, and z. Without a cap: 0 and a. */
struct Score {
    f32x16 z;
    f32x16 tanh;
};

LEEWAY_INLINE Score score(const AttentionShape &shape, f32x16 dot) {
    f32x16 a = dot * shape.scale;
    if (shape.softcap <= 0.0f) return {a, splat(0.0f)};
    f32x16 t = vtanh(a / shape.softcap);
    return {t * shape.softcap, t};
}

/* What the online softmax keeps of a row. */
struct RowState {
    float max;
    float sum;
};

/* Dot products become p in place; returns what the earlier sums are multiplied by. The span is not empty. */
float softmax_row(const AttentionShape &shape, Span span, float *dots, RowState &state) {
    f32x16 z[4];
    f32x16 top = splat(-__builtin_inff());
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        z[i] = select(seen(span, i), score(shape, load(dots + 16 * i)).z, splat(-__builtin_inff()));
        top = maximum(top, z[i]);
    }
    float block_max = fold_max(top);
    float new_max = block_max > state.max ? block_max : state.max;
    f32x16 p[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        p[i] = select(seen(span, i), vexp(z[i] - new_max), splat(0.0f));
        store(dots + 16 * i, p[i]);
    }
    float factor = new_max == state.max ? 1.0f : vexp(splat(state.max - new_max))[0];
    state.max = new_max;
    state.sum = state.sum * factor + fold_sum((p[0] + p[1]) + (p[2] + p[3]));
    return factor;
}

void scale_row(float *row, int64_t head_dim, float factor) {
    int64_t d = 0;
    for (; d + 8 <= head_dim; d += 8) *reinterpret_cast<Lanes<8>::unaligned *>(row + d) *= factor;
    for (; d < head_dim; d++) row[d] *= factor;
}

void divide_row(float *row, int64_t head_dim, float divisor) {
    int64_t d = 0;
    for (; d + 8 <= head_dim; d += 8) *reinterpret_cast<Lanes<8>::unaligned *>(row + d) /= divisor;
    for (; d < head_dim; d++) row[d] /= divisor;
}

/* Tiles of one forward task. */
struct ForwardTiles {
    float *q;      /* (rows, D) */
    float *out;    /* (rows, D) not yet divided by the sums */
    float *k;      /* (D, 64) */
    float *v;      /* (64, D) */
    float *edges;  /* (4, 16, D) */
    float *p;      /* (row_tile, 64) */
    RowState *state;
};

/* out += p v for count rows of p from row on, over the keys low..high. */
void add_values(int64_t head_dim, const KeyBlock &block, const float *p, int64_t count, Span span, float *out) {
    for (int64_t begin = span.low, end; begin < span.high; begin = end) {
        const Run &run = block.v[begin / run_rows];
        end = block.whole ? span.high : at_most(begin / run_rows * run_rows + run_rows, span.high);
        multiply({.rows = count, .depth = end - begin, .columns = head_dim, .a = p + begin, .a_row = key_block, .a_step = 1,
                  .b = run.row + begin % run_rows * run.stride, .b_row = run.stride, .c = out, .c_row = head_dim, .accumulate = true});
    }
}

/* The same for up to row_tile rows with a span each: together over the keys that all of them see, alone before and after. */
void add_values(int64_t head_dim, const KeyBlock &block, const float *p, int64_t count, const Span *spans, float *out) {
    Span common = spans[0];
    for (int64_t r = 1; r < count; r++) common = {at_least(common.low, spans[r].low), at_most(common.high, spans[r].high)};
    bool apart = common.low >= common.high;
    for (int64_t r = 0; r < count; r++)
        add_values(head_dim, block, p + r * key_block, 1, {spans[r].low, apart ? spans[r].high : common.low}, out + r * head_dim);
    if (apart) return;
    add_values(head_dim, block, p, count, common, out);
    for (int64_t r = 0; r < count; r++)
        add_values(head_dim, block, p + r * key_block, 1, {common.high, spans[r].high}, out + r * head_dim);
}

/* One block of keys for rows first .. first + count of the tiles. */
void forward_rows_block(const AttentionShape &shape, const ForwardTask &task, const ForwardTiles &tiles, int64_t first,
                        int64_t first_key, const KeyBlock &block) {
    int64_t head_dim = shape.head_dim, count = at_most(task.rows.end - task.rows.begin - first, row_tile);
    Span spans[row_tile];
    bool any = false;
    for (int64_t r = 0; r < count; r++) {
        spans[r] = visible(shape, token(shape, task.rows, task.rows.begin + first + r), first_key);
        any |= spans[r].low < spans[r].high;
    }
    if (!any) return;
    multiply({.rows = count, .depth = head_dim, .columns = key_block, .a = tiles.q + first * head_dim, .a_row = head_dim, .a_step = 1,
              .b = tiles.k, .b_row = key_block, .c = tiles.p, .c_row = key_block, .accumulate = false});
    float *out = tiles.out + first * head_dim;
    for (int64_t r = 0; r < count; r++) {
        if (spans[r].low >= spans[r].high) continue;
        float factor = softmax_row(shape, spans[r], tiles.p + r * key_block, tiles.state[first + r]);
        if (factor != 1.0f) scale_row(out + r * head_dim, head_dim, factor);
    }
    add_values(head_dim, block, tiles.p, count, spans, out);
}

void finish_rows(const AttentionShape &shape, const ForwardTask &task, const ForwardTiles &tiles) {
    for (int64_t row = task.rows.begin; row < task.rows.end; row++) {
        const RowState &state = tiles.state[row - task.rows.begin];
        float *out = tiles.out + (row - task.rows.begin) * shape.head_dim;
        divide_row(out, shape.head_dim, state.sum);
        if (task.lse != nullptr) task.lse[element(shape, task.rows, row)] = float(double(state.max) + std::log(double(state.sum)));
    }
    scatter(shape, task.rows, tiles.out, task.out);
}

/* Head h of the task, and its part of the tiles. */
ForwardTask one_head(const AttentionShape &shape, const ForwardTask &task, int64_t h) {
    ForwardTask one = task;
    one.keys.k += h * shape.head_dim;
    one.keys.v += h * shape.head_dim;
    one.rows.index += h * shape.group();
    return one;
}

ForwardTiles one_head(const AttentionShape &shape, const ForwardTiles &tiles, int64_t first) {
    ForwardTiles one = tiles;
    one.q += first * shape.head_dim;
    one.out += first * shape.head_dim;
    one.state += first;
    return one;
}

/* Asks for share h of the keys and values of the block from first_key on, whole rows in order. */
void prefetch_share(const AttentionShape &shape, const ForwardTask &task, int64_t h, int64_t first_key, int64_t end_key) {
    int64_t width = task.heads * shape.head_dim, end = at_most(first_key + key_block * (h + 1) / task.heads, end_key);
    for (int64_t key = first_key + key_block * h / task.heads; key < end; key++) {
        int64_t offset = task.keys.offset(key);
        for (int64_t d = 0; d < width; d += 16) __builtin_prefetch(task.keys.k + offset + d, 0, 2);
        for (int64_t d = 0; d < width; d += 16) __builtin_prefetch(task.keys.v + offset + d, 0, 2);
    }
}

void forward_block(const AttentionShape &shape, const ForwardTask &task, const ForwardTiles &tiles, Span span, int64_t first_key) {
    KeyBlock block = find_block(task.keys, first_key, span, shape.head_dim, tiles.edges);
    transpose(block.k, shape.head_dim, tiles.k);
    int64_t rows = task.rows.end - task.rows.begin;
    if (rows > row_tile) pack_values(block, shape.head_dim, tiles.v);
    for (int64_t first = 0; first < rows; first += row_tile) forward_rows_block(shape, task, tiles, first, first_key, block);
}

void forward(const AttentionShape &shape, const ForwardTask &task, void *scratch) {
    int64_t head_dim = shape.head_dim, rows = task.rows.end - task.rows.begin;
    Arena arena{static_cast<char *>(scratch)};
    ForwardTiles tiles{arena.floats(forward_rows * head_dim), arena.floats(forward_rows * head_dim), arena.floats(key_block * head_dim),
                       arena.floats(key_block * head_dim), arena.floats(4 * run_rows * head_dim), arena.floats(row_tile * key_block),
                       nullptr};
    tiles.state = reinterpret_cast<RowState *>(arena.floats(2 * forward_rows));
    for (int64_t h = 0; h < task.heads; h++) gather(shape, one_head(shape, task, h).rows, task.q, tiles.q + h * rows * head_dim);
    for (int64_t i = 0; i < task.heads * rows * head_dim; i++) tiles.out[i] = 0.0f;
    for (int64_t r = 0; r < task.heads * rows; r++) tiles.state[r] = {-__builtin_inff(), 0.0f};
    int64_t first_token = token(shape, task.rows, task.rows.begin), last_token = token(shape, task.rows, task.rows.end - 1);
    int64_t low = shape.window > 0 ? at_least(first_token - shape.window + 1, 0) : 0;
    for (int64_t first_key = low / key_block * key_block; first_key <= last_token; first_key += key_block) {
        Span span{visible(shape, first_token, first_key).low, visible(shape, last_token, first_key).high};
        for (int64_t h = 0; h < task.heads; h++) {
            if (task.heads > 1) prefetch_share(shape, task, h, first_key + key_block, last_token + 1);
            forward_block(shape, one_head(shape, task, h), one_head(shape, tiles, h * rows), span, first_key);
        }
    }
    for (int64_t h = 0; h < task.heads; h++) finish_rows(shape, one_head(shape, task, h), one_head(shape, tiles, h * rows));
}

}  // namespace
}  // namespace leeway
