/* attention_shape.h: the sizes of attention.h, how keys are cut into blocks, and the arguments of its ops. */
#pragma once

#include "check.h"

namespace leeway {

/* Keys are taken in blocks of this many at absolute positions of the sequence. */
inline constexpr int64_t key_block = 64;
/* Where a back end cuts a row's keys into splits that are summed apart, it does so at multiples of this position. */
inline constexpr int64_t key_split = 512;
inline constexpr int64_t max_head_dim = 256;

struct AttentionShape {
    int64_t heads;
    int64_t kv_heads;
    int64_t head_dim;
    int64_t window; /* 0 = none */
    float scale;
    float softcap;  /* 0 = none */
    int64_t group() const { return heads / kv_heads; }
};

template <class Args>
AttentionShape attention_shape(const Args &args) {
    return {args.heads, args.kv_heads, args.head_dim, args.window, args.scale, args.softcap};
}

/* LEEWAY_OK, or what is wrong with the sizes that all attention ops share. */
inline leeway_status check_attention(const char *op, const AttentionShape &shape, leeway_dtype dtype) {
    auto refuse = [&](const char *what, long long value) { return fail(LEEWAY_BAD_ARGUMENT, "%s: %s, got %lld", op, what, value); };
    if (shape.kv_heads <= 0) return refuse("kv_heads must be positive", shape.kv_heads);
    if (shape.heads <= 0 || shape.heads % shape.kv_heads != 0) return refuse("heads must be a positive multiple of kv_heads", shape.heads);
    if (shape.head_dim < 2 || shape.head_dim > max_head_dim || shape.head_dim % 2 != 0)
        return refuse("head_dim must be even, from 2 to 256", shape.head_dim);
    if (shape.window < 0) return refuse("window must not be negative", shape.window);
    if (!(shape.softcap >= 0.0f) || shape.softcap > 3e38f)
        return fail(LEEWAY_BAD_ARGUMENT, "%s: softcap must be finite and not negative, got %g", op, double(shape.softcap));
    if (!(shape.scale > -3e38f && shape.scale < 3e38f))
        return fail(LEEWAY_BAD_ARGUMENT, "%s: scale must be finite, got %g", op, double(shape.scale));
    return check_float(op, "dtype", dtype);
}

/* The sizes of a batch and its starts; the starts themselves are each back end's to look at. */
inline leeway_status check_batch(const char *op, const char *name, const int32_t *starts, int64_t sequences, int64_t rows) {
    if (sequences < 0 || rows < 0)
        return fail(LEEWAY_BAD_ARGUMENT, "%s: rows and sequences must not be negative, got %lld and %lld", op, (long long)rows,
                    (long long)sequences);
    if (starts == nullptr) return fail(LEEWAY_BAD_ARGUMENT, "%s: %s must not be NULL", op, name);
    if (sequences == 0 && rows > 0)
        return fail(LEEWAY_BAD_ARGUMENT, "%s: %lld rows must be those of at least one sequence, got 0", op, (long long)rows);
    return LEEWAY_OK;
}

inline leeway_status check_pages(const char *op, int64_t page_size, int64_t pages) {
    if (page_size <= 0 || page_size % 16 != 0 || (key_block % page_size != 0 && page_size % key_block != 0))
        return fail(LEEWAY_BAD_ARGUMENT, "%s: page_size must be 16, 32 or a multiple of 64, got %lld", op, (long long)page_size);
    if (pages < 0) return fail(LEEWAY_BAD_ARGUMENT, "%s: pages must not be negative, got %lld", op, (long long)pages);
    return LEEWAY_OK;
}

inline leeway_status check(const leeway_attention_forward_args &args) {
    LEEWAY_TRY(check_attention("attention_forward", attention_shape(args), args.dtype));
    LEEWAY_TRY(check_batch("attention_forward", "sequence_starts", args.sequence_starts, args.sequences, args.rows));
    LEEWAY_CHECK("attention_forward", args.rows == 0 || (args.q && args.k && args.v && args.out && args.lse),
                 "q, k, v, out and lse must not be NULL");
    return LEEWAY_OK;
}

inline leeway_status check(const leeway_attention_backward_args &args) {
    LEEWAY_TRY(check_attention("attention_backward", attention_shape(args), args.dtype));
    LEEWAY_TRY(check_batch("attention_backward", "sequence_starts", args.sequence_starts, args.sequences, args.rows));
    if (args.rows == 0) return LEEWAY_OK;
    LEEWAY_CHECK("attention_backward", args.q && args.k && args.v && args.out && args.lse && args.dout,
                 "q, k, v, out, lse and dout must not be NULL");
    LEEWAY_CHECK("attention_backward", args.delta && args.dq && args.dk && args.dv, "delta, dq, dk and dv must not be NULL");
    return LEEWAY_OK;
}

inline leeway_status check(const leeway_kv_append_args &args) {
    LEEWAY_CHECK("kv_append", args.rows >= 0, "rows must not be negative, got %lld", (long long)args.rows);
    LEEWAY_TRY(check_attention("kv_append", {args.kv_heads, args.kv_heads, args.head_dim, 0, 1.0f, 0.0f}, args.dtype));
    LEEWAY_TRY(check_pages("kv_append", args.page_size, args.pages));
    LEEWAY_CHECK("kv_append", args.rows == 0 || (args.slots && args.k && args.v && args.k_pages && args.v_pages),
                 "slots, k, v, k_pages and v_pages must not be NULL");
    return LEEWAY_OK;
}

inline leeway_status check(const leeway_paged_attention_args &args) {
    LEEWAY_TRY(check_attention("paged_attention", attention_shape(args), args.dtype));
    LEEWAY_TRY(check_pages("paged_attention", args.page_size, args.pages));
    LEEWAY_TRY(check_batch("paged_attention", "query_starts", args.query_starts, args.sequences, args.rows));
    if (args.rows == 0) return LEEWAY_OK;
    LEEWAY_CHECK("paged_attention", args.max_pages >= 0, "max_pages must not be negative, got %lld", (long long)args.max_pages);
    LEEWAY_CHECK("paged_attention", args.q && args.k_pages && args.v_pages && args.out && args.context_lengths && args.page_table,
                 "q, k_pages, v_pages, out, context_lengths and page_table must not be NULL");
    return LEEWAY_OK;
}

}  // namespace leeway
