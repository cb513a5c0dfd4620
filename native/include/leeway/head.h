/* head.h: the tiled language-model head, its columns and their gradients; the scalar head. Included by leeway.h. */
#ifndef LEEWAY_HEAD_H
#define LEEWAY_HEAD_H

#include "linear.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What turns a hidden state x[m] into a distribution over the vocabulary:
 *     a = x W^T + lora term        c = softcap > 0 ? softcap * tanh(a / softcap) : a        z = c / temperature
 *     p = softmax of z over the allowed tokens
 * allowed has bit v%32 of word v/32 set where token v may occur; NULL allows all. */
typedef struct {
    leeway_weight weight;    /* (V,C) */
    leeway_lora lora;        /* rank 0, or the low-rank term of the head; its row_ids are those of the M rows */
    const uint32_t *allowed; /* (ceil(V/32)) or NULL */
    float softcap;           /* 0 = none */
    float temperature;       /* > 0 */
} leeway_distribution;

/* A target distribution q a row: soft_uniform on every allowed token plus soft_values at soft_ids. Label smoothing by e is
 * soft_uniform = e/V. Sum q need not be 1. Row m's entries are soft_starts[m] .. soft_starts[m+1]-1. NULL starts: no entries. */
typedef struct {
    const int32_t *soft_starts; /* (M+1) or NULL */
    const int32_t *soft_ids;
    const float *soft_values;
    float soft_uniform;
    int32_t reserved;           /* 0 */
} leeway_soft_target;

/* The columns of M rows, without ever holding M x V logits. Each is skipped where its pointer is NULL:
 *     log_prob = z_target - lse      log_sum_exp = lse = log sum exp z      entropy = lse - sum p z
 *     soft_loss = sum q (lse - z)    arg_max = the lowest token with the largest z
 * A target must be allowed and inside 0..V-1. lse, entropy: online over tiles of 4096 tokens in order; inside a tile
 * interleaved partial sums (sixteen on the CPU, one a thread of a block on a GPU), added as a fixed tree. */
typedef struct {
    int64_t rows;                 /* M */
    int64_t hidden;               /* C */
    int64_t vocabulary;           /* V */
    leeway_distribution distribution;
    leeway_soft_target soft;
    const void *x;                /* (M,C) */
    const int32_t *targets;       /* (M) or NULL where log_prob is */
    float *log_prob;              /* (M) or NULL */
    float *log_sum_exp;           /* (M) or NULL */
    float *entropy;               /* (M) or NULL */
    float *soft_loss;             /* (M) or NULL */
    int32_t *arg_max;             /* (M) or NULL */
    void *workspace;
    int64_t workspace_bytes;      /* at least leeway_head_workspace's */
    leeway_dtype dtype;           /* of x */
} leeway_head_forward_args;
LEEWAY_API leeway_status leeway_head_forward(leeway_stream *stream, const leeway_head_forward_args *args);

/* Given the loss's derivatives by the columns (w_x = dloss/dx; NULL = 0), with H the entropy:
 *     dz = w_log_prob (1_target - p) + w_lse p - w_entropy p (log p + H) + w_soft ((sum q) p - q)
 *     da = dz * (softcap > 0 ? 1 - (c/softcap)^2 : 1) / temperature
 *     dx = da W + lora        dweight += da^T x        lora_da, lora_db as in linear_backward_weight
 * The tiles are recomputed and visited in order. dx is written, not added to. With x of BF16 da is rounded to BF16 before it is multiplied
 * with W, x and B; dx is rounded once, a dweight of BF16 at most once behind every 512 rows. */
typedef struct {
    int64_t rows;                 /* M */
    int64_t hidden;               /* C */
    int64_t vocabulary;           /* V */
    leeway_distribution distribution;
    leeway_soft_target soft;
    const void *x;                /* (M,C) */
    const int32_t *targets;       /* (M) or NULL where w_log_prob is */
    const float *log_sum_exp;     /* (M) of the forward pass */
    const float *entropy;         /* (M) of the forward pass, or NULL where w_entropy is */
    const float *w_log_prob;      /* (M) or NULL */
    const float *w_lse;           /* (M) or NULL */
    const float *w_entropy;       /* (M) or NULL */
    const float *w_soft;          /* (M) or NULL */
    void *dx;                     /* (M,C) */
    void *dweight;                /* (V,C) += of gradient_dtype, or NULL */
    float *lora_da;               /* (R,C) += or NULL */
    float *lora_db;               /* (V,R) += or NULL */
    void *workspace;
    int64_t workspace_bytes;
    leeway_dtype dtype;           /* of x and dx */
    leeway_dtype gradient_dtype;
} leeway_head_backward_args;
LEEWAY_API leeway_status leeway_head_backward(leeway_stream *stream, const leeway_head_backward_args *args);

/* Bytes of workspace for head_forward and head_backward on at most rows rows. */
typedef struct {
    int64_t rows;
    int64_t hidden;
    int64_t vocabulary;
    int64_t rank;
    int64_t *bytes;      /* out; host memory */
    leeway_dtype dtype;
    float dropout;       /* of the low-rank term in those calls; with one they keep drop(x) of some rows */
} leeway_head_workspace_args;
LEEWAY_API leeway_status leeway_head_workspace(leeway_stream *stream, const leeway_head_workspace_args *args);

/* logits = c of leeway_distribution (before temperature and mask), fp32: the same bits that head_forward sees without dropout. For
 * sampling. */
typedef struct {
    int64_t rows;        /* M */
    int64_t hidden;      /* C */
    int64_t vocabulary;  /* V */
    leeway_distribution distribution; /* allowed, temperature and lora.dropout are ignored */
    const void *x;       /* (M,C) */
    float *logits;       /* (M,V) */
    float *xa;           /* (M,R) scratch; NULL where rank = 0 */
    leeway_dtype dtype;  /* of x */
} leeway_head_logits_args;
LEEWAY_API leeway_status leeway_head_logits(leeway_stream *stream, const leeway_head_logits_args *args);

/* value[m] = x[m] . weight + (bias or 0): reward and value heads. */
typedef struct {
    int64_t rows;        /* M */
    int64_t hidden;      /* C */
    const void *x;       /* (M,C) */
    const void *weight;  /* (C) of dtype */
    const void *bias;    /* (1) of dtype, or NULL */
    float *value;        /* (M) */
    leeway_dtype dtype;
} leeway_scalar_head_forward_args;
LEEWAY_API leeway_status leeway_scalar_head_forward(leeway_stream *stream, const leeway_scalar_head_forward_args *args);

/* dx[m] = w_value[m] * weight     dweight += sum of w_value[m] x[m]     dbias += sum of w_value[m], rows in ascending order. */
typedef struct {
    int64_t rows;
    int64_t hidden;
    const void *x;         /* (M,C) */
    const void *weight;    /* (C) */
    const float *w_value;  /* (M) */
    void *dx;              /* (M,C) */
    float *dweight;        /* (C) += or NULL */
    float *dbias;          /* (1) += or NULL */
    leeway_dtype dtype;
} leeway_scalar_head_backward_args;
LEEWAY_API leeway_status leeway_scalar_head_backward(leeway_stream *stream, const leeway_scalar_head_backward_args *args);

#ifdef __cplusplus
}
#endif
#endif
