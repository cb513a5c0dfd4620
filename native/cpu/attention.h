/* attention.h: what the attention entries hand to the kernels of one instruction set.
 *
 * The query rows of a (sequence, kv head) are numbered r = t * group + h, group = H / K: token t, head kv_head * group + h. So the heads
 * that share a key head sit side by side and use one copy of its keys, and ascending r is the order "t, then h" of attention.h.
 */
#pragma once

#include <cstdint>

#include "attention_shape.h"

namespace leeway {

/* Query rows of one forward task and of one backward tile. Every row's sums are its own, so the forward size is free to change; the
 * backward size is too, for sums over rows go on from tile to tile as one chain. */
inline constexpr int64_t forward_rows = 120;
inline constexpr int64_t backward_rows = 60;

/* Where the keys and values of one kv head lie: in rows one after another, or in pages of such rows. */
struct KeyRows {
    const void *k;        /* row 0, or row 0 of page 0 */
    const void *v;
    int64_t stride;       /* K * D elements */
    const int32_t *pages; /* NULL = no pages */
    int64_t page_size;    /* divides 64 or is a multiple of 64 */
    int64_t offset(int64_t key) const {
        return pages == nullptr ? key * stride : (pages[key / page_size] * page_size + key % page_size) * stride;
    }
};

/* Rows begin..end of one (sequence, kv head). Row r is the token at position + r / group, and element index + (r / group) * H
 * + r % group of an (N,H) array. */
struct QueryRows {
    int64_t index;
    int64_t position;
    int64_t begin;
    int64_t end;
};

/* The same rows of kv heads that lie side by side, from that of keys and rows on: with few rows, memory then gives whole rows of the
 * cache in order. More than one head: heads * (end - begin) <= forward_rows. */
struct ForwardTask {
    KeyRows keys;
    QueryRows rows;
    int64_t heads;
    const void *q;
    void *out;
    float *lse; /* or NULL */
};

/* The share of (key blocks block_begin..block_end) x rows in the gradients. dk and dv of a block are written, not added to, so its task
 * must hold all rows; likewise the task that writes dq of a row must hold all blocks. NULL skips. */
struct BackwardTask {
    KeyRows keys;
    QueryRows rows;
    int64_t key_count;
    int64_t block_begin;
    int64_t block_end;
    const void *q;
    const float *lse;
    const void *dout;
    const float *delta;
    void *dq; /* or NULL */
    void *dk; /* row 0 of the kv head, or NULL */
    void *dv;
};

struct AttentionKernels {
    void (*forward)(const AttentionShape &shape, const ForwardTask &task, void *scratch);
    void (*backward)(const AttentionShape &shape, const BackwardTask &task, void *scratch);
    /* delta[i] = out[i] . dout[i] over D, for i in begin..end of (N,H) */
    void (*delta)(int64_t head_dim, int64_t begin, int64_t end, const leeway_attention_backward_args &args);
    /* How many blocks of keys a backward task that has dk can hold. */
    int64_t (*blocks_that_fit)(int64_t head_dim);
};

/* For the two number types; both compute in fp32. */
struct AttentionSet {
    AttentionKernels f32;
    AttentionKernels bf16;
};

extern const AttentionSet attention_avx512;
extern const AttentionSet attention_avx2;
extern const AttentionSet attention_portable;
/* With products of pairs of bf16. */
extern const AttentionKernels attention_avx512bf16;

/* The fastest that this processor runs. */
const AttentionKernels &attention_kernels(leeway_dtype dtype);

/* LEEWAY_OK where starts[0] = 0 <= starts[1] <= ... <= starts[sequences] = rows. */
leeway_status check_starts(const char *op, const char *name, const int32_t *starts, int64_t sequences, int64_t rows);

}  // namespace leeway
