/* head_tiles.h: what the forward and the backward pass of the head share: the checks of targets, sums over them, the low-rank term. */
#pragma once

#include "head.h"
#include "linear_operand.h"
#include "row_softmax.h"

namespace leeway {

/* How logits become z (leeway_distribution). */
struct Scaling {
    float softcap;
    float temperature;
};

/* What all rows of a call share where a kernel reads their targets. NULL: not read. */
struct HeadTargets {
    int64_t vocabulary;
    const uint32_t *allowed; /* NULL: all are */
    const int32_t *targets;
    leeway_soft_target soft;
};

/* The sentences about a target that breaks the contract of an op. */
struct HeadSentences {
    const char *allowed, *target_outside, *target_not_allowed, *starts, *pointers, *soft_outside, *soft_not_allowed;
};

#define LEEWAY_HEAD_SENTENCES(op)                                                      \
    {op ": allowed has no token of the vocabulary",                                    \
     op ": the target of row %lld is outside the vocabulary of %lld tokens",           \
     op ": the target of row %lld is not allowed",                                     \
     op ": soft_starts must ascend from 0, and does not behind row %lld",              \
     op ": soft_ids and soft_values must not be NULL with the soft_starts of row %lld", \
     op ": a soft entry of row %lld is outside the vocabulary of %lld tokens",         \
     op ": a soft entry of row %lld is not allowed"}

/* Queues the checks of the rows: BAD_DATA where a target or the id of a soft entry is outside the vocabulary or not allowed, or no token is
 * allowed. */
leeway_status check_head_rows(leeway_stream *stream, const HeadSentences &sentences, int64_t rows, const HeadTargets &targets);

/* The number of tokens that may occur, given to all lanes; every lane of a warp calls it. */
__device__ inline int64_t count_allowed(int64_t vocabulary, const uint32_t *allowed) {
    if (allowed == nullptr) return vocabulary;
    int64_t count = 0;
    for (int64_t word = threadIdx.x % warp; word < blocks_of(vocabulary, int64_t(32)); word += warp) {
        const int64_t left = vocabulary - word * 32;
        count += __popc(left < 32 ? allowed[word] & ((1u << left) - 1) : allowed[word]);
    }
    return warp_sum(count);
}

/* Sum of q of a row, given to all lanes; every lane of a warp calls it. */
__device__ inline double soft_mass(const HeadTargets &targets, int64_t row) {
    const leeway_soft_target &soft = targets.soft;
    double mass = 0.0;
    if (soft.soft_starts != nullptr)
        for (int64_t e = soft.soft_starts[row] + int64_t(threadIdx.x % warp); e < soft.soft_starts[row + 1]; e += warp)
            mass += double(soft.soft_values[e]);
    mass = warp_sum(mass);
    if (soft.soft_uniform == 0.0f) return mass;
    return mass + double(soft.soft_uniform) * double(count_allowed(targets.vocabulary, targets.allowed));
}

/* What A reads, by_row: x (rows, hidden) itself, or drop(x) written to dropped. */
leeway_status head_drop(leeway_stream *stream, const leeway_lora &lora, int64_t rows, int64_t hidden, const void *x, leeway_dtype dtype,
                        float *dropped, Operand *inputs);

/* xa (rows, R) = x A^T, where rank > 0. */
leeway_status head_low_rank(leeway_stream *stream, const leeway_distribution &head, int64_t rows, int64_t hidden, const Operand &x,
                            float *xa);

}  // namespace leeway
