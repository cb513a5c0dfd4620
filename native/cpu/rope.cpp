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

template <class T>
LEEWAY_INLINE void rotate_heads(const leeway_rope_args *args, int64_t row) {
    int64_t half = args->rotary_dim / 2;
    const float *cosine = args->cosine + args->positions[row] * half;
    const float *sine = args->sine + args->positions[row] * half;
    float sign = args->inverse ? -1.0f : 1.0f;
    for (int64_t head = 0; head < args->heads; head++) {
        T *x = static_cast<T *>(args->x) + row * args->stride + head * args->head_dim;
        for (int64_t j = 0; j < half; j += lanes) {
            int64_t left = half - j;
            f32x16 c = load_up_to(cosine + j, left), s = sign * load_up_to(sine + j, left);
            f32x16 a = load_up_to(x + j, left), b = load_up_to(x + half + j, left);
            store_up_to(x + j, a * c - b * s, left);
            store_up_to(x + half + j, b * c + a * s, left);
        }
    }
}

LEEWAY_CLONES void rotate_row(const leeway_rope_args *args, int64_t row) {
    if (args->dtype == LEEWAY_F32) rotate_heads<float>(args, row);
    else rotate_heads<bf16>(args, row);
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
