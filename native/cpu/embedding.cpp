/* embedding.cpp: y[n] = scale * table[tokens[n]] (+ noise), and dtable[v] += scale * sum of dy over the rows of token v (layers.h).
 *
 * Noise: Jain et al. 2024, eq. 1, drawn from (noise_seed, row_ids[n], column), so it doesn't depend on the batch.
 * Numerics: fp32; a token's gradients are one chain over its rows in ascending order, then scaled, then added.
 * Bytes moved: forward 2 N C; backward N C + 2 (distinct tokens) C. */
#include "embedding.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "bf16.h"
#include "index.h"
#include "parallel.h"
#include "stochastic.h"

namespace {

using namespace leeway;

constexpr int64_t columns_a_task = 64;

/* u(row, c) .. u(row, c + 15), in [-1, 1). */
LEEWAY_INLINE f32x16 noise(uint64_t seed, uint64_t row, int64_t c) {
    const i32x16 upper = i32x16(philox_word(seed, row, uint64_t(c)) >> 8);
    return 2.0f * (__builtin_convertvector(upper, f32x16) * 0x1p-24f) - 1.0f;
}

template <class T>
LEEWAY_INLINE void look_up(const leeway_embedding_forward_args *args, int64_t n) {
    const T *table = static_cast<const T *>(args->table) + args->tokens[n] * args->width;
    T *y = static_cast<T *>(args->y) + n * args->width;
    for (int64_t c = 0; c < args->width; c += lanes) {
        int64_t left = args->width - c;
        f32x16 value = args->scale * load_up_to(table + c, left);
        if (args->noise_bound) value += args->noise_bound[n] * noise(args->noise_seed, args->row_ids[n], c);
        store_up_to(y + c, value, left);
    }
}

LEEWAY_CLONES void forward_row(const leeway_embedding_forward_args *args, int64_t n) {
    if (args->dtype == LEEWAY_F32) look_up<float>(args, n);
    else look_up<bf16>(args, n);
}

/* Adds columns begin..end of every token's gradient: rows holds the row numbers sorted by token, then by number. */
template <class T, class G>
LEEWAY_INLINE void add_columns_of(const leeway_embedding_backward_args *args, const int32_t *rows, int64_t begin, int64_t end) {
    auto *dy = static_cast<const T *>(args->dy);
    auto *dtable = static_cast<G *>(args->dtable);
    for (int64_t first = 0, next; first < args->rows; first = next) {
        int32_t token = args->tokens[rows[first]];
        for (next = first + 1; next < args->rows && args->tokens[rows[next]] == token;) next++;
        for (int64_t c = begin; c < end; c += lanes) {
            f32x16 sum = {};
            for (int64_t i = first; i < next; i++) sum += load_up_to(dy + rows[i] * args->width + c, end - c);
            G *d = dtable + token * args->width + c;
            store_up_to(d, load_up_to(d, end - c) + args->scale * sum, end - c);
        }
    }
}

LEEWAY_CLONES void add_columns(const leeway_embedding_backward_args *args, const int32_t *rows, int64_t begin, int64_t end) {
    bool whole = args->gradient_dtype == LEEWAY_F32;
    if (args->dtype == LEEWAY_F32 && whole) add_columns_of<float, float>(args, rows, begin, end);
    else if (args->dtype == LEEWAY_F32) add_columns_of<float, bf16>(args, rows, begin, end);
    else if (whole) add_columns_of<bf16, float>(args, rows, begin, end);
    else add_columns_of<bf16, bf16>(args, rows, begin, end);
}

}  // namespace

leeway_status leeway_embedding_forward(leeway_stream *stream, const leeway_embedding_forward_args *args) {
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(check_index("embedding_forward", "tokens", args->tokens, args->rows, args->vocabulary));
    int64_t rows_a_task = std::max<int64_t>(1, (int64_t(1) << 15) / args->width);
    parallel_blocks(stream, args->rows, rows_a_task, [=](int64_t begin, int64_t end) {
        for (int64_t n = begin; n < end; n++) forward_row(args, n);
    });
    return LEEWAY_OK;
}

namespace {

leeway_status add_gradients_checked(leeway_stream *stream, const leeway_embedding_backward_args *args) {
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(check_index("embedding_backward", "tokens", args->tokens, args->rows, args->vocabulary));
    std::vector<int32_t> rows(static_cast<size_t>(args->rows));
    std::iota(rows.begin(), rows.end(), 0);
    std::stable_sort(rows.begin(), rows.end(), [=](int32_t a, int32_t b) { return args->tokens[a] < args->tokens[b]; });
    parallel_blocks(stream, args->width, columns_a_task,
                    [&](int64_t begin, int64_t end) { add_columns(args, rows.data(), begin, end); });
    return LEEWAY_OK;
}

}  // namespace

leeway_status leeway_embedding_backward(leeway_stream *stream, const leeway_embedding_backward_args *args) {
    return without_throwing("embedding_backward", [=] { return add_gradients_checked(stream, args); });
}
