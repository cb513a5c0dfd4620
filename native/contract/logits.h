/* logits.h: what a logit counts as on every back end (leeway_distribution of leeway/head.h). */
#pragma once

#include <cstdint>

namespace leeway {

/* Tiles of the vocabulary begin at multiples of this many tokens; every tile but the last is full. */
inline constexpr int64_t softmax_tile = 4096;

/* z of head.h, from the soft-capped logit c. A division, so that no compiler can fuse it with what follows. */
constexpr float scaled_logit(float c, float temperature) { return c / temperature; }

/* What the distance to the maximum counts as for a token that may not occur: far below, and finite so that e^d d = 0. */
inline constexpr float far_below = -1000.0f;

constexpr bool is_allowed(const uint32_t *allowed, int64_t token) {
    return allowed == nullptr || ((allowed[token / 32] >> (token % 32)) & 1u) != 0;
}

}  // namespace leeway
