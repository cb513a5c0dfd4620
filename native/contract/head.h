/* head.h: the arguments and the workspace of the tiled head's ops (leeway/head.h).
 *
 * Rows go in chunks of head_chunk, the vocabulary in tiles of 4096 tokens. The workspace holds the logits of one chunk and tile, x A^T and
 * dy B of one chunk, what is kept of each of its rows, with dropout drop(x), and the sums of dx where that is rounded to bf16.
 */
#pragma once

#include <algorithm>
#include <cmath>

#include "linear.h"
#include "logits.h"
#include "operand.h"

namespace leeway {

/* Each back end's own: whole blocks of the product's k, so that dweight's sums over rows are those of linear_backward_weight, and nothing
 * but the rounding of a bf16 dweight depends on it. */
extern const int64_t head_chunk;

/* What a back end keeps of a row while its tiles go by. */
inline constexpr int64_t head_row_bytes = 48;

struct HeadShape {
    int64_t rows;
    int64_t hidden;
    int64_t vocabulary;
    int64_t rank;
    bool drops;
    leeway_dtype dtype;

    /* Logits from one row of a tile to the next, at most: a multiple of 32 bytes. */
    int64_t pitch() const { return (std::min(vocabulary, softmax_tile) + 7) / 8 * 8; }
};

/* The shape of a call of head_forward or head_backward. */
template <class Args>
HeadShape head_shape(const Args &args) {
    const auto &lora = args.distribution.lora;
    return {args.rows, args.hidden, args.vocabulary, lora.rank, drops(lora), args.dtype};
}

struct HeadWorkspace {
    float *logits;  /* (chunk, pitch) */
    float *xa;      /* (chunk, R) */
    float *dyb;     /* (chunk, R) */
    float *dropped; /* (chunk, C) where the low-rank term drops */
    float *dx;      /* (chunk, C) where dx is bf16 */
    void *rows;     /* (chunk, head_row_bytes) */
    int64_t bytes;
};

/* Lays the workspace out at address (NULL to learn the bytes). */
inline HeadWorkspace head_layout(void *address, const HeadShape &shape) {
    const int64_t chunk = std::min(shape.rows, head_chunk);
    auto *base = static_cast<char *>(address);
    int64_t bytes = 0;
    auto take = [&](int64_t size) {
        char *at = base + bytes;
        bytes += (size + 63) / 64 * 64;
        return at;
    };
    auto floats = [&](int64_t width) { return reinterpret_cast<float *>(take(chunk * width * int64_t(sizeof(float)))); };
    HeadWorkspace work;
    work.logits = floats(shape.pitch());
    work.xa = floats(shape.rank);
    work.dyb = floats(shape.rank);
    work.dropped = floats(shape.drops ? shape.hidden : 0);
    work.dx = floats(shape.dtype == LEEWAY_BF16 ? shape.hidden : 0);
    work.rows = take(chunk * head_row_bytes);
    work.bytes = bytes;
    return work;
}

/* A slice of rows x tokens. */
struct HeadTile {
    int64_t row;
    int64_t rows;
    int64_t token;
    int64_t tokens;
};

/* The low-rank term of the rows from first on. */
inline leeway_lora lora_from(leeway_lora lora, int64_t first) {
    if (lora.row_ids != nullptr) lora.row_ids += first;
    return lora;
}

inline leeway_status check_head(const char *op, int64_t rows, int64_t hidden, int64_t vocabulary, const leeway_distribution &distribution) {
    LEEWAY_TRY(check_sizes(op, rows, hidden, vocabulary));
    LEEWAY_TRY(check_weight(op, distribution.weight, hidden, vocabulary));
    LEEWAY_TRY(check_lora(op, distribution.lora));
    if (!(distribution.softcap >= 0 && distribution.softcap < INFINITY))
        return fail(LEEWAY_BAD_ARGUMENT, "%s: softcap must be finite and not negative, got %g", op, double(distribution.softcap));
    return LEEWAY_OK;
}

/* What the calls of both passes need: first their sizes and numbers; then, where there are rows, a workspace. */
template <class Args>
leeway_status check_head_sizes(const char *op, const Args &args) {
    const leeway_distribution &head = args.distribution;
    LEEWAY_TRY(check_head(op, args.rows, args.hidden, args.vocabulary, head));
    if (args.soft.reserved != 0) return fail(LEEWAY_BAD_ARGUMENT, "%s: soft.reserved must be 0, got %d", op, int(args.soft.reserved));
    LEEWAY_CHECK_FLOAT(op, "dtype", args.dtype);
    if (!(head.temperature > 0 && head.temperature < INFINITY))
        return fail(LEEWAY_BAD_ARGUMENT, "%s: temperature must be positive and finite, got %g", op, double(head.temperature));
    return LEEWAY_OK;
}

template <class Args>
leeway_status check_head_workspace(const char *op, const Args &args) {
    const int64_t bytes = head_layout(nullptr, head_shape(args)).bytes;
    if (args.workspace == nullptr || args.workspace_bytes < bytes)
        return fail(LEEWAY_BAD_ARGUMENT, "%s: workspace must hold %lld bytes, got %lld", op, (long long)bytes,
                    (long long)args.workspace_bytes);
    return LEEWAY_OK;
}

inline leeway_status check(const leeway_head_forward_args &args) {
    LEEWAY_TRY(check_head_sizes("head_forward", args));
    if (args.rows == 0) return LEEWAY_OK;
    LEEWAY_CHECK("head_forward", args.x != nullptr, "x must not be NULL");
    LEEWAY_CHECK("head_forward", !args.log_prob || args.targets, "log_prob needs targets");
    return check_head_workspace("head_forward", args);
}

inline leeway_status check(const leeway_head_backward_args &args) {
    LEEWAY_TRY(check_head_sizes("head_backward", args));
    LEEWAY_CHECK_FLOAT("head_backward", "gradient_dtype", args.gradient_dtype);
    if (args.rows == 0) return LEEWAY_OK;
    LEEWAY_CHECK("head_backward", args.x && args.dx && args.log_sum_exp, "x, dx and log_sum_exp must not be NULL");
    LEEWAY_CHECK("head_backward", !args.w_log_prob || args.targets, "w_log_prob needs targets");
    LEEWAY_CHECK("head_backward", !args.w_entropy || args.entropy, "w_entropy needs the entropy of the forward pass");
    return check_head_workspace("head_backward", args);
}

inline leeway_status check(const leeway_head_workspace_args &args) {
    LEEWAY_TRY(check_sizes("head_workspace", args.rows, args.hidden, args.vocabulary));
    LEEWAY_CHECK_FLOAT("head_workspace", "dtype", args.dtype);
    LEEWAY_CHECK("head_workspace", args.rank >= 0 && args.rank <= 512, "rank must be 0 to 512, got %lld", (long long)args.rank);
    LEEWAY_CHECK("head_workspace", args.dropout >= 0 && args.dropout < 1, "dropout must be in [0, 1), got %g", double(args.dropout));
    LEEWAY_CHECK("head_workspace", args.bytes != nullptr, "bytes must not be NULL");
    return LEEWAY_OK;
}

inline int64_t head_workspace_bytes(const leeway_head_workspace_args &args) {
    const bool drops = args.rank > 0 && args.dropout > 0;
    return head_layout(nullptr, {args.rows, args.hidden, args.vocabulary, args.rank, drops, args.dtype}).bytes;
}

/* head_logits ignores dropout. */
inline leeway_distribution without_dropout(leeway_distribution head) {
    head.lora.dropout = 0;
    return head;
}

inline leeway_status check(const leeway_head_logits_args &args) {
    const int64_t rank = args.distribution.lora.rank;
    LEEWAY_TRY(check_head("head_logits", args.rows, args.hidden, args.vocabulary, without_dropout(args.distribution)));
    LEEWAY_CHECK_FLOAT("head_logits", "dtype", args.dtype);
    if (args.rows == 0) return LEEWAY_OK;
    LEEWAY_CHECK("head_logits", args.x && args.logits, "x and logits must not be NULL");
    LEEWAY_CHECK("head_logits", rank == 0 || args.xa, "xa must not be NULL with rank %lld", (long long)rank);
    return LEEWAY_OK;
}

}  // namespace leeway
