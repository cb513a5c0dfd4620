/* linear.h: the three products of a linear layer with bias, LoRA and quantised weights. Included by leeway.h. */
#ifndef LEEWAY_LINEAR_H
#define LEEWAY_LINEAR_H

#include "runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A weight matrix W (O,I), one of
 *     F32, BF16   data holds the elements.
 *     NF4         data holds O*I codes in blocks of 64 along the row-major order, absmax (O*I/64) fp32: w = level[code] * absmax[block],
 *                 the sixteen levels of Dettmers et al. 2023, appendix E. O*I is a multiple of 64.
 * packed is the same matrix in the private layout of leeway_pack_weight, or NULL; it changes speed, never a bit.
 * Any of them goes with x of F32 or BF16; beside BF16 an NF4 weight counts as its dequantised BF16 copy. */
typedef struct {
    const void *data;
    const float *absmax; /* NF4, else NULL */
    const void *packed;  /* or NULL */
    leeway_dtype dtype;
    int32_t reserved;    /* 0 */
} leeway_weight;

/* A low-rank term (Hu et al. 2021, eq. 3): y += scaling * (drop(x) A^T) B^T. rank = 0: absent, all else ignored.
 * drop(x)[n,i] = x[n,i] / (1-p) where philox(dropout_seed, row_ids[n], i) as uniform in [0,1) is >= p, else 0 (p = dropout); p = 0: x.
 * dropout_seed carries the run's seed, optimiser step, layer and module; row_ids carry unit id and position: never the micro-batch. */
typedef struct {
    const float *a;          /* (R,I) */
    const float *b;          /* (O,R) */
    const uint64_t *row_ids; /* (N) or NULL where dropout = 0 */
    int64_t rank;            /* R, 0..512 */
    uint64_t dropout_seed;
    float scaling;
    float dropout;
} leeway_lora;

/* y = x W^T + bias + lora term; with accumulate = 1, y += it.
 * Each y[n,o] is one chain over i in ascending order inside blocks of 512, blocks in order; then bias; then the low-rank chain; then one
 * rounding where y is BF16. On a device with tensor cores a chain of BF16 operands whose rows begin at multiples of 16 bytes, here and in
 * the gradients, goes in steps of 16, the order inside of which is the chip's own: the same for any number of rows, but not the CPU's bits.
 * The low-rank term is computed and kept in fp32 in any case. */
typedef struct {
    int64_t rows;        /* N >= 0 */
    int64_t in;          /* I */
    int64_t out;         /* O */
    leeway_weight weight;
    leeway_lora lora;
    const void *bias;    /* (O) or NULL */
    const void *x;       /* (N,I) */
    void *y;             /* (N,O) */
    float *xa;           /* (N,R): drop(x) A^T, kept for the backward pass; NULL where rank = 0 */
    float *dropped;      /* (N,I) scratch where dropout > 0, else NULL */
    int32_t accumulate;  /* 0 or 1 */
    leeway_dtype dtype;  /* of x, y and bias */
} leeway_linear_forward_args;
LEEWAY_API leeway_status leeway_linear_forward(leeway_stream *stream, const leeway_linear_forward_args *args);

/* dx = dy W + scaling * mask/(1-p) * ((dy B) A); with accumulate = 1, dx += it. dyb keeps dy B for the weight gradients. */
typedef struct {
    int64_t rows;        /* N */
    int64_t in;          /* I */
    int64_t out;         /* O */
    leeway_weight weight;
    leeway_lora lora;
    const void *dy;      /* (N,O) */
    void *dx;            /* (N,I) */
    float *dyb;          /* (N,R) out; NULL where rank = 0 */
    float *dropped;      /* (N,I) scratch where dropout > 0, else NULL */
    int32_t accumulate;  /* 0 or 1 */
    leeway_dtype dtype;  /* of dy and dx */
} leeway_linear_backward_input_args;
LEEWAY_API leeway_status leeway_linear_backward_input(leeway_stream *stream, const leeway_linear_backward_input_args *args);

/* dweight += dy^T x        dbias += sum of dy over rows        da += scaling * (dy B)^T drop(x)        db += scaling * dy^T xa
 * Each is skipped where its pointer is NULL. Sums over rows run in ascending order inside blocks of 512 rows, blocks in order. */
typedef struct {
    int64_t rows;        /* N */
    int64_t in;          /* I */
    int64_t out;         /* O */
    leeway_lora lora;
    const void *x;       /* (N,I) */
    const void *dy;      /* (N,O) */
    const float *xa;     /* (N,R) of the forward pass; needed for db */
    const float *dyb;    /* (N,R) of backward_input; needed for da */
    void *dweight;       /* (O,I) += of gradient_dtype, or NULL */
    void *dbias;         /* (O) += of gradient_dtype, or NULL */
    float *da;           /* (R,I) += or NULL */
    float *db;           /* (O,R) += or NULL */
    float *dropped;      /* (N,I) scratch where dropout > 0 and da is given, else NULL */
    leeway_dtype dtype;          /* of x and dy */
    leeway_dtype gradient_dtype; /* F32, BF16 */
} leeway_linear_backward_weight_args;
LEEWAY_API leeway_status leeway_linear_backward_weight(leeway_stream *stream, const leeway_linear_backward_weight_args *args);

/* How many bytes pack_weight writes; 0 where the back end has no such layout. */
typedef struct {
    int64_t in;
    int64_t out;
    int64_t *bytes;      /* out; host memory */
    leeway_dtype dtype;
} leeway_packed_bytes_args;
LEEWAY_API leeway_status leeway_packed_bytes(leeway_stream *stream, const leeway_packed_bytes_args *args);

/* Rewrites W for the forward product with x of the same type. Worth its cost where a weight is used often unchanged (decoding). Refused
 * with UNSUPPORTED where leeway_packed_bytes says 0. */
typedef struct {
    int64_t in;
    int64_t out;
    leeway_weight weight; /* packed is ignored */
    void *packed;         /* (bytes of leeway_packed_bytes) */
} leeway_pack_weight_args;
LEEWAY_API leeway_status leeway_pack_weight(leeway_stream *stream, const leeway_pack_weight_args *args);

/* W += scaling * B A, rounded once to W's type (F32, BF16). */
typedef struct {
    int64_t in;
    int64_t out;
    leeway_lora lora;    /* dropout is ignored */
    void *weight;        /* (O,I) += */
    leeway_dtype dtype;
} leeway_lora_merge_args;
LEEWAY_API leeway_status leeway_lora_merge(leeway_stream *stream, const leeway_lora_merge_args *args);

/* Writes W as NF4: absmax per block of 64, then the nearest level (ties to the lower code). in * out is a multiple of 64. */
typedef struct {
    int64_t in;
    int64_t out;
    const void *weight;  /* (O,I) of dtype */
    uint8_t *codes;      /* (O*I/2) */
    float *absmax;       /* (O*I/64) */
    leeway_dtype dtype;  /* F32, BF16 */
} leeway_quantize_nf4_args;
LEEWAY_API leeway_status leeway_quantize_nf4(leeway_stream *stream, const leeway_quantize_nf4_args *args);

/* The way back: y = level[code] * absmax. */
typedef struct {
    int64_t in;
    int64_t out;
    leeway_weight weight; /* NF4 */
    void *y;              /* (O,I) of dtype */
    leeway_dtype dtype;   /* F32, BF16 */
} leeway_dequantize_args;
LEEWAY_API leeway_status leeway_dequantize(leeway_stream *stream, const leeway_dequantize_args *args);

#ifdef __cplusplus
}
#endif
#endif
