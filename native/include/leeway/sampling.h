/* sampling.h: drawing the next token. Included by leeway.h.
 *
 * The random numbers of Leeway are counter based: philox(seed, high, low) = Philox4x32-10 (Salmon et al. 2011) with key = seed (low word
 * first) and counter words {low & 0xffffffff, low >> 32, high & 0xffffffff, high >> 32}. A uniform number in [0,1) takes the top
 * 24 bits of output word 0 times 2^-24; in double, the top 53 bits of words 1:0. philox(seed, i) means high = 0, low = i.
 */
#ifndef LEEWAY_SAMPLING_H
#define LEEWAY_SAMPLING_H

#include "runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Row m draws one token from logits[m], processors applied in this order (Hugging Face's):
 *   1. repetition_penalty r != 1: for each distinct token of the row's history, z = z > 0 ? z / r : z * r  (Keskar et al. 2019)
 *   2. temperature: z / temperature. temperature = 0: greedy, the lowest token with the largest penalised logit; 3 to 5 are skipped
 *   3. top_k > 0: drop z below the top_k-th largest (ties with it stay)
 *   4. top_p < 1: in ascending order of probability drop what sums to <= 1 - top_p; the most probable stays   (Holtzman et al. 2020)
 *   5. min_p > 0: drop p < min_p * max p                                                                      (Nguyen et al. 2024)
 * token = the lowest v whose cumulative probability over v in order exceeds u = philox(seeds[m], 0, counters[m]) as double in [0,1).
 * log_prob = log softmax(logits / temperature)[token] (temperature 0 counts as 1), unpenalised and untruncated, and entropy, that
 * distribution's in nats, are in the same bits as head_forward's: what training compares with. */
typedef struct {
    int64_t rows;                  /* M */
    int64_t vocabulary;            /* V */
    int64_t top_k;                 /* 0 = off */
    const float *logits;           /* (M,V) */
    const uint32_t *allowed;       /* (ceil(V/32)) or NULL; others are dropped first */
    const int32_t *history_starts; /* (M+1) or NULL where repetition_penalty = 1 */
    const int32_t *history;        /* tokens of the rows, end to end */
    const uint64_t *seeds;         /* (M) one a sequence */
    const uint64_t *counters;      /* (M) position of the drawn token in its sequence */
    int32_t *tokens;               /* (M) out */
    float *log_prob;               /* (M) out */
    float *entropy;                /* (M) out or NULL */
    float *probabilities;          /* (M,V) out: the processed distribution, or NULL */
    void *workspace;               /* (V * 16) bytes a row of min(M, threads) */
    int64_t workspace_bytes;       /* at least leeway_sample_workspace's */
    float temperature;             /* >= 0 */
    float top_p;                   /* (0,1] */
    float min_p;                   /* [0,1] */
    float repetition_penalty;      /* > 0 */
} leeway_sample_args;
LEEWAY_API leeway_status leeway_sample(leeway_stream *stream, const leeway_sample_args *args);

typedef struct {
    int64_t rows;
    int64_t vocabulary;
    int64_t *bytes; /* out; host memory */
} leeway_sample_workspace_args;
LEEWAY_API leeway_status leeway_sample_workspace(leeway_stream *stream, const leeway_sample_workspace_args *args);

#ifdef __cplusplus
}
#endif
#endif
