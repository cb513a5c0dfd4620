/* row_softmax.h: log-sum-exp and entropy of one row of logits, tile by tile.
 *
 * The one definition of z, lse and log_prob on this back end: head_forward, head_backward and sample all go through it, so that the
 * log-prob stored when a token was drawn is the same bits as the one that training computes.
 */
#pragma once

#include <cmath>

#include "logits.h"

namespace leeway {

/* logits[i] = softcap * tanh(logits[i] / softcap) in place; softcap = 0: nothing. */
void softcap_logits(float *logits, int64_t count, float softcap);

/* With d = z - max over the allowed tokens seen so far: sum = sum e^d and weighted = sum e^d d. Inside a tile d and e^d are fp32, summed
 * as sixteen interleaved partial sums in double and a fixed tree; tiles are combined in double in order. */
struct RowSoftmax {
    float max = -INFINITY;
    double sum = 0.0;
    double weighted = 0.0;

    /* Adds tokens first .. first+count-1, first a multiple of softmax_tile and count at most that; c (count) are their logits. */
    void add_tile(const float *c, int64_t count, float temperature, const uint32_t *allowed, int64_t first);

    double exact_lse() const { return double(max) + std::log(sum); }
    float lse() const { return float(exact_lse()); }
    /* lse - sum p z */
    float entropy() const { return float(std::log(sum) - weighted / sum); }
    /* z - lse, rounded once; z of scaled_logit. */
    float log_prob(float z) const { return float(double(z) - exact_lse()); }
};

}  // namespace leeway
