/* attention_gradient.h: gradients of attention for tiles of query rows and blocks of 64 keys; included once per instruction set.
 *
 * p is recomputed from lse, so no row needs another. For a tile of rows and a block of keys, both sums run on from where the tile or
 * block before left them, one chain an element:
 *     dv += p^T dout,  dk += da^T q      over the rows, ascending       (tiles come in ascending order)
 *     dq += da k                         over the keys, ascending       (and so do the blocks of a tile)
 * What a row doesn't see adds 0. So it makes no difference to the bits whether one task does all of a head, or a task does a block
 * (dk, dv) or a tile (dq). All sums are fp32 until they are stored. With a Number of bf16, p and da are rounded to bf16 for these three
 * products, and chains run over pairs of rows 2i, 2i+1 and of keys.
 */
#pragma once

#include "attention_block.h"

namespace leeway {
namespace {

/* A block of keys as operands, and its gradients. */
struct KeyTiles {
    float *k_turned; /* (D, 64) right */
    float *v_turned; /* (D, 64) right */
    float *k;        /* (64, D) right */
    float *dk;       /* (64, pitch) */
    float *dv;       /* (64, pitch) */
};

template <class Stored>
struct RowTiles {
    float *q_left;     /* (rows, D) */
    float *dout_left;  /* (rows, D) */
    float *q_right;    /* (rows, D) */
    float *dout_right; /* (rows, D) */
    float *dq;         /* (rows, pitch) */
    float *p;          /* (rows, 64) dot products, then p; of bf16: the dot products alone */
    float *da;         /* (rows, 64) dout . v, then da; of bf16: the dot products alone */
    float *p_turned;   /* (64, rows) left, its rows side by side; of floats: p */
    float *da_turned;  /* the same of da */
    float *da_left;    /* (rows, 64) left; of floats: da */
    float *widened;    /* (16, D) */
    Stored *edges;     /* (4, 16, D) */
};

template <class Number, class Stored>
RowTiles<Stored> row_tiles(int64_t head_dim, Arena &arena) {
    constexpr bool pairs = sizeof(Number) == 2;
    int64_t row = backward_rows * pitch_of(head_dim), square = backward_rows * key_block;
    RowTiles<Stored> tiles;
    tiles.q_left = arena.floats(row);
    tiles.dout_left = arena.floats(row);
    tiles.q_right = arena.floats(row);
    tiles.dout_right = arena.floats(row);
    tiles.dq = arena.floats(row);
    tiles.p = arena.floats(square);
    tiles.da = arena.floats(square);
    tiles.p_turned = pairs ? arena.floats(square / 2) : tiles.p;
    tiles.da_turned = pairs ? arena.floats(square / 2) : tiles.da;
    tiles.da_left = pairs ? arena.floats(square / 2) : tiles.da;
    tiles.widened = arena.floats(run_rows * head_dim);
    tiles.edges = reinterpret_cast<Stored *>(arena.floats(4 * run_rows * head_dim));
    return tiles;
}

template <class Number>
KeyTiles key_tiles(int64_t head_dim, Arena &arena) {
    int64_t operand = words<Number>(key_block * pitch_of(head_dim)), sum = key_block * pitch_of(head_dim);
    KeyTiles tiles;
    tiles.k_turned = arena.floats(operand);
    tiles.v_turned = arena.floats(operand);
    tiles.k = arena.floats(operand);
    tiles.dk = arena.floats(sum);
    tiles.dv = arena.floats(sum);
    return tiles;
}

/* How many blocks of keys fit into a thread's memory beside a tile of rows. */
template <class Number, class Stored>
int64_t blocks_that_fit(int64_t head_dim) {
    Arena rows{0}, keys{0};
    row_tiles<Number, Stored>(head_dim, rows);
    key_tiles<Number>(head_dim, keys);
    return (scratch_bytes_per_thread - int64_t(rows.next)) / int64_t(keys.next);
}

/* p and da of sixteen keys. */
struct Weights {
    f32x16 p;
    f32x16 da;
};

/* What gradient_row needs of a row. */
struct Row {
    Span span;
    float lse;
    float delta;
};

inline Weights weigh(const AttentionShape &shape, const Row &row, int i, const float *p, const float *da) {
    Score s = score(shape, load(p + 16 * i));
    f32x16 probability = vexp(s.z - row.lse);
    f32x16 dz = probability * (load(da + 16 * i) - row.delta);
    f32x16 slope = shape.softcap > 0.0f ? shape.scale * (1.0f - s.tanh * s.tanh) : splat(shape.scale);
    if (row.span.low == 0 && row.span.high == key_block) return {probability, dz * slope};
    i32x16 mask = seen(row.span, i);
    return {select(mask, probability, splat(0.0f)), select(mask, dz * slope, splat(0.0f))};
}

#if defined(__AVX512BF16__)
/* Two vectors as bf16, and their lanes interleaved. */
struct Pair {
    __m512i side_by_side;
    explicit Pair(f32x16 first, f32x16 second) : side_by_side(__m512i(_mm512_cvtne2ps_pbh(__m512(second), __m512(first)))) {}
    __m512i interleaved() const {
        const auto order = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5, 20, 4, 19,
                                            3, 18, 2, 17, 1, 16, 0);
        return _mm512_permutexvar_epi16(order, side_by_side);
    }
};
#endif

/* p and da of row r of the tile from their dot products in n vectors of keys, zeros in the others; of bf16: of rows r and r + 1. */
template <class Number, class Stored>
void weigh_row(const AttentionShape &shape, const Row *rows, int64_t r, int64_t n, const RowTiles<Stored> &tiles) {
    float *p = tiles.p + r * key_block, *da = tiles.da + r * key_block;
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        if constexpr (sizeof(Number) == sizeof(float)) {
            Weights w = i < n ? weigh(shape, rows[0], i, p, da) : Weights{};
            store(p + 16 * i, w.p);
            store(da + 16 * i, w.da);
        } else {
#if defined(__AVX512BF16__)
            Weights a = i < n ? weigh(shape, rows[0], i, p, da) : Weights{};
            Weights b = i < n ? weigh(shape, rows[1], i, p + key_block, da + key_block) : Weights{};
            Pair w(a.p, b.p), slope(a.da, b.da);
            _mm512_storeu_si512(tiles.p_turned + r / 2 * key_block + 16 * i, w.interleaved());
            _mm512_storeu_si512(tiles.da_turned + r / 2 * key_block + 16 * i, slope.interleaved());
            float *left = tiles.da_left + r * key_block / 2 + 8 * i;
            _mm256_storeu_si256(reinterpret_cast<__m256i *>(left), _mm512_castsi512_si256(slope.side_by_side));
            _mm256_storeu_si256(reinterpret_cast<__m256i *>(left + key_block / 2), _mm512_extracti64x4_epi64(slope.side_by_side, 1));
#endif
        }
    }
}

