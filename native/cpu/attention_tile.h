/* attention_tile.h: how rows of q, k, v, dout become operands of the small products; included once per instruction set.
 *
 * Stored is what memory holds (float or bf16), Number what products take: float, or bf16 where the processor has sums of two products.
 * Stored bf16 become floats exactly, so a Number of float means fp32 arithmetic throughout. An operand consists of words: a float or two
 * bf16 that are neighbours in the depth of the product. So the left operand holds rows as they are; the right one pairs of rows
 * interleaved, its columns filled up with zeros to pitch.
 */
#pragma once

#include "attention.h"
#include "attention_product.h"
#include "parallel.h"

namespace leeway {
namespace {

inline int64_t at_least(int64_t x, int64_t bound) { return x < bound ? bound : x; }
inline int64_t at_most(int64_t x, int64_t bound) { return x > bound ? bound : x; }
inline int64_t round_up(int64_t x, int64_t unit) { return (x + unit - 1) / unit * unit; }

/* Columns of a right operand and of a sum that are D wide. */
inline int64_t pitch_of(int64_t head_dim) { return round_up(head_dim, lanes); }

/* Words of so many numbers in depth. */
template <class Number>
constexpr int64_t words(int64_t numbers) {
    return numbers * int64_t(sizeof(Number)) / int64_t(sizeof(float));
}

/* Numbers in a word. */
template <class Number>
constexpr int64_t in_word = int64_t(sizeof(float) / sizeof(Number));

/* Hands out the thread's private memory. */
struct Arena {
    uintptr_t next;
    float *floats(int64_t count) {
        uintptr_t taken = next;
        next += uintptr_t(round_up(count * int64_t(sizeof(float)), 64));
        return reinterpret_cast<float *>(taken);
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

template <class To, class From>
inline void copy_row(To *to, const From *from, int64_t count) {
    for (int64_t i = 0; i < count; i += lanes) store_up_to(to + i, load_up_to(from + i, count - i), count - i);
}

/* A row as left operand. */
template <class Number, class Stored>
inline void left_row(float *to, const Stored *from, int64_t count) {
    if constexpr (sizeof(Number) == sizeof(Stored)) copy_row(to, reinterpret_cast<const float *>(from), words<Number>(count));
    else copy_row(to, from, count);
}

/* Rows begin..end of an (N,H,D) array, one after another. */
template <class Number, class Stored>
void gather_left(const AttentionShape &shape, const QueryRows &rows, const Stored *from, float *to) {
    for (int64_t row = rows.begin; row < rows.end; row++, to += words<Number>(shape.head_dim))
        left_row<Number>(to, from + element(shape, rows, row) * shape.head_dim, shape.head_dim);
}

inline u32x16 zero_extended(const bf16 *from, int64_t left) {
    u16x16 bits = {};
    std::memcpy(&bits, from, size_t(at_most(left, lanes)) * sizeof(bf16));
    return __builtin_convertvector(bits, u32x16);
}

/* Rows first and second as one row of a right operand; Number float: the first alone. Returns -1 in some lane where a number isn't
 * finite. */
template <class Number, class Stored>
inline i32x16 right_row(float *to, const Stored *first, const Stored *second, int64_t head_dim) {
    i32x16 broken = {};
    for (int64_t d = 0; d < head_dim; d += lanes) {
        f32x16 word;
        if constexpr (sizeof(Number) == sizeof(float)) {
            word = load_up_to(first + d, head_dim - d);
            broken |= (word - word) != 0.0f;
        } else {
            u32x16 pair = zero_extended(first + d, head_dim - d) | (zero_extended(second + d, head_dim - d) << 16);
            broken |= ((pair & 0x7f80u) == 0x7f80u) | ((pair & 0x7f800000u) == 0x7f800000u);
            word = f32x16(pair);
        }
        store(to + d, word);
    }
    return broken;
}

inline bool any(i32x16 mask) {
    u32x16 bits = u32x16(mask);
    uint32_t all = 0;
    for (int l = 0; l < lanes; l++) all |= bits[l];
    return all != 0;
}

alignas(64) const float zeros[max_head_dim] = {};

template <class Stored>
inline const Stored *zero_row() {
    return reinterpret_cast<const Stored *>(zeros);
}

/* Rows begin..end of an (N,H,D) array as a right operand; a pair that the end cuts is filled up with zeros. */
template <class Number, class Stored>
void gather_right(const AttentionShape &shape, const QueryRows &rows, const Stored *from, float *to) {
    for (int64_t row = rows.begin; row < rows.end; row += in_word<Number>, to += pitch_of(shape.head_dim)) {
        const Stored *first = from + element(shape, rows, row) * shape.head_dim;
        const Stored *second = row + 1 < rows.end ? from + element(shape, rows, row + 1) * shape.head_dim : zero_row<Stored>();
        right_row<Number>(to, first, second, shape.head_dim);
    }
}

/* Sums (rows, pitch) to rows begin..end of an (N,H,D) array. */
template <class Stored>
void scatter(const AttentionShape &shape, const QueryRows &rows, const float *from, Stored *to) {
    for (int64_t row = rows.begin; row < rows.end; row++, from += pitch_of(shape.head_dim))
        copy_row(to + element(shape, rows, row) * shape.head_dim, from, shape.head_dim);
}

/* Sixteen rows that lie one after another: they never cross a page. */
template <class Stored>
struct Run {
    const Stored *row;
    int64_t stride;
};

constexpr int64_t run_rows = 16;
constexpr int64_t runs = key_block / run_rows;

/* A block of keys and values where they lie. */
template <class Stored>
struct KeyBlock {
    Run<Stored> k[runs];
    Run<Stored> v[runs];
};

/* Rows low..high of a run, and zeros for the others, which are not touched: they may not exist. */
template <class Stored>
Run<Stored> copy_part(Run<Stored> from, Span span, int64_t head_dim, Stored *to) {
    for (int64_t r = 0; r < run_rows; r++)
        copy_row(to + r * head_dim, r >= span.low && r < span.high ? from.row + r * from.stride : zero_row<Stored>(), head_dim);
    return {to, head_dim};
}

/* The keys of the span in the block from first_key on; edges (4, 16, D) is room for the runs that the span cuts, at most two. */
template <class Stored>
KeyBlock<Stored> find_block(const KeyRows &keys, int64_t first_key, Span span, int64_t head_dim, Stored *edges) {
    KeyBlock<Stored> block;
    for (int64_t i = 0; i < runs; i++) {
        int64_t low = at_least(span.low - i * run_rows, 0), high = at_most(span.high - i * run_rows, run_rows);
        if (low >= high) {
            block.k[i] = block.v[i] = {zero_row<Stored>(), 0};
            continue;
        }
        int64_t offset = keys.offset(first_key + i * run_rows);
        block.k[i] = {static_cast<const Stored *>(keys.k) + offset, keys.stride};
        block.v[i] = {static_cast<const Stored *>(keys.v) + offset, keys.stride};
        if (low == 0 && high == run_rows) continue;
        block.k[i] = copy_part(block.k[i], {low, high}, head_dim, edges);
        block.v[i] = copy_part(block.v[i], {low, high}, head_dim, edges + run_rows * head_dim);
        edges += 2 * run_rows * head_dim;
    }
    return block;
}

/* tile (D, 64) = the rows' transpose as a right operand: pairs are neighbours in a row already. widened (16, D) is scratch. */
template <class Number, class Stored>
void turn(const Run<Stored> *rows, int64_t head_dim, float *widened, float *tile) {
    for (int64_t i = 0; i < runs; i++) {
        const auto *from = reinterpret_cast<const float *>(rows[i].row);
        int64_t stride = words<Stored>(rows[i].stride);
        if constexpr (sizeof(Number) > sizeof(Stored)) {
            for (int64_t r = 0; r < run_rows; r++) copy_row(widened + r * head_dim, rows[i].row + r * rows[i].stride, head_dim);
            from = widened;
            stride = head_dim;
        }
        transpose_16(from, stride, words<Number>(head_dim), tile + i * run_rows, key_block);
    }
}

/* tile (64, D) = the rows as a right operand. Returns whether all numbers are finite. */
template <class Number, class Stored>
bool pack(const Run<Stored> *rows, int64_t head_dim, float *tile) {
    i32x16 broken = {};
    for (int64_t i = 0; i < runs; i++)
        for (int64_t r = 0; r < run_rows; r += in_word<Number>, tile += pitch_of(head_dim)) {
            const Stored *first = rows[i].row + r * rows[i].stride;
            broken |= right_row<Number>(tile, first, first + rows[i].stride, head_dim);
        }
    return !any(broken);
}

}  // namespace
}  // namespace leeway
