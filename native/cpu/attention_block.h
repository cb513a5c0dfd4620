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
    for (int64_t i = 0; i < count; i += 8) *reinterpret_cast<unaligned *>(to + i) = *reinterpret_cast<const unaligned *>(from + i);
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

/* A block of keys on its way into tiles. Rows outside the span are not touched and count as zeros: they may not exist. */
struct KeyBlock {
    const float *k[key_block];
    const float *v[key_block];
};

alignas(64) const float zeros[max_head_dim] = {};

void find_block(const KeyRows &keys, int64_t first_key, Span span, KeyBlock &block) {
    constexpr int64_t run = 16; /* never crosses a page */
    for (int64_t begin = 0; begin < key_block; begin += run) {
        bool wanted = begin < span.high && begin + run > span.low;
        int64_t offset = wanted ? keys.offset(first_key + begin) : 0;
        for (int64_t j = begin; j < begin + run; j++) {
            bool seen = j >= span.low && j < span.high;
            block.k[j] = seen ? keys.k + offset + (j - begin) * keys.stride : zeros;
            block.v[j] = seen ? keys.v + offset + (j - begin) * keys.stride : zeros;
        }
    }
}

/* tile (D, 64) = the rows' transpose */
void transpose(const float *const *rows, int64_t head_dim, float *tile) {
    for (int64_t j = 0; j < key_block; j += 8)
        for (int64_t d = 0; d < head_dim; d += 8) transpose_8x8(rows + j, d, tile + d * key_block + j, key_block);
}

/* tile (64, D) = the rows */
void pack(const float *const *rows, int64_t head_dim, float *tile) {
    for (int64_t j = 0; j < key_block; j++, tile += head_dim) copy_row(tile, rows[j], head_dim);
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
    float block_max = max_lanes(top);
    float new_max = block_max > state.max ? block_max : state.max;
    f32x16 p[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        p[i] = select(seen(span, i), vexp(z[i] - new_max), splat(0.0f));
        store(dots + 16 * i, p[i]);
    }
    float factor = new_max == state.max ? 1.0f : vexp(splat(state.max - new_max))[0];
    state.max = new_max;
    state.sum = state.sum * factor + sum_lanes((p[0] + p[1]) + (p[2] + p[3]));
    return factor;
}

void scale_row(float *row, int64_t head_dim, float factor) {
    for (int64_t d = 0; d < head_dim; d += 8) *reinterpret_cast<Lanes<8>::unaligned *>(row + d) *= factor;
}

/* Tiles of one forward task. */
struct ForwardTiles {
    float *q;      /* (rows, D) */
    float *out;    /* (rows, D) not yet divided by the sums */
    float *k;      /* (D, 64) */
    float *v;      /* (64, D) */
    float *p;      /* (row_tile, 64) */
    RowState *state;
};

/* out += p v for up to row_tile rows: together over the keys that all of them see, alone before and after. */
void add_values(int64_t head_dim, int64_t rows, const Span *spans, const ForwardTiles &tiles, float *out) {
    Span common = spans[0];
    for (int64_t r = 1; r < rows; r++) common = {at_least(common.low, spans[r].low), at_most(common.high, spans[r].high)};
    auto add = [&](int64_t row, int64_t count, int64_t low, int64_t high) {
        if (low < high)
            multiply({.rows = count, .depth = high - low, .columns = head_dim, .a = tiles.p + row * key_block + low, .a_row = key_block,
                      .a_step = 1, .b = tiles.v + low * head_dim, .b_row = head_dim, .c = out + row * head_dim, .c_row = head_dim,
                      .accumulate = true});
    };
    if (common.low >= common.high) {
        for (int64_t r = 0; r < rows; r++) add(r, 1, spans[r].low, spans[r].high);
        return;
    }
    for (int64_t r = 0; r < rows; r++) add(r, 1, spans[r].low, common.low);
    add(0, rows, common.low, common.high);
    for (int64_t r = 0; r < rows; r++) add(r, 1, common.high, spans[r].high);
}

/* One block of keys for rows first .. first + count of the tiles. */
void forward_rows_block(const AttentionShape &shape, const ForwardTask &task, const ForwardTiles &tiles, int64_t first, int64_t count,
                        int64_t first_key) {
    int64_t head_dim = shape.head_dim;
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
    add_values(head_dim, count, spans, tiles, out);
}

void finish_rows(const AttentionShape &shape, const ForwardTask &task, const ForwardTiles &tiles) {
    for (int64_t row = task.rows.begin; row < task.rows.end; row++) {
        const RowState &state = tiles.state[row - task.rows.begin];
        float *out = tiles.out + (row - task.rows.begin) * shape.head_dim;
        for (int64_t d = 0; d < shape.head_dim; d += 8) *reinterpret_cast<Lanes<8>::unaligned *>(out + d) /= state.sum;
        if (task.lse != nullptr) task.lse[element(shape, task.rows, row)] = float(double(state.max) + std::log(double(state.sum)));
    }
    scatter(shape, task.rows, tiles.out, task.out);
}

void forward(const AttentionShape &shape, const ForwardTask &task, void *scratch) {
    int64_t head_dim = shape.head_dim, rows = task.rows.end - task.rows.begin;
    Arena arena{static_cast<char *>(scratch)};
    ForwardTiles tiles{arena.floats(forward_rows * head_dim), arena.floats(forward_rows * head_dim), arena.floats(key_block * head_dim),
                       arena.floats(key_block * head_dim), arena.floats(row_tile * key_block), nullptr};
    tiles.state = reinterpret_cast<RowState *>(arena.floats(2 * forward_rows));
    gather(shape, task.rows, task.q, tiles.q);
    for (int64_t i = 0; i < rows * head_dim; i++) tiles.out[i] = 0.0f;
    for (int64_t r = 0; r < rows; r++) tiles.state[r] = {-__builtin_inff(), 0.0f};
    int64_t first_token = token(shape, task.rows, task.rows.begin), last_token = token(shape, task.rows, task.rows.end - 1);
    int64_t low = shape.window > 0 ? at_least(first_token - shape.window + 1, 0) : 0;
    for (int64_t first_key = low / key_block * key_block; first_key <= last_token; first_key += key_block) {
        KeyBlock block;
        find_block(task.keys, first_key, {visible(shape, first_token, first_key).low, visible(shape, last_token, first_key).high}, block);
        transpose(block.k, head_dim, tiles.k);
        pack(block.v, head_dim, tiles.v);
        for (int64_t first = 0; first < rows; first += row_tile)
            forward_rows_block(shape, task, tiles, first, at_most(rows - first, row_tile), first_key);
    }
    finish_rows(shape, task, tiles);
}

}  // namespace
}  // namespace leeway