/* Rows begin..end of the tile, at most row_tile and whole pairs but for the last, and how far they see. */
struct Strip {
    Row row[row_tile + 1];
    int64_t begin;
    int64_t end;
    Span span;
};

Strip strip_of(const AttentionShape &shape, const BackwardTask &task, const QueryRows &rows, int64_t begin, int64_t first_key) {
    Strip strip{{}, begin, at_most(begin + row_tile, rows.end - rows.begin), {key_block, 0}};
    for (int64_t r = begin; r < strip.end; r++) {
        int64_t i = element(shape, rows, rows.begin + r);
        Span span = visible(shape, token(shape, rows, rows.begin + r), first_key);
        if (span.low < span.high) strip.span = {at_most(strip.span.low, span.low), at_least(strip.span.high, span.high)};
        strip.row[r - begin] = {span, task.lse[i], task.delta[i]};
    }
    return strip;
}

/* p and da of a strip. */
template <class Number, class Stored>
void weigh_strip(const AttentionShape &shape, const Strip &strip, const RowTiles<Stored> &tiles, const KeyTiles &keys) {
    int64_t width = words<Number>(shape.head_dim), count = strip.end - strip.begin, n = vectors(strip.span);
    multiply<Number>({.rows = count, .depth = width, .columns = n * lanes, .a = tiles.q_left + strip.begin * width, .a_row = width,
                      .a_step = 1, .b = keys.k_turned, .b_row = key_block, .c = tiles.p + strip.begin * key_block, .c_row = key_block,
                      .accumulate = false});
    multiply<Number>({.rows = count, .depth = width, .columns = n * lanes, .a = tiles.dout_left + strip.begin * width, .a_row = width,
                      .a_step = 1, .b = keys.v_turned, .b_row = key_block, .c = tiles.da + strip.begin * key_block, .c_row = key_block,
                      .accumulate = false});
    for (int64_t r = 0; r < count; r += in_word<Number>) weigh_row<Number>(shape, strip.row + r, strip.begin + r, n, tiles);
}

