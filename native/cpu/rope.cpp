/* rope.cpp: rotary positions in place, half-split layout; inverse = 1 is the transpose, the gradient (layers.h).
 *
 * Source: Su et al. 2021, eq. 34. With E = rotary_dim / 2 each pair (x[j], x[j+E]) turns by the angle of its row's position.
 * Numerics: fp32, products fused. Bytes moved: x read and written, one table row a token. */
#include "rope.h"

#include <algorithm>

#include "bf16.h"
#include "index.h"
#include "parallel.h"

namespace {

using namespace leeway;

struct Pair {
    f32x16 a;
    f32x16 b;
};

/* The pairs from x[0] and x[half] on, turned. */
template <class T>
LEEWAY_INLINE Pair turn(const T *x, int64_t half, const float *cosine, const float *sine, float sign, int64_t left) {
    const f32x16 c = load_up_to(cosine, left), s = sign * load_up_to(sine, left);
    const f32x16 a = load_up_to(x, left), b = load_up_to(x + half, left);
    return {a * c - b * s, b * c + a * s};
}

template <class T>
LEEWAY_INLINE void store_pair(T *x, int64_t half, const Pair &pair, int64_t left) {
    store_up_to(x, pair.a, left);
    store_up_to(x + half, pair.b, left);
}

/* x[0..half) and x[half..2 half). Where whole vectors do not fill a half, the last one overlaps the one before: it is turned first and
 * stored last. */
template <bool overlaps, class T>
LEEWAY_INLINE void rotate_head(T *x, int64_t half, const float *cosine, const float *sine, float sign) {
    const int64_t last = half - lanes, ends = overlaps ? last : half;
    Pair end;
    if constexpr (overlaps) end = turn(x + last, half, cosine + last, sine + last, sign, lanes);
    for (int64_t j = 0; j < ends; j += lanes) store_pair(x + j, half, turn(x + j, half, cosine + j, sine + j, sign, half - j), half - j);
    if constexpr (overlaps) store_pair(x + last, half, end, lanes);
}

template <bool overlaps, class T>
LEEWAY_INLINE void rotate_heads(const leeway_rope_args *args, int64_t row) {
    const int64_t half = args->rotary_dim / 2, table = args->positions[row] * half;
    T *x = static_cast<T *>(args->x) + row * args->stride;
    for (int64_t head = 0; head < args->heads; head++, x += args->head_dim)
        rotate_head<overlaps>(x, half, args->cosine + table, args->sine + table, args->inverse ? -1.0f : 1.0f);
}

template <class T>
LEEWAY_INLINE void rotate(const leeway_rope_args *args, int64_t row) {
    const int64_t half = args->rotary_dim / 2;
    if (half > lanes && half % lanes != 0) rotate_heads<true, T>(args, row);
    else rotate_heads<false, T>(args, row);
}

LEEWAY_CLONES void rotate_row(const leeway_rope_args *args, int64_t row) {
    if (args->dtype == LEEWAY_F32) rotate<float>(args, row);
    else rotate<bf16>(args, row);
}

}  // namespace

leeway_status leeway_rope(leeway_stream *stream, const leeway_rope_args *args) {
    LEEWAY_TRY(check(*args));
    if (args->rows == 0 || args->rotary_dim == 0) return LEEWAY_OK;
    LEEWAY_TRY(check_index("rope", "positions", args->positions, args->rows, args->table_rows));
    int64_t rows_a_task = std::max<int64_t>(1, (int64_t(1) << 14) / (args->heads * args->rotary_dim));
    parallel_blocks(stream, args->rows, rows_a_task, [=](int64_t begin, int64_t end) {
        for (int64_t row = begin; row < end; row++) rotate_row(args, row);
    });
    return LEEWAY_OK;
}
