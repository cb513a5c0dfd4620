/* head_tiles.cu: see head_tiles.h; and head_logits, head_workspace. */
#include "head_tiles.h"

#include "head_products.h"

namespace leeway {

/* The products of a tile fill a device of 128 multiprocessors twice, and dweight is read and written half as often as with one block. */
const int64_t head_chunk = 2 * product_block;

namespace {

constexpr int check_threads = 256;

struct HeadRules {
    uint32_t target_outside, target_not_allowed, starts, pointers, soft_outside, soft_not_allowed;
};

/* One warp. */
__global__ void check_allowed(int64_t vocabulary, const uint32_t *allowed, uint32_t broken, Faults *faults) {
    if (count_allowed(vocabulary, allowed) == 0) report(faults, broken, 0);
}

/* A thread a row. What the ids lie in is known to be sound only behind this kernel. */
__global__ void check_targets(int64_t rows, HeadTargets t, HeadRules rules, Faults *faults) {
    const int64_t m = grid_index();
    if (m >= rows) return;
    if (t.targets != nullptr) {
        const int64_t target = t.targets[m];
        if (target < 0 || target >= t.vocabulary) report(faults, rules.target_outside, m);
        else if (!is_allowed(t.allowed, target)) report(faults, rules.target_not_allowed, m);
    }
    const leeway_soft_target &soft = t.soft;
    if (soft.soft_starts == nullptr) return;
    const int32_t begin = soft.soft_starts[m], end = soft.soft_starts[m + 1];
    if (begin < 0 || end < begin) report(faults, rules.starts, m);
    if (end != begin && (soft.soft_ids == nullptr || soft.soft_values == nullptr)) report(faults, rules.pointers, m);
}

/* A warp a row. */
__global__ void check_soft_ids(int64_t rows, HeadTargets t, HeadRules rules, Faults *faults) {
    if (refused(faults)) return;
    const int64_t m = grid_index() / warp;
    if (m >= rows) return;
    for (int64_t e = t.soft.soft_starts[m] + int64_t(threadIdx.x % warp); e < t.soft.soft_starts[m + 1]; e += warp) {
        const int64_t id = t.soft.soft_ids[e];
        if (id < 0 || id >= t.vocabulary) report(faults, rules.soft_outside, m);
        else if (!is_allowed(t.allowed, id)) report(faults, rules.soft_not_allowed, m);
    }
}

/* In place. */
template <int n>
__global__ void __launch_bounds__(256) cap(int64_t count, float *logits, float softcap) {
    for (int64_t i = grid_index() * n; i < count; i += grid_stride() * n) {
        auto a = load<n>(logits + i);
        for (int k = 0; k < n; k++) a.x[k] = capped(a.x[k], softcap);
        store<n>(logits + i, a);
    }
}

leeway_status cap_logits(leeway_stream *stream, int64_t count, float *logits, float softcap) {
    if (!(softcap > 0)) return LEEWAY_OK;
    constexpr int threads = 256;
    if (count % 4 == 0)
        return LEEWAY_LAUNCH(stream, cap<4>, grid_for(stream, count / 4, threads), threads, 0, count, logits, softcap);
    return LEEWAY_LAUNCH(stream, cap<1>, grid_for(stream, count, threads), threads, 0, count, logits, softcap);
}

leeway_status ask_rules(leeway_stream *stream, const HeadSentences &says, int64_t vocabulary, HeadRules *rules) {
    LEEWAY_TRY(rule(stream, {LEEWAY_BAD_DATA, says.target_outside, vocabulary}, &rules->target_outside));
    LEEWAY_TRY(rule(stream, {LEEWAY_BAD_DATA, says.target_not_allowed, 0}, &rules->target_not_allowed));
    LEEWAY_TRY(rule(stream, {LEEWAY_BAD_DATA, says.starts, 0}, &rules->starts));
    LEEWAY_TRY(rule(stream, {LEEWAY_BAD_ARGUMENT, says.pointers, 0}, &rules->pointers));
    LEEWAY_TRY(rule(stream, {LEEWAY_BAD_DATA, says.soft_outside, vocabulary}, &rules->soft_outside));
    return rule(stream, {LEEWAY_BAD_DATA, says.soft_not_allowed, 0}, &rules->soft_not_allowed);
}

}  // namespace

leeway_status check_head_rows(leeway_stream *stream, const HeadSentences &sentences, int64_t rows, const HeadTargets &targets) {
    if (targets.allowed != nullptr) {
        uint32_t broken;
        LEEWAY_TRY(rule(stream, {LEEWAY_BAD_DATA, sentences.allowed, 0}, &broken));
        LEEWAY_TRY(LEEWAY_LAUNCH(stream, check_allowed, 1, warp, 0, targets.vocabulary, targets.allowed, broken, stream->faults));
    }
    if (targets.targets == nullptr && targets.soft.soft_starts == nullptr) return LEEWAY_OK;
    HeadRules rules;
    LEEWAY_TRY(ask_rules(stream, sentences, targets.vocabulary, &rules));
    const auto grid = unsigned(blocks_of(rows, int64_t(check_threads))), warps = unsigned(blocks_of(rows * warp, int64_t(check_threads)));
    LEEWAY_TRY(LEEWAY_LAUNCH(stream, check_targets, grid, check_threads, 0, rows, targets, rules, stream->faults));
    if (targets.soft.soft_starts == nullptr) return LEEWAY_OK;
    return LEEWAY_LAUNCH(stream, check_soft_ids, warps, check_threads, 0, rows, targets, rules, stream->faults);
}

leeway_status head_drop(leeway_stream *stream, const leeway_lora &lora, int64_t rows, int64_t hidden, const void *x, leeway_dtype dtype,
                        float *dropped, Operand *inputs) {
    *inputs = drops(lora) ? by_row(dropped, hidden) : by_row(x, dtype, hidden);
    return drops(lora) ? lora_drop(stream, lora, rows, hidden, x, dtype, dropped) : LEEWAY_OK;
}

leeway_status head_low_rank(leeway_stream *stream, const leeway_distribution &head, int64_t rows, int64_t hidden, const Operand &x,
                            float *xa) {
    const int64_t rank = head.lora.rank;
    if (rank == 0) return LEEWAY_OK;
    return product(stream, dense_product(xa, rows, rank, false, {x, by_row(head.lora.a, hidden), hidden}));
}

}  // namespace leeway

using namespace leeway;

leeway_status leeway_head_workspace(leeway_stream *, const leeway_head_workspace_args *args) {
    LEEWAY_TRY(check(*args));
    *args->bytes = head_workspace_bytes(*args);
    return LEEWAY_OK;
}

leeway_status leeway_head_logits(leeway_stream *stream, const leeway_head_logits_args *args) {
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "head_logits", {args->rows, args->hidden, args->vocabulary}));
    if (args->rows == 0) return LEEWAY_OK;
    const leeway_distribution head = without_dropout(args->distribution);
    const HeadTile all = {0, args->rows, 0, args->vocabulary};
    const Operand x = by_row(args->x, args->dtype, args->hidden);
    LEEWAY_TRY(head_low_rank(stream, head, args->rows, args->hidden, x, args->xa));
    LEEWAY_TRY(product(stream, head_logits_product(head, all, args->hidden, args->vocabulary, x, args->xa, args->logits,
                                                   args->vocabulary)));
    return cap_logits(stream, args->rows * args->vocabulary, args->logits, head.softcap);
}
