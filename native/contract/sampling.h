/* sampling.h: the arguments and the workspace of sample (leeway/sampling.h). */
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

#include "check.h"

namespace leeway {

inline constexpr int64_t sample_bytes_a_token = 16;

/* Rows that are worked on at a time, each in its own part of the workspace, where so many can run together. */
inline int64_t sample_slots(int64_t rows, int64_t together) { return std::min(rows, together); }

inline leeway_status check(const leeway_sample_args &args, int64_t together) {
    LEEWAY_CHECK("sample", args.rows >= 0 && args.vocabulary >= 1 && args.vocabulary <= INT32_MAX && args.top_k >= 0,
                 "rows >= 0, vocabulary 1..2^31-1 and top_k >= 0 expected, got %lld, %lld, %lld", (long long)args.rows,
                 (long long)args.vocabulary, (long long)args.top_k);
    LEEWAY_CHECK("sample", args.temperature >= 0.0f && std::isfinite(args.temperature), "temperature must be >= 0, got %g",
                 double(args.temperature));
    LEEWAY_CHECK("sample", args.top_p > 0.0f && args.top_p <= 1.0f, "top_p must be in (0,1], got %g", double(args.top_p));
    LEEWAY_CHECK("sample", args.min_p >= 0.0f && args.min_p <= 1.0f, "min_p must be in [0,1], got %g", double(args.min_p));
    LEEWAY_CHECK("sample", args.repetition_penalty > 0.0f && std::isfinite(args.repetition_penalty),
                 "repetition_penalty must be positive, got %g", double(args.repetition_penalty));
    if (args.rows == 0) return LEEWAY_OK;
    LEEWAY_CHECK("sample", args.logits && args.seeds && args.counters && args.tokens && args.log_prob,
                 "logits, seeds, counters, tokens and log_prob must not be NULL");
    LEEWAY_CHECK("sample", args.repetition_penalty == 1.0f || args.history_starts,
                 "history_starts must be given where repetition_penalty is not 1");
    const int64_t needed = sample_bytes_a_token * args.vocabulary * sample_slots(args.rows, together);
    LEEWAY_CHECK("sample", args.workspace && args.workspace_bytes >= needed, "workspace needs %lld bytes, got %lld", (long long)needed,
                 (long long)args.workspace_bytes);
    return LEEWAY_OK;
}

/* Checks the arguments and answers them. */
inline leeway_status sample_workspace(const leeway_sample_workspace_args &args, int64_t together) {
    LEEWAY_CHECK("sample_workspace", args.rows >= 0 && args.vocabulary >= 1 && args.vocabulary <= INT32_MAX,
                 "rows >= 0 and vocabulary 1..2^31-1 expected, got %lld, %lld", (long long)args.rows, (long long)args.vocabulary);
    LEEWAY_CHECK("sample_workspace", args.bytes != nullptr, "bytes must not be NULL");
    const int64_t slots = sample_slots(args.rows, together);
    LEEWAY_CHECK("sample_workspace", slots == 0 || args.vocabulary <= std::numeric_limits<int64_t>::max() / sample_bytes_a_token / slots,
                 "rows * vocabulary is too large");
    *args.bytes = sample_bytes_a_token * args.vocabulary * slots;
    return LEEWAY_OK;
}

}  // namespace leeway
