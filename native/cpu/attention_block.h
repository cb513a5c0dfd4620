/* attention_block.h: attention of a tile of query rows over blocks of 64 keys; included once per instruction set.
 *
 * Forward: the one routine behind packed and paged attention, prefill and decoding. It meets keys only through KeyRows, as a transposed
 * tile (D, 64) and a tile of values (64, D). For a row and a block, in order:
 *     a = q . k          one chain over d             (keys that the row does not see: computed or not, never used)
 *     m' = max(m, max z)      p = exp(z - m')         (exact zeros where unseen)
 *     l = l exp(m - m') + sum p                       sixteen lanes, then a fixed tree
 *     o = o exp(m - m') + sum p v                     one chain over the keys, in which an unseen one adds 0 and so changes no bit
 * Blocks in which the row sees no key leave it as it was. So nothing of a row depends on its tile, its task, or where its keys lie; and
 * a value that a row must not see can't reach it even where it is not a number, for blocks with such values go key by key.
 * With a Number of bf16, p is rounded to bf16 for its product with v (l adds the unrounded ones), and chains run over pairs.
 */
#pragma once

#include <cmath>

#include "attention_tile.h"

namespace leeway {
namespace {

inline i32x16 lane_numbers() { return i32x16{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}; }

/* -1 in the lanes of keys 16 i .. 16 i + 15 that lie in the span. */
inline i32x16 seen(Span span, int i) {
    i32x16 key = lane_numbers() + 16 * i;
    return is_less(key, i32x16{} + int32_t(span.high)) & ~is_less(key, i32x16{} + int32_t(span.low));
}

/* Vectors of sixteen keys that reach to the end of a span. */
inline int64_t vectors(Span span) { return (span.high + lanes - 1) / lanes; }

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

/* A row of numbers as a left operand, sixteen at place i. */
template <class Number>
inline void store_left(float *row, int i, f32x16 v) {
    if constexpr (sizeof(Number) == sizeof(float)) {
        store(row + 16 * i, v);
    } else {
#if defined(__AVX512BF16__)
        _mm256_storeu_si256(reinterpret_cast<__m256i *>(row + 8 * i), __m256i(_mm512_cvtneps_pbh(__m512(v))));
#endif
    }
}

/* What the online softmax keeps of a row. */
struct RowState {
    float max;
    float sum;
};

/* Dot products of n vectors of keys become p; returns what the earlier sums are multiplied by. The span is not empty and ends in or before
 * vector n-1; masked says whether it may be cut there at all. */
template <class Number, int n, bool masked>
inline float softmax_row(const AttentionShape &shape, Span span, const float *dots, float *p, RowState &state) {
    f32x16 z[4];
    f32x16 top = splat(-__builtin_inff());
#pragma GCC unroll 4
    for (int i = 0; i < n; i++) {
        z[i] = score(shape, load(dots + 16 * i)).z;
        if (masked) z[i] = select(seen(span, i), z[i], splat(-__builtin_inff()));
        top = maximum(top, z[i]);
    }
    float block_max = fold_max(top);
    float new_max = block_max > state.max ? block_max : state.max;
    f32x16 e[4] = {};
#pragma GCC unroll 4
    for (int i = 0; i < n; i++) {
        e[i] = vexp(z[i] - new_max);
        if (masked) e[i] = select(seen(span, i), e[i], splat(0.0f));
        store_left<Number>(p, i, e[i]);
    }
    float factor = new_max == state.max ? 1.0f : vexp(splat(state.max - new_max))[0];
    state.max = new_max;
    state.sum = state.sum * factor + fold_sum((e[0] + e[1]) + (e[2] + e[3]));
    return factor;
}

template <class Number>
float softmax_row(const AttentionShape &shape, Span span, int64_t count, const float *dots, float *p, RowState &state) {
    if (span.low == 0 && span.high == key_block) return softmax_row<Number, 4, false>(shape, span, dots, p, state);
    switch (count) {
        case 1: return softmax_row<Number, 1, true>(shape, span, dots, p, state);
        case 2: return softmax_row<Number, 2, true>(shape, span, dots, p, state);
        case 3: return softmax_row<Number, 3, true>(shape, span, dots, p, state);
        default: return softmax_row<Number, 4, true>(shape, span, dots, p, state);
    }
}

void scale_row(float *row, int64_t count, float factor) {
    for (int64_t d = 0; d < count; d += lanes) store(row + d, load(row + d) * factor);
}

void divide_row(float *row, int64_t count, float divisor) {
    for (int64_t d = 0; d < count; d += lanes) store(row + d, load(row + d) / divisor);
}

/* Tiles of one forward task. */
template <class Stored>
struct ForwardTiles {
    float *q;       /* (rows, D) left */
    float *out;     /* (rows, pitch) not yet divided by the sums */
    float *k;       /* (D, 64) right */
    float *v;       /* (64, D) right */
    float *dots;    /* (row_tile, 64) */
    float *p;       /* (row_tile, 64) left */
    float *widened; /* (16, D) */
    Stored *edges;  /* (4, 16, D) */
    RowState *state;
};

/* out += p v for one row, word by word of the keys low..high alone. */
template <class Number>
void add_values_apart(int64_t pitch, const float *v, const float *p, Span span, float *out) {
    alignas(64) float row[max_head_dim];
    for (int64_t word = span.low / in_word<Number>; word * in_word<Number> < span.high; word++) {
        uint32_t mask = 0;
        for (int64_t i = 0; i < in_word<Number>; i++) {
            int64_t key = word * in_word<Number> + i;
            if (key >= span.low && key < span.high) mask |= in_word<Number> == 1 ? ~0u : 0xffffu << (16 * i);
        }
        for (int64_t d = 0; d < pitch; d += lanes) store(row + d, f32x16(u32x16(load(v + word * pitch + d)) & mask));
        multiply<Number>({.rows = 1, .depth = 1, .columns = pitch, .a = p + word, .a_row = 0, .a_step = 0, .b = row, .b_row = pitch,
                          .c = out, .c_row = pitch, .accumulate = true});
    }
}

/* out += p v for count rows of p. */
template <class Number>
void add_values(int64_t pitch, const float *v, bool finite, const float *p, int64_t count, const Span *spans, float *out) {
    constexpr int64_t p_row = words<Number>(key_block);
    Span all = spans[0];
    for (int64_t r = 1; r < count; r++) all = {at_most(all.low, spans[r].low), at_least(all.high, spans[r].high)};
    if (!finite) {
        for (int64_t r = 0; r < count; r++) add_values_apart<Number>(pitch, v, p + r * p_row, spans[r], out + r * pitch);
        return;
    }
    int64_t first = all.low / in_word<Number>, last = round_up(all.high, in_word<Number>) / in_word<Number>;
    multiply<Number>({.rows = count, .depth = last - first, .columns = pitch, .a = p + first, .a_row = p_row, .a_step = 1,
                      .b = v + first * pitch, .b_row = pitch, .c = out, .c_row = pitch, .accumulate = true});
}

/* One block of keys for rows first .. first + count of the tiles. */
template <class Number, class Stored>
void forward_rows_block(const AttentionShape &shape, const ForwardTask &task, const ForwardTiles<Stored> &tiles, int64_t first,
                        int64_t first_key, bool finite) {
    constexpr int64_t p_row = words<Number>(key_block);
    int64_t width = words<Number>(shape.head_dim), pitch = pitch_of(shape.head_dim);
    int64_t count = at_most(task.rows.end - task.rows.begin - first, row_tile), reach = 0;
    Span spans[row_tile];
    for (int64_t r = 0; r < count; r++) {
        spans[r] = visible(shape, token(shape, task.rows, task.rows.begin + first + r), first_key);
        if (spans[r].low >= spans[r].high) spans[r] = {key_block, 0};
        reach = at_least(reach, vectors(spans[r]));
    }
    if (reach == 0) return;
    multiply<Number>({.rows = count, .depth = width, .columns = reach * lanes, .a = tiles.q + first * width, .a_row = width, .a_step = 1,
                      .b = tiles.k, .b_row = key_block, .c = tiles.dots, .c_row = key_block, .accumulate = false});
    float *out = tiles.out + first * pitch;
    for (int64_t r = 0; r < count; r++) {
        float *p = tiles.p + r * p_row;
        if (spans[r].low >= spans[r].high) {
            for (int64_t i = 0; i < p_row; i++) p[i] = 0.0f;
            continue;
        }
        float factor = softmax_row<Number>(shape, spans[r], reach, tiles.dots + r * key_block, p, tiles.state[first + r]);
        if (factor != 1.0f) scale_row(out + r * pitch, pitch, factor);
    }
    add_values<Number>(pitch, tiles.v, finite, tiles.p, count, spans, out);
}

template <class Stored>
void finish_rows(const AttentionShape &shape, const ForwardTask &task, const ForwardTiles<Stored> &tiles) {
    int64_t pitch = pitch_of(shape.head_dim);
    for (int64_t row = task.rows.begin; row < task.rows.end; row++) {
        const RowState &state = tiles.state[row - task.rows.begin];
        divide_row(tiles.out + (row - task.rows.begin) * pitch, pitch, state.sum);
        if (task.lse != nullptr) task.lse[element(shape, task.rows, row)] = float(double(state.max) + std::log(double(state.sum)));
    }
    scatter(shape, task.rows, tiles.out, static_cast<Stored *>(task.out));
}

/* Head h of the task, and its part of the tiles. */
template <class Stored>
ForwardTask one_head(const AttentionShape &shape, const ForwardTask &task, int64_t h) {
    ForwardTask one = task;
    one.keys.k = static_cast<const Stored *>(task.keys.k) + h * shape.head_dim;
    one.keys.v = static_cast<const Stored *>(task.keys.v) + h * shape.head_dim;
    one.rows.index += h * shape.group();
    return one;
}

template <class Number, class Stored>
ForwardTiles<Stored> one_head(const AttentionShape &shape, const ForwardTiles<Stored> &tiles, int64_t first) {
    ForwardTiles<Stored> one = tiles;
    one.q += first * words<Number>(shape.head_dim);
    one.out += first * pitch_of(shape.head_dim);
    one.state += first;
    return one;
}

/* Asks for share h of the keys and values of the block from first_key on, whole rows in order. */
template <class Stored>
void prefetch_share(const AttentionShape &shape, const ForwardTask &task, int64_t h, int64_t first_key, int64_t end_key) {
    constexpr int64_t line = 64 / sizeof(Stored);
    int64_t width = task.heads * shape.head_dim, end = at_most(first_key + key_block * (h + 1) / task.heads, end_key);
    for (int64_t key = first_key + key_block * h / task.heads; key < end; key++) {
        int64_t offset = task.keys.offset(key);
        for (int64_t d = 0; d < width; d += line) __builtin_prefetch(static_cast<const Stored *>(task.keys.k) + offset + d, 0, 2);
        for (int64_t d = 0; d < width; d += line) __builtin_prefetch(static_cast<const Stored *>(task.keys.v) + offset + d, 0, 2);
    }
}

template <class Number, class Stored>
void forward_block(const AttentionShape &shape, const ForwardTask &task, const ForwardTiles<Stored> &tiles, Span span, int64_t first_key) {
    KeyBlock<Stored> block = find_block(task.keys, first_key, span, shape.head_dim, tiles.edges);
    turn<Number>(block.k, shape.head_dim, tiles.widened, tiles.k);
    bool finite = pack<Number>(block.v, shape.head_dim, tiles.v);
    for (int64_t first = 0; first < task.rows.end - task.rows.begin; first += row_tile)
        forward_rows_block<Number>(shape, task, tiles, first, first_key, finite);
}

template <class Stored>
ForwardTiles<Stored> forward_tiles(int64_t head_dim, void *scratch) {
    Arena arena{reinterpret_cast<uintptr_t>(scratch)};
    int64_t pitch = pitch_of(head_dim);
    ForwardTiles<Stored> tiles;
    tiles.q = arena.floats(forward_rows * head_dim);
    tiles.out = arena.floats(forward_rows * pitch);
    tiles.k = arena.floats(key_block * head_dim);
    tiles.v = arena.floats(key_block * pitch);
    tiles.dots = arena.floats(row_tile * key_block);
    tiles.p = arena.floats(row_tile * key_block);
    tiles.widened = arena.floats(run_rows * head_dim);
    tiles.edges = reinterpret_cast<Stored *>(arena.floats(4 * run_rows * head_dim));
    tiles.state = reinterpret_cast<RowState *>(arena.floats(2 * forward_rows));
    return tiles;
}

template <class Number, class Stored>
void forward(const AttentionShape &shape, const ForwardTask &task, void *scratch) {
    int64_t rows = task.rows.end - task.rows.begin;
    ForwardTiles<Stored> tiles = forward_tiles<Stored>(shape.head_dim, scratch);
    for (int64_t h = 0; h < task.heads; h++)
        gather_left<Number>(shape, one_head<Stored>(shape, task, h).rows, static_cast<const Stored *>(task.q),
                            one_head<Number>(shape, tiles, h * rows).q);
    for (int64_t i = 0; i < task.heads * rows * pitch_of(shape.head_dim); i++) tiles.out[i] = 0.0f;
    for (int64_t r = 0; r < task.heads * rows; r++) tiles.state[r] = {-__builtin_inff(), 0.0f};
    int64_t first_token = token(shape, task.rows, task.rows.begin), last_token = token(shape, task.rows, task.rows.end - 1);
    int64_t low = shape.window > 0 ? at_least(first_token - shape.window + 1, 0) : 0;
    for (int64_t first_key = low / key_block * key_block; first_key <= last_token; first_key += key_block) {
        Span span{visible(shape, first_token, first_key).low, visible(shape, last_token, first_key).high};
        for (int64_t h = 0; h < task.heads; h++) {
            if (task.heads > 1) prefetch_share<Stored>(shape, task, h, first_key + key_block, last_token + 1);
            forward_block<Number>(shape, one_head<Stored>(shape, task, h), one_head<Number>(shape, tiles, h * rows), span, first_key);
        }
    }
    for (int64_t h = 0; h < task.heads; h++)
        finish_rows(shape, one_head<Stored>(shape, task, h), one_head<Number>(shape, tiles, h * rows));
}

}  // namespace
}  // namespace leeway
