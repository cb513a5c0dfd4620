/* optimizer.h: AdamW. Included by leeway.h. */
#ifndef LEEWAY_OPTIMIZER_H
#define LEEWAY_OPTIMIZER_H

#include "runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

/* AdamW with decoupled decay (Loshchilov and Hutter 2019, algorithm 2), step t = 1, 2, ..., g = gradient_scale * gradient:
 *     w *= 1 - lr * weight_decay      m += (1-beta1) (g - m)      v = beta2 v + (1-beta2) g^2
 *     w -= lr / (1-beta1^t) * m / (sqrt(v) / sqrt(1-beta2^t) + eps)
 * gradient_scale carries the clipping factor min(1, max_grad_norm / (norm + 1e-6)). Scalars are combined in double, elements in fp32.
 * Moments: F32; BF16; or U8 with one fp32 scale a block of 256 (Dettmers et al. 2022, dynamic tree codes), m_scale and v_scale then
 * given. A BF16 parameter is rounded from master where that is given, else with stochastic = 1 from the updated fp32 value by
 * philox(seed, i), else to nearest even. */
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

#ifdef __cplusplus
}
#endif
#endif
