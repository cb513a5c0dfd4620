/* layers.h: embedding, RMSNorm, gated activations, rotary positions. Included by leeway.h. */
#ifndef LEEWAY_LAYERS_H
#define LEEWAY_LAYERS_H

#include "runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

/* y[n] = scale * table[tokens[n]] + noise_bound[n] * u(n, c), u uniform in [-1, 1) from philox(noise_seed, row_ids[n], c).
 * scale is sqrt(C) for Gemma, else 1. The noise is NEFTune (Jain et al. 2024, eq. 1: bound = alpha / sqrt(L C), L = tokens of the
 * sequence). A token outside 0..V-1 is LEEWAY_BAD_DATA. */
typedef struct {
    int64_t rows;                /* N */
    int64_t width;               /* C */
    int64_t vocabulary;          /* V */
    const int32_t *tokens;       /* (N) */
    const void *table;           /* (V,C) */
    void *y;                     /* (N,C) */
    const float *noise_bound;    /* (N) or NULL = no noise */
    const uint64_t *row_ids;     /* (N) or NULL without noise */
    uint64_t noise_seed;
    float scale;
    leeway_dtype dtype;
} leeway_embedding_forward_args;
LEEWAY_API leeway_status leeway_embedding_forward(leeway_stream *stream, const leeway_embedding_forward_args *args);

/* dtable[v] += scale * sum of dy[n] over the rows with tokens[n] = v, rows in ascending order. */
typedef struct {
    int64_t rows;          /* N */
    int64_t width;         /* C */
    int64_t vocabulary;    /* V */
    const int32_t *tokens; /* (N) */
    const void *dy;        /* (N,C) */
    void *dtable;          /* (V,C) += of gradient_dtype */
    float scale;
    leeway_dtype dtype;          /* of dy */
    leeway_dtype gradient_dtype; /* F32, BF16 */
} leeway_embedding_backward_args;
LEEWAY_API leeway_status leeway_embedding_backward(leeway_stream *stream, const leeway_embedding_backward_args *args);

/* RMSNorm with fused residual (Zhang and Sennrich 2019, eq. 4), over groups of rows so that it serves the query/key norm too:
 *     s = x + residual (x alone if residual is NULL; sum stores s)      rstd = 1 / sqrt(mean(s^2) + eps)
 *     y = s * rstd * (weight_offset + weight)                           weight_offset: 0 (Llama), 1 (Gemma)
 * In BF16 with a residual, s is what sum stores: rounded first, then normalised, as the backward pass reads it.
 * Row r of the rows*groups rows starts at (r / groups) * stride + (r % groups) * width in x, residual, sum and y: a block norm has
 * groups = 1, stride = C; a query norm has rows = N, groups = H, width = D, stride = H*D. y may be x where residual is NULL. */
typedef struct {
    int64_t rows;
    int64_t groups;
    int64_t width;
    int64_t stride;
    const void *x;
    const void *residual; /* like x, or NULL */
    const void *weight;   /* (width) */
    void *sum;            /* like x; NULL where residual is NULL; may be residual itself */
    void *y;              /* like x */
    float *rstd;          /* (rows, groups) */
    float eps;
    float weight_offset;
    leeway_dtype dtype;
} leeway_rmsnorm_forward_args;
LEEWAY_API leeway_status leeway_rmsnorm_forward(leeway_stream *stream, const leeway_rmsnorm_forward_args *args);

/* With g = weight_offset + weight and h = s * rstd:
 *     ds = rstd * (g dy - h * mean(g dy h)) + dsum       dsum: what arrives at the residual stream after the norm, or NULL
 *     dweight += sum over rows of dy * h                 over fixed blocks of 64 rows, blocks in order
 * ds is the gradient of x and of residual alike; it may be dsum or dy. */
typedef struct {
    int64_t rows;
    int64_t groups;
    int64_t width;
    int64_t stride;
    const void *s;      /* the normalised input: sum, or x */
    const void *weight; /* (width) */
    const float *rstd;  /* (rows, groups) */
    const void *dy;
    const void *dsum;   /* or NULL */
    void *ds;
    float *dweight;     /* (width) += or NULL */
    void *workspace;    /* where dweight is given, else NULL */
    int64_t workspace_bytes; /* at least leeway_rmsnorm_workspace's where dweight is given */
    float weight_offset;
    leeway_dtype dtype;
} leeway_rmsnorm_backward_args;
LEEWAY_API leeway_status leeway_rmsnorm_backward(leeway_stream *stream, const leeway_rmsnorm_backward_args *args);

/* Bytes of workspace for rmsnorm_backward on at most rows rows. */
typedef struct {
    int64_t rows;
    int64_t groups;
    int64_t width;
    int64_t *bytes; /* out; host memory */
    leeway_dtype dtype;
} leeway_rmsnorm_workspace_args;
LEEWAY_API leeway_status leeway_rmsnorm_workspace(leeway_stream *stream, const leeway_rmsnorm_workspace_args *args);

typedef int32_t leeway_activation;
enum {
    LEEWAY_SILU = 0,      /* g * sigmoid(g): SwiGLU, Shazeer 2020, eq. 6 */
    LEEWAY_GELU_TANH = 1, /* 0.5 g (1 + tanh(sqrt(2/pi) (g + 0.044715 g^3))): GeGLU as Gemma has it */
    LEEWAY_GELU_ERF = 2   /* 0.5 g (1 + erf(g / sqrt 2)) */
};

/* y = activation(gate) * up, count elements. */
typedef struct {
    int64_t count;
    const void *gate;
    const void *up;
    void *y;
    leeway_activation activation;
    leeway_dtype dtype;
} leeway_glu_forward_args;
LEEWAY_API leeway_status leeway_glu_forward(leeway_stream *stream, const leeway_glu_forward_args *args);

/* dgate = dy * up * activation'(gate), dup = dy * activation(gate). dgate may be gate, dup may be up. */
typedef struct {
    int64_t count;
    const void *gate;
    const void *up;
    const void *dy;
    void *dgate;
    void *dup;
    leeway_activation activation;
    leeway_dtype dtype;
} leeway_glu_backward_args;
LEEWAY_API leeway_status leeway_glu_backward(leeway_stream *stream, const leeway_glu_backward_args *args);

/* Rotary positions (Su et al. 2021, eq. 34) in the half-split layout of Hugging Face, in place. With p = positions[n], E = rotary_dim/2:
 *     x'[j] = x[j] cos[p][j] - x[j+E] sin[p][j]        x'[j+E] = x[j+E] cos[p][j] + x[j] sin[p][j]        0 <= j < E
 * Elements from rotary_dim on stay (partial rotary). The tables hold what distinguishes the kinds (default, linear, llama3, yarn, two
 * bases): the caller computes them in double. inverse = 1 rotates back: that is the gradient. Row n starts at n * stride. */
typedef struct {
    int64_t rows;             /* N */
    int64_t heads;
    int64_t head_dim;         /* D */
    int64_t rotary_dim;       /* even, <= D */
    int64_t stride;           /* >= heads * D */
    int64_t table_rows;       /* positions must be below */
    const int32_t *positions; /* (N) */
    const float *cosine;      /* (table_rows, E) */
    const float *sine;        /* (table_rows, E) */
    void *x;                  /* (N, heads, D) in and out */
    int32_t inverse;          /* 0 or 1 */
    leeway_dtype dtype;
} leeway_rope_args;
LEEWAY_API leeway_status leeway_rope(leeway_stream *stream, const leeway_rope_args *args);

#ifdef __cplusplus
}
#endif
#endif