/* dq += da k over the keys that a strip sees */
template <class Number, class Stored>
void add_query_gradients(const AttentionShape &shape, const Strip &strip, const RowTiles<Stored> &tiles, const KeyTiles &keys) {
    constexpr int64_t da_row = words<Number>(key_block);
    int64_t pitch = pitch_of(shape.head_dim), first = strip.span.low / in_word<Number>;
    int64_t last = (strip.span.high + in_word<Number> - 1) / in_word<Number>;
    if (first >= last) return;
    multiply<Number>({.rows = strip.end - strip.begin, .depth = last - first, .columns = pitch,
                      .a = tiles.da_left + strip.begin * da_row + first, .a_row = da_row, .a_step = 1, .b = keys.k + first * pitch,
                      .b_row = pitch, .c = tiles.dq + strip.begin * pitch, .c_row = pitch, .accumulate = true});
}

/* dk += da^T q, dv += p^T dout for keys begin..end of the block over the rows of the tile from first on, whole words of rows. */
template <class Number, class Stored>
void add_key_gradients(int64_t pitch, int64_t begin, int64_t end, int64_t first, int64_t rows, const RowTiles<Stored> &tiles,
                       const KeyTiles &keys) {
    int64_t word = first / in_word<Number>, depth = (rows + in_word<Number> - 1) / in_word<Number> - word;
    multiply<Number>({.rows = end - begin, .depth = depth, .columns = pitch, .a = tiles.p_turned + word * key_block + begin, .a_row = 1,
                      .a_step = key_block, .b = tiles.dout_right + word * pitch, .b_row = pitch, .c = keys.dv + begin * pitch,
                      .c_row = pitch, .accumulate = true});
    multiply<Number>({.rows = end - begin, .depth = depth, .columns = pitch, .a = tiles.da_turned + word * key_block + begin, .a_row = 1,
                      .a_step = key_block, .b = tiles.q_right + word * pitch, .b_row = pitch, .c = keys.dk + begin * pitch,
                      .c_row = pitch, .accumulate = true});
}

/* A tile of rows and a block of keys of which it sees some. */
template <class Number, class Stored>
void backward_block(const AttentionShape &shape, const BackwardTask &task, const QueryRows &rows, const RowTiles<Stored> &tiles,
                    const KeyTiles &keys, int64_t first_key) {
    int64_t count = rows.end - rows.begin, pitch = pitch_of(shape.head_dim), reach = 0;
    for (int64_t begin = 0; begin < count; begin += row_tile) {
        Strip strip = strip_of(shape, task, rows, begin, first_key);
        reach = at_least(reach, strip.span.high);
        weigh_strip<Number>(shape, strip, tiles, keys);
        if (task.dq != nullptr) add_query_gradients<Number>(shape, strip, tiles, keys);
    }
    if (task.dk == nullptr) return;
    if (token(shape, rows, rows.begin) >= first_key + key_block) {
        add_key_gradients<Number>(pitch, 0, key_block, 0, count, tiles, keys);
        return;
    }
    for (int64_t key = 0; key < reach; key += row_tile) { /* the rows before the key don't see it */
        int64_t first = at_least((first_key + key - rows.position) * shape.group() - rows.begin, 0);
        add_key_gradients<Number>(pitch, key, at_most(key + row_tile, reach), first, count, tiles, keys);
    }
}

template <class Number, class Stored>
void pack_keys(const AttentionShape &shape, const BackwardTask &task, int64_t first_key, const RowTiles<Stored> &tiles,
               const KeyTiles &keys) {
    Span present{0, at_most(task.key_count - first_key, key_block)};
    KeyBlock<Stored> block = find_block(task.keys, first_key, present, shape.head_dim, tiles.edges);
    turn<Number>(block.k, shape.head_dim, tiles.widened, keys.k_turned);
    turn<Number>(block.v, shape.head_dim, tiles.widened, keys.v_turned);
    if (task.dq != nullptr) pack<Number>(block.k, shape.head_dim, keys.k);
    if (task.dk != nullptr)
        for (int64_t i = 0; i < key_block * pitch_of(shape.head_dim); i++) keys.dk[i] = keys.dv[i] = 0.0f;
}

