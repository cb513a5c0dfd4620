/* elementwise.h: fills, casts, sums, row moves. Included by leeway.h. Every element is independent: any split gives the same bits. */
#ifndef LEEWAY_ELEMENTWISE_H
#define LEEWAY_ELEMENTWISE_H

#include "runtime.h"

#ifdef __cplusplus
extern "C" {
#endif

/* x[i] = value. */
typedef struct {
    int64_t count;
    void *x;      /* (count) */
    float value;
    leeway_dtype dtype; /* F32, BF16 */
} leeway_fill_args;
LEEWAY_API leeway_status leeway_fill(leeway_stream *stream, const leeway_fill_args *args);

/* y[i] = x[i] in another type. To BF16: nearest even, or with stochastic = 1 up or down with probability proportional to the
 * distance, drawn from philox(seed, i) (see sampling.h); NaN stays NaN. */
typedef struct {
    int64_t count;
    const void *x;      /* (count) of from */
    void *y;            /* (count) of to */
    uint64_t seed;
    leeway_dtype from;  /* F32, BF16, F64 */
    leeway_dtype to;    /* F32, BF16, F64 */
    int32_t stochastic; /* 0 or 1 */
} leeway_cast_args;
LEEWAY_API leeway_status leeway_cast(leeway_stream *stream, const leeway_cast_args *args);

/* y[i] += alpha * x[i]. */
typedef struct {
    int64_t count;
    const void *x;
    void *y;
    float alpha;
    leeway_dtype dtype;
} leeway_axpy_args;
LEEWAY_API leeway_status leeway_axpy(leeway_stream *stream, const leeway_axpy_args *args);

/* x[i] *= alpha. */
typedef struct {
    int64_t count;
    void *x;
    float alpha;
    leeway_dtype dtype;
} leeway_scale_args;
LEEWAY_API leeway_status leeway_scale(leeway_stream *stream, const leeway_scale_args *args);

/* destination[r] = source[index[r]]; 0 <= index[r] < source_rows, else LEEWAY_BAD_DATA. */
typedef struct {
    int64_t rows;
    int64_t width;
    int64_t source_rows;
    const int32_t *index; /* (rows) */
    const void *source;   /* (source_rows, width) */
    void *destination;    /* (rows, width) */
    leeway_dtype dtype;
} leeway_gather_rows_args;
LEEWAY_API leeway_status leeway_gather_rows(leeway_stream *stream, const leeway_gather_rows_args *args);

/* destination = 0, then destination[index[r]] = source[r]; the indices are distinct. The gradient of gather_rows. */
typedef struct {
    int64_t rows;
    int64_t width;
    int64_t destination_rows;
    const int32_t *index; /* (rows) */
    const void *source;   /* (rows, width) */
    void *destination;    /* (destination_rows, width) */
    leeway_dtype dtype;
} leeway_scatter_rows_args;
LEEWAY_API leeway_status leeway_scatter_rows(leeway_stream *stream, const leeway_scatter_rows_args *args);

/* sum[0] = the sum of x[i]^2 in double over fixed blocks of 4096, blocks in order; nonfinite[0] = how many x[i] are NaN or infinite
 * (those add nothing to the sum). The gradient norm is the root of the sums of all tensors. */
typedef struct {
    int64_t count;
    const void *x;
    double *sum;        /* (1) */
    int64_t *nonfinite; /* (1) */
    leeway_dtype dtype; /* F32, BF16 */
} leeway_sum_squares_args;
LEEWAY_API leeway_status leeway_sum_squares(leeway_stream *stream, const leeway_sum_squares_args *args);

/* Elements that one tile of a table of tensors covers. A table lies in memory of the back end; the tiles of its tensors are numbered
 * through: the first tile of a tensor is the sum of ceil(count / LEEWAY_TENSOR_TILE) over those before it, and tiles that sum over all. An
 * entry that breaks its contract: LEEWAY_BAD_DATA. */
#define LEEWAY_TENSOR_TILE 4096

/* One tensor of sum_squares_tensors. */
typedef struct {
    int64_t count;
    int64_t tile;       /* its first */
    const void *x;      /* (count) of dtype; NULL where count is 0 */
    leeway_dtype dtype; /* F32, BF16 */
    int32_t reserved;   /* 0 */
} leeway_squares_tensor;

/* leeway_sum_squares of every tensor of a table, with its bits: sum[t] and nonfinite[t] are those of tensor t. */
typedef struct {
    int64_t tensors;
    int64_t tiles;
    const leeway_squares_tensor *table; /* (tensors) */
    double *sum;                        /* (tensors) */
    int64_t *nonfinite;                 /* (tensors) */
} leeway_sum_squares_tensors_args;
LEEWAY_API leeway_status leeway_sum_squares_tensors(leeway_stream *stream, const leeway_sum_squares_tensors_args *args);

#ifdef __cplusplus
}
#endif
#endif
