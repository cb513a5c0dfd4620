/* attention.h: causal attention over packed batches and over a paged key/value cache. Included by leeway.h. */
#ifndef LEEWAY_ATTENTION_H
#define LEEWAY_ATTENTION_H

#include "runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Query t of a sequence sees key j of the same sequence where j <= t and (window = 0 or t - j < window). Query head h reads key head
 * h / (H/K). With a = scale * q.k, z = softcap > 0 ? softcap * tanh(a / softcap) : a:
 *     p = softmax(z over the visible j)    out = sum p v    lse = log sum exp z          (Vaswani et al. 2017, eq. 1)
 * Computed by online softmax (Dao et al. 2022, algorithm 1) over blocks of 64 keys at absolute positions 0, 64, 128, ... of the sequence,
 * in order. A back end may cut the keys at positions 512, 1024, ... into splits that it sums apart and merges in order, for the types and
 * head dims of its choice (CUDA: BF16 in multiples of 16; the CPU keeps one chain). So a query's result is the same bits in any batch, and
 * the same as paged_attention's over the same keys.
 * BF16: scores, sums and lse are fp32. A back end may round p (and in the backward pass p and da) to bf16 for the products with v, dout, q
 * and k; the sum of p has the unrounded ones.
 * Head dims: even, from 2 to 256; multiples of 16 are the fast ones. */
typedef struct {
    int64_t rows;                   /* N */
    int64_t sequences;              /* S */
    int64_t heads;                  /* H, a multiple of K */
    int64_t kv_heads;               /* K */
    int64_t head_dim;               /* D */
    int64_t window;                 /* 0 = none */
    const int32_t *sequence_starts; /* (S+1) */
    const void *q;                  /* (N,H,D) */
    const void *k;                  /* (N,K,D) */
    const void *v;                  /* (N,K,D) */
    void *out;                      /* (N,H,D) */
    float *lse;                     /* (N,H) kept for the backward pass */
    float scale;
    float softcap;                  /* 0 = none */
    leeway_dtype dtype;
} leeway_attention_forward_args;
LEEWAY_API leeway_status leeway_attention_forward(leeway_stream *stream, const leeway_attention_forward_args *args);

/* With delta[n,h] = dout . out, p = exp(z - lse), dz = p (dout . v - delta), da = scale * dz * (softcap > 0 ? 1 - (z/softcap)^2 : 1):
 *     dq = sum over j of da k     dk = sum over t, h of da q     dv = sum over t, h of p dout
 * Sums over queries run in ascending order of t, then h; no atomics. */
typedef struct {
    int64_t rows;
    int64_t sequences;
    int64_t heads;
    int64_t kv_heads;
    int64_t head_dim;
    int64_t window;
    const int32_t *sequence_starts; /* (S+1) */
    const void *q;                  /* (N,H,D) */
    const void *k;                  /* (N,K,D) */
    const void *v;                  /* (N,K,D) */
    const void *out;                /* (N,H,D) of the forward pass */
    const float *lse;               /* (N,H) */
    const void *dout;               /* (N,H,D) */
    float *delta;                   /* (N,H) scratch */
    void *dq;                       /* (N,H,D) */
    void *dk;                       /* (N,K,D) */
    void *dv;                       /* (N,K,D) */
    float scale;
    float softcap;
    leeway_dtype dtype;
} leeway_attention_backward_args;
LEEWAY_API leeway_status leeway_attention_backward(leeway_stream *stream, const leeway_attention_backward_args *args);

/* Writes the keys and values of N new tokens into their slots: slot = page * page_size + offset; a negative slot is skipped. */
typedef struct {
    int64_t rows;           /* N */
    int64_t kv_heads;       /* K */
    int64_t head_dim;       /* D */
    int64_t page_size;      /* tokens a page: a multiple of 16 that divides 64, or a multiple of 64 */
    int64_t pages;          /* P */
    const int64_t *slots;   /* (N) below P * page_size, distinct */
    const void *k;          /* (N,K,D) */
    const void *v;          /* (N,K,D) */
    void *k_pages;          /* (P, page_size, K, D) */
    void *v_pages;          /* (P, page_size, K, D) */
    leeway_dtype dtype;
} leeway_kv_append_args;
LEEWAY_API leeway_status leeway_kv_append(leeway_stream *stream, const leeway_kv_append_args *args);

/* attention_forward where the keys of sequence s lie in pages page_table[s][0..]. The query rows
 * query_starts[s] .. query_starts[s+1]-1 are the last ones of context_lengths[s] tokens, whose keys were appended before. One query a
 * sequence is a decoding step; more are a prefill, whole or in chunks: the bits do not depend on the chunks. */
typedef struct {
    int64_t rows;                   /* query rows */
    int64_t sequences;              /* S */
    int64_t heads;                  /* H */
    int64_t kv_heads;               /* K */
    int64_t head_dim;               /* D */
    int64_t window;                 /* 0 = none */
    int64_t page_size;
    int64_t pages;                  /* P */
    int64_t max_pages;              /* width of page_table */
    const int32_t *query_starts;    /* (S+1) */
    const int32_t *context_lengths; /* (S) including the new tokens */
    const int32_t *page_table;      /* (S, max_pages) */
    const void *q;                  /* (rows,H,D) */
    const void *k_pages;            /* (P, page_size, K, D) */
    const void *v_pages;            /* (P, page_size, K, D) */
    void *out;                      /* (rows,H,D) */
    float scale;
    float softcap;
    leeway_dtype dtype;
} leeway_paged_attention_args;
LEEWAY_API leeway_status leeway_paged_attention(leeway_stream *stream, const leeway_paged_attention_args *args);

#ifdef __cplusplus
}
#endif
#endif