template <class Stored>
void store_key_gradients(const AttentionShape &shape, const BackwardTask &task, const KeyTiles &keys, int64_t first_key) {
    int64_t pitch = pitch_of(shape.head_dim);
    for (int64_t j = 0; j < at_most(task.key_count - first_key, key_block); j++) {
        int64_t row = (first_key + j) * task.keys.stride;
        copy_row(static_cast<Stored *>(task.dk) + row, keys.dk + j * pitch, shape.head_dim);
        copy_row(static_cast<Stored *>(task.dv) + row, keys.dv + j * pitch, shape.head_dim);
    }
}

/* The keys of block b: packed before, with its gradients, or into the one place that a task without them has. */
template <class Number, class Stored, class Place>
void backward_tile(const AttentionShape &shape, const BackwardTask &task, const QueryRows &rows, const RowTiles<Stored> &tiles,
                   Place place) {
    int64_t first_token = token(shape, rows, rows.begin), last_token = token(shape, rows, rows.end - 1);
    int64_t low = shape.window > 0 ? at_least(first_token - shape.window + 1, 0) : 0;
    int64_t begin = at_least(low / key_block, task.block_begin), end = at_most(last_token / key_block + 1, task.block_end);
    if (begin >= end) return;
    gather_left<Number>(shape, rows, static_cast<const Stored *>(task.q), tiles.q_left);
    gather_left<Number>(shape, rows, static_cast<const Stored *>(task.dout), tiles.dout_left);
    if (task.dk != nullptr) {
        gather_right<Number>(shape, rows, static_cast<const Stored *>(task.q), tiles.q_right);
        gather_right<Number>(shape, rows, static_cast<const Stored *>(task.dout), tiles.dout_right);
    }
    for (int64_t i = 0; i < (rows.end - rows.begin) * pitch_of(shape.head_dim); i++) tiles.dq[i] = 0.0f;
    for (int64_t block = begin; block < end; block++)
        backward_block<Number>(shape, task, rows, tiles, place(block), block * key_block);
    if (task.dq != nullptr) scatter(shape, rows, tiles.dq, static_cast<Stored *>(task.dq));
}

template <class Number, class Stored>
void backward(const AttentionShape &shape, const BackwardTask &task, void *scratch) {
    Arena arena{reinterpret_cast<uintptr_t>(scratch)};
    RowTiles<Stored> tiles = row_tiles<Number, Stored>(shape.head_dim, arena);
    auto place = [&](int64_t block) {
        Arena keys = arena;
        if (task.dk == nullptr) block = task.block_begin;
        for (int64_t b = task.block_begin; b < block; b++) key_tiles<Number>(shape.head_dim, keys);
        return key_tiles<Number>(shape.head_dim, keys);
    };
    auto packed = [&](int64_t block) {
        if (task.dk == nullptr) pack_keys<Number>(shape, task, block * key_block, tiles, place(block));
        return place(block);
    };
    if (task.dk != nullptr)
        for (int64_t b = task.block_begin; b < task.block_end; b++) pack_keys<Number>(shape, task, b * key_block, tiles, place(b));
    for (int64_t begin = task.rows.begin; begin < task.rows.end; begin += backward_rows)
        backward_tile<Number>(shape, task,
                              QueryRows{task.rows.index, task.rows.position, begin, at_most(begin + backward_rows, task.rows.end)}, tiles,
                              packed);
    if (task.dk != nullptr)
        for (int64_t b = task.block_begin; b < task.block_end; b++) store_key_gradients<Stored>(shape, task, place(b), b * key_block);
}

template <class Stored>
void delta(int64_t head_dim, int64_t begin, int64_t end, const leeway_attention_backward_args &args) {
    for (int64_t i = begin; i < end; i++) {
        const Stored *out = static_cast<const Stored *>(args.out) + i * head_dim;
        const Stored *dout = static_cast<const Stored *>(args.dout) + i * head_dim;
        f32x16 sum = splat(0.0f);
        for (int64_t d = 0; d < head_dim; d += lanes) sum += load_up_to(out + d, head_dim - d) * load_up_to(dout + d, head_dim - d);
        args.delta[i] = sum_lanes(sum);
    }
}

template <class Number, class Stored>
constexpr AttentionKernels kernels = {forward<Number, Stored>, backward<Number, Stored>, delta<Stored>, blocks_that_fit<Number, Stored>};

}  // namespace
}  // namespace leeway
