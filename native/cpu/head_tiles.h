/* head_tiles.h: what the forward and the backward pass of the head share: chunks of rows, tiles of the vocabulary, the logits of a tile.
 *
 * Rows go in chunks of 512 (one block of the product's k, so that dweight's sums over rows are those of linear_backward_weight), the
 * vocabulary in tiles of 4096 tokens. The workspace holds the logits of one chunk and tile, x A^T and dy B of one chunk, the running
 * statistics of its rows, with dropout drop(x), and the sums of dx where that is rounded to bf16.
 */
#pragma once

#include "linear_operand.h"
#include "row_softmax.h"

namespace leeway {

inline constexpr int64_t head_chunk = product_block;

/* Statistics of a row while its tiles go by. */
struct HeadRow {
    RowSoftmax softmax;
    double soft_mass; /* sum of q */
    double soft_z;    /* sum of q z */
    float target_z;
    int32_t arg_max;
};

struct HeadWorkspace {
    float *logits;  /* (chunk, tile) */
    float *xa;      /* (chunk, R) */
    float *dyb;     /* (chunk, R) */
    float *dropped; /* (chunk, C) where the low-rank term drops */
    float *dx;      /* (chunk, C) where dx is bf16 */
    HeadRow *rows;  /* (chunk) */
    int64_t bytes;
};

struct HeadShape {
    int64_t rows;
    int64_t hidden;
    int64_t vocabulary;
    int64_t rank;
    bool drops;
    leeway_dtype dtype;
};

/* The shape of a call of head_forward or head_backward. */
template <class Args>
HeadShape head_shape(const Args *args) {
    const auto &lora = args->distribution.lora;
    return {args->rows, args->hidden, args->vocabulary, lora.rank, lora.rank > 0 && lora.dropout > 0, args->dtype};
}

/* Lays the workspace out at address (NULL to learn the bytes). */
HeadWorkspace head_layout(void *address, const HeadShape &shape);

/* A slice of rows x tokens. */
struct HeadTile {
    int64_t row;
    int64_t rows;
    int64_t token;
    int64_t tokens;
};

/* Checks sizes, weight, LoRA and the distribution of op, and what is reserved. */
leeway_status check_head(const char *op, int64_t rows, int64_t hidden, int64_t vocabulary, const leeway_distribution &distribution,
                         const leeway_soft_target &soft);

/* BAD_DATA where a target or the id of a soft entry is outside the vocabulary or not allowed, or no token is allowed. */
leeway_status check_allowed(const char *op, int64_t vocabulary, const uint32_t *allowed);
leeway_status check_targets(const char *op, int64_t rows, int64_t vocabulary, const int32_t *targets, const uint32_t *allowed);
leeway_status check_soft(const char *op, int64_t rows, int64_t vocabulary, const leeway_soft_target &soft, const uint32_t *allowed);

/* What the calls of both passes need: first their sizes and numbers; then, where there are rows, a workspace, and the targets and soft
 * entries that they read. */
template <class Args>
leeway_status check_head_sizes(const char *op, const Args *args) {
    const leeway_distribution &head = args->distribution;
    LEEWAY_TRY(check_head(op, args->rows, args->hidden, args->vocabulary, head, args->soft));
    LEEWAY_CHECK_FLOAT(op, "dtype", args->dtype);
    if (!(head.temperature > 0 && head.temperature < INFINITY))
        return fail(LEEWAY_BAD_ARGUMENT, "%s: temperature must be positive and finite, got %g", op, double(head.temperature));
    return LEEWAY_OK;
}

template <class Args>
leeway_status check_head_rows(const char *op, const Args *args, bool reads_targets, bool reads_soft) {
    const int64_t bytes = head_layout(nullptr, head_shape(args)).bytes, vocabulary = args->vocabulary;
    const uint32_t *allowed = args->distribution.allowed;
    if (args->workspace == nullptr || args->workspace_bytes < bytes)
        return fail(LEEWAY_BAD_ARGUMENT, "%s: workspace must hold %lld bytes, got %lld", op, (long long)bytes,
                    (long long)args->workspace_bytes);
    LEEWAY_TRY(check_allowed(op, vocabulary, allowed));
    if (reads_targets) LEEWAY_TRY(check_targets(op, args->rows, vocabulary, args->targets, allowed));
    if (reads_soft) LEEWAY_TRY(check_soft(op, args->rows, vocabulary, args->soft, allowed));
    return LEEWAY_OK;
}

int64_t count_allowed(int64_t vocabulary, const uint32_t *allowed);

/* Sum of the row's soft entries. */
double soft_entries_mass(const leeway_soft_target &soft, int64_t row);

/* The low-rank term of the rows from first on. */
inline leeway_lora lora_from(leeway_lora lora, int64_t first) {
    if (lora.row_ids != nullptr) lora.row_ids += first;
    return lora;
}

/* What A reads, by_row: x (rows, hidden) itself, or drop(x) written to dropped. */
Operand head_drop(leeway_stream *stream, const leeway_lora &lora, int64_t rows, int64_t hidden, const void *x, leeway_dtype dtype,
                  float *dropped);

/* xa (rows, R) = x A^T, where rank > 0. */
void head_low_rank(leeway_stream *stream, const leeway_distribution &head, int64_t rows, int64_t hidden, const Operand &x, float *xa);

/* c (tile.rows, stride) = the logits before temperature and mask; x and xa are those of the tile's first row. */
void head_tile_logits(leeway_stream *stream, const leeway_distribution &head, const HeadTile &tile, int64_t hidden, int64_t vocabulary,
                      const Operand &x, const float *xa, float *c, int64_t stride);

}  // namespace leeway
