/* attention_gradient.h: gradients of attention for tiles of query rows and blocks of 64 keys; included once per instruction set.
 *
 * p is recomputed from lse, so no row needs another. For a tile of rows and a block of keys, both sums run on from where the tile or
 * block before left them, one chain of fused multiply-adds an element:
 *     dv += p^T dout,  dk += da^T q      over the rows, ascending       (a block's task meets the tiles in ascending order)
 *     dq += da k                         over the keys, ascending       (a tile's task meets the blocks in ascending order)
 * So it makes no difference to the bits whether one task does all of a head, or a task does a block (dk, dv) or a tile (dq).
 */
#pragma once

#include "attention_block.h"

namespace leeway {
namespace {

struct BackwardTiles {
    float *q;     /* (rows, D) */
    float *dout;  /* (rows, D) */
    float *dq;    /* (rows, D) */
    float *p;     /* (rows, 64) dot products, then p */
    float *da;    /* (rows, 64) dout . v, then da */
    float *k;     /* (64, D) */
    float *k_turned; /* (D, 64) */
    float *v_turned; /* (D, 64) */
    float *dk;    /* (64, D) */
    float *dv;    /* (64, D) */
    float *edges; /* (4, 16, D) */
};

/* A row of p and da from q . k and dout . v. */
void gradient_row(const AttentionShape &shape, Span span, float lse, float delta, float *p, float *da) {
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        Score s = score(shape, load(p + 16 * i));
        i32x16 mask = seen(span, i);
        f32x16 probability = select(mask, vexp(s.z - lse), splat(0.0f));
        f32x16 dz = probability * (load(da + 16 * i) - delta);
        f32x16 slope = shape.softcap > 0.0f ? shape.scale * (1.0f - s.tanh * s.tanh) : splat(shape.scale);
        store(p + 16 * i, probability);
        store(da + 16 * i, select(mask, dz * slope, splat(0.0f)));
    }
}

/* Rows of the tile whose p is not all zero in the block, as a range. */
void weigh_rows(const AttentionShape &shape, const BackwardTask &task, const QueryRows &rows, const BackwardTiles &tiles,
                int64_t first_key) {
    int64_t head_dim = shape.head_dim, count = rows.end - rows.begin;
    multiply({.rows = count, .depth = head_dim, .columns = key_block, .a = tiles.q, .a_row = head_dim, .a_step = 1, .b = tiles.k_turned,
              .b_row = key_block, .c = tiles.p, .c_row = key_block, .accumulate = false});
    multiply({.rows = count, .depth = head_dim, .columns = key_block, .a = tiles.dout, .a_row = head_dim, .a_step = 1,
              .b = tiles.v_turned, .b_row = key_block, .c = tiles.da, .c_row = key_block, .accumulate = false});
    for (int64_t r = 0; r < count; r++) {
        int64_t i = element(shape, rows, rows.begin + r);
        gradient_row(shape, visible(shape, token(shape, rows, rows.begin + r), first_key), task.lse[i], task.delta[i],
                     tiles.p + r * key_block, tiles.da + r * key_block);
    }
}

/* dk += da^T q, dv += p^T dout */
void add_key_gradients(const AttentionShape &shape, int64_t rows, const BackwardTiles &tiles) {
    int64_t head_dim = shape.head_dim;
    multiply({.rows = key_block, .depth = rows, .columns = head_dim, .a = tiles.p, .a_row = 1, .a_step = key_block, .b = tiles.dout,
              .b_row = head_dim, .c = tiles.dv, .c_row = head_dim, .accumulate = true});
    multiply({.rows = key_block, .depth = rows, .columns = head_dim, .a = tiles.da, .a_row = 1, .a_step = key_block, .b = tiles.q,
              .b_row = head_dim, .c = tiles.dk, .c_row = head_dim, .accumulate = true});
}

/* dq += da k; the first block that the tile sees starts the sum. */
void add_query_gradients(const AttentionShape &shape, const BackwardTask &task, const QueryRows &rows, const BackwardTiles &tiles,
                         bool first_block) {
    int64_t head_dim = shape.head_dim;
    if (!first_block) gather(shape, rows, task.dq, tiles.dq);
    multiply({.rows = rows.end - rows.begin, .depth = key_block, .columns = head_dim, .a = tiles.da, .a_row = key_block, .a_step = 1,
              .b = tiles.k, .b_row = head_dim, .c = tiles.dq, .c_row = head_dim, .accumulate = !first_block});
    scatter(shape, rows, tiles.dq, task.dq);
}

void store_key_gradients(const AttentionShape &shape, const BackwardTask &task, const BackwardTiles &tiles, int64_t first_key) {
    for (int64_t j = first_key; j < at_most(first_key + key_block, task.key_count); j++) {
        copy_row(task.dk + j * task.keys.stride, tiles.dk + (j - first_key) * shape.head_dim, shape.head_dim);
        copy_row(task.dv + j * task.keys.stride, tiles.dv + (j - first_key) * shape.head_dim, shape.head_dim);
    }
}

void backward_block(const AttentionShape &shape, const BackwardTask &task, const BackwardTiles &tiles, int64_t first_key) {
    int64_t head_dim = shape.head_dim;
    Span present{0, at_most(task.key_count - first_key, key_block)};
    KeyBlock block = find_block(task.keys, first_key, present, head_dim, tiles.edges);
    transpose(block.k, head_dim, tiles.k_turned);
    transpose(block.v, head_dim, tiles.v_turned);
    if (task.dq != nullptr) pack(block.k, head_dim, tiles.k);
    if (task.dk != nullptr)
        for (int64_t i = 0; i < key_block * head_dim; i++) tiles.dk[i] = tiles.dv[i] = 0.0f;
    for (int64_t begin = task.rows.begin; begin < task.rows.end; begin += backward_rows) {
        QueryRows rows{task.rows.index, task.rows.position, begin, at_most(begin + backward_rows, task.rows.end)};
        int64_t first_token = token(shape, rows, rows.begin), last_token = token(shape, rows, rows.end - 1);
        Span span{visible(shape, first_token, first_key).low, visible(shape, last_token, first_key).high};
        if (span.low >= span.high) continue;
        gather(shape, rows, task.q, tiles.q);
        gather(shape, rows, task.dout, tiles.dout);
        weigh_rows(shape, task, rows, tiles, first_key);
        if (task.dk != nullptr) add_key_gradients(shape, rows.end - rows.begin, tiles);
        if (task.dq != nullptr) {
            int64_t first_seen = shape.window > 0 ? at_least(first_token - shape.window + 1, 0) : 0;
            add_query_gradients(shape, task, rows, tiles, first_key <= first_seen);
        }
    }
    if (task.dk != nullptr) store_key_gradients(shape, task, tiles, first_key);
}

void backward(const AttentionShape &shape, const BackwardTask &task, void *scratch) {
    Arena arena{static_cast<char *>(scratch)};
    int64_t rows = backward_rows * shape.head_dim, keys = key_block * shape.head_dim, square = backward_rows * key_block;
    BackwardTiles tiles{arena.floats(rows), arena.floats(rows), arena.floats(rows), arena.floats(square), arena.floats(square),
                        arena.floats(keys), arena.floats(keys), arena.floats(keys), arena.floats(keys),   arena.floats(keys),
                        arena.floats(keys)};
    for (int64_t block = task.block_begin; block < task.block_end; block++) backward_block(shape, task, tiles, block * key_block);
}

void delta(int64_t head_dim, int64_t begin, int64_t end, const leeway_attention_backward_args &args) {
    for (int64_t i = begin; i < end; i++) {
        const float *out = static_cast<const float *>(args.out) + i * head_dim;
        const float *dout = static_cast<const float *>(args.dout) + i * head_dim;
        f32x16 sum = splat(0.0f);
        for (int64_t d = 0; d < head_dim; d += lanes) sum += load_up_to(out + d, head_dim - d) * load_up_to(dout + d, head_dim - d);
        args.delta[i] = sum_lanes(sum);
    }
}

constexpr AttentionKernels kernels = {forward, backward, delta};

}  // namespace
}  // namespace leeway
