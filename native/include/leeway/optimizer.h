/* optimizer.h: AdamW, of one tensor and of all of them at once. Included by leeway.h. */
#ifndef LEEWAY_OPTIMIZER_H
#define LEEWAY_OPTIMIZER_H

#include "elementwise.h"

#ifdef __cplusplus
extern "C" {
#endif

/* AdamW with decoupled decay (Loshchilov and Hutter 2019, algorithm 2), step t = 1, 2, ..., g = gradient_scale * gradient:
 *     w *= 1 - lr * weight_decay      m += (1-beta1) (g - m)      v = beta2 v + (1-beta2) g^2
 *     w -= lr / (1-beta1^t) * m / (sqrt(v) / sqrt(1-beta2^t) + eps)
 * gradient_scale carries the clipping factor min(1, max_grad_norm / (norm + 1e-6)). Scalars are combined in double, elements in fp32.
 * Moments: F32; BF16; or U8 with one fp32 scale a block of 256 (Dettmers et al. 2022, dynamic tree codes), m_scale and v_scale then
 * given: x = level[code] * scale, scale = the largest |x| of the block, code = the nearest level of x / scale, the lower one of two as
 * near. Levels, ascending, code = index: 0; for each decade i = 0..6 the middles of equal parts of [0.1, 1) times 10^(i-6), 2^i parts for
 * m and 2^(i+1) for v; 1. Those of m have all but 0 and 1 negated too. Fresh moments: scale 0 and any codes. Moments are rounded after
 * the parameter was updated from their fp32 values.
 * A BF16 parameter is rounded from master where that is given (then stochastic = 0), else with stochastic = 1 from the updated fp32 value
 * by the upper 16 bits of word 0 of philox(seed, i), added below the kept bits, else to nearest even. */
typedef struct {
    int64_t count;
    int64_t step;          /* t >= 1 */
    void *parameter;       /* (count) of dtype, in and out */
    float *master;         /* (count) in and out, or NULL */
    const void *gradient;  /* (count) of gradient_dtype */
    void *m;               /* (count) of moment_dtype, in and out */
    void *v;               /* (count) of moment_dtype, in and out */
    float *m_scale;        /* (ceil(count/256)) for U8, else NULL */
    float *v_scale;        /* (ceil(count/256)) for U8, else NULL */
    uint64_t seed;         /* for stochastic rounding */
    double learning_rate;
    double beta1;
    double beta2;
    double eps;
    double weight_decay;
    double gradient_scale;
    leeway_dtype dtype;
    leeway_dtype gradient_dtype;
    leeway_dtype moment_dtype;
    int32_t stochastic;    /* 0 or 1 */
} leeway_adamw_args;
LEEWAY_API leeway_status leeway_adamw(leeway_stream *stream, const leeway_adamw_args *args);

/* What AdamW multiplies gradients with, from what sum_squares_tensors measured of them: norm = sqrt(sum[0] + sum[1] + ...), in order, and
 * scale[0] = min(1, max_norm / (norm + 1e-6)), or 1 for max_norm = 0. It is NaN, and then nothing may move, where any nonfinite[t] is above
 * 0, or where norm * scale is not at most largest. */
typedef struct {
    int64_t tensors;
    const double *sum;        /* (tensors) */
    const int64_t *nonfinite; /* (tensors) */
    double *scale;            /* (1) */
    double max_norm;          /* 0 or infinity: gradients are not clipped */
    double largest;           /* may be infinity */
} leeway_clip_scale_args;
LEEWAY_API leeway_status leeway_clip_scale(leeway_stream *stream, const leeway_clip_scale_args *args);

/* One tensor of adamw_tensors; its fields mean what they mean for adamw. */
typedef struct {
    int64_t count;
    int64_t tile;          /* its first; see elementwise.h */
    void *parameter;       /* (count) of dtype, in and out; NULL where count is 0 */
    float *master;         /* (count) in and out, or NULL */
    const void *gradient;  /* (count) of gradient_dtype; NULL where count is 0 */
    void *m;               /* (count) of moment_dtype, in and out; NULL where count is 0 */
    void *v;               /* (count) of moment_dtype, in and out; NULL where count is 0 */
    float *m_scale;        /* (ceil(count/256)) for U8, else NULL */
    float *v_scale;        /* (ceil(count/256)) for U8, else NULL */
    leeway_dtype dtype;
    leeway_dtype gradient_dtype;
    leeway_dtype moment_dtype;
    int32_t stochastic;    /* 0 or 1 */
    int32_t decayed;       /* 1: weight_decay holds for it; 0: it does not decay */
    int32_t reserved;      /* 0 */
} leeway_adamw_tensor;

/* leeway_adamw of every tensor of a table, with its bits: tensor t rounds stochastically by seed + t. gradient_scale is read where the work
 * runs, so that the host need not wait for the norm; where it is NaN nothing moves. */
typedef struct {
    int64_t tensors;
    int64_t tiles;
    int64_t step;                     /* t >= 1 */
    const leeway_adamw_tensor *table; /* (tensors) */
    const double *gradient_scale;     /* (1), as clip_scale writes it, or NULL = 1 */
    uint64_t seed;
    double learning_rate;
    double beta1;
    double beta2;
    double eps;
    double weight_decay;
} leeway_adamw_tensors_args;
LEEWAY_API leeway_status leeway_adamw_tensors(leeway_stream *stream, const leeway_adamw_tensors_args *args);

#ifdef __cplusplus
}
#endif
#endif
