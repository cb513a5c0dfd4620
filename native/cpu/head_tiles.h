/* head_tiles.h: what the forward and the backward pass of the head share: the logits of a tile, the checks of targets. */
#pragma once

#include "head.h"
#include "linear_operand.h"
#include "row_softmax.h"

namespace leeway {

/* Statistics of a row while its tiles go by. */
struct HeadRow {
    RowSoftmax softmax;
    double soft_mass; /* sum of q */
    double soft_z;    /* sum of q z */
    float target_z;
    int32_t arg_max;
};

static_assert(sizeof(HeadRow) <= size_t(head_row_bytes));

/* BAD_DATA where a target or the id of a soft entry is outside the vocabulary or not allowed, or no token is allowed. */
leeway_status check_allowed(const char *op, int64_t vocabulary, const uint32_t *allowed);
leeway_status check_targets(const char *op, int64_t rows, int64_t vocabulary, const int32_t *targets, const uint32_t *allowed);
leeway_status check_soft(const char *op, int64_t rows, int64_t vocabulary, const leeway_soft_target &soft, const uint32_t *allowed);

/* What both passes read of their rows: targets and soft entries. */
template <class Args>
leeway_status check_head_rows(const char *op, const Args *args, bool reads_targets, bool reads_soft) {
    const int64_t vocabulary = args->vocabulary;
    const uint32_t *allowed = args->distribution.allowed;
    LEEWAY_TRY(check_allowed(op, vocabulary, allowed));
    if (reads_targets) LEEWAY_TRY(check_targets(op, args->rows, vocabulary, args->targets, allowed));
    if (reads_soft) LEEWAY_TRY(check_soft(op, args->rows, vocabulary, args->soft, allowed));
    return LEEWAY_OK;
}

int64_t count_allowed(int64_t vocabulary, const uint32_t *allowed);

/* Sum of the row's soft entries. */
double soft_entries_mass(const leeway_soft_target &soft, int64_t row);

/* What A reads, by_row: x (rows, hidden) itself, or drop(x) written to dropped. */
Operand head_drop(leeway_stream *stream, const leeway_lora &lora, int64_t rows, int64_t hidden, const void *x, leeway_dtype dtype,
                  float *dropped);

/* xa (rows, R) = x A^T, where rank > 0. */
void head_low_rank(leeway_stream *stream, const leeway_distribution &head, int64_t rows, int64_t hidden, const Operand &x, float *xa);

/* c (tile.rows, stride) = the logits before temperature and mask; x and xa are those of the tile's first row. */
void head_tile_logits(leeway_stream *stream, const leeway_distribution &head, const HeadTile &tile, int64_t hidden, int64_t vocabulary,
                      const Operand &x, const float *xa, float *c, int64_t stride);

}  // namespace leeway
