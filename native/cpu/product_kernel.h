/* product_kernel.h: the multiplying loops of the matrix product for one instruction set (see product_isa.h). Included by product_<isa>.cpp
 * behind product_vector.h, so everything here has internal linkage, too. The file that includes it defines tall (largest height of a panel
 * of A) and fused(sum, left, right): sum + left * right of one step.
 *
 * Register tile: tall rows x 2 vectors of columns; with few rows several panels of B at once.
 */
#pragma once

#include <type_traits>

#include "product_isa.h"
#include "product_vector.h"

namespace leeway {
namespace {

constexpr int width = 2 * lanes; /* columns of a panel of B */
constexpr int ahead = 1024;      /* steps: how far in front of its use packed B is fetched, where it comes from memory */

template <bool narrow>
inline void *element(const Place &place, int64_t row, int64_t column) {
    using Element = std::conditional_t<narrow, uint16_t, float>;
    return static_cast<Element *>(place.at) + row * place.row + column * place.column;
}

/* count <= lanes elements of a row of a place, 0 in the other lanes. */
inline Vector fetch(const Place &place, int64_t row, int64_t column, int64_t count) {
    if (count == lanes && place.column == 1)
        return place.narrow ? load_narrow(element<true>(place, row, column)) : load(element<false>(place, row, column));
    alignas(64) float part[lanes] = {};
    alignas(64) uint16_t half[lanes] = {};
    for (int64_t n = 0; n < count; n++)
        if (place.narrow) half[n] = *static_cast<const uint16_t *>(element<true>(place, row, column + n));
        else part[n] = *static_cast<const float *>(element<false>(place, row, column + n));
    return place.narrow ? load_narrow(half) : load(part);
}

inline void deposit(const Place &place, int64_t row, int64_t column, int64_t count, Vector value) {
    if (count == lanes && place.column == 1) {
        place.narrow ? store_narrow(element<true>(place, row, column), value) : store(element<false>(place, row, column), value);
        return;
    }
    alignas(64) float part[lanes];
    alignas(64) uint16_t half[lanes];
    store(part, value);
    store_narrow(half, value);
    for (int64_t n = 0; n < count; n++)
        if (place.narrow) *static_cast<uint16_t *>(element<true>(place, row, column + n)) = half[n];
        else *static_cast<float *>(element<false>(place, row, column + n)) = part[n];
}

/* What becomes of the sums of a block. */
struct Settling {
    Place before;
    Place after;
    const float *bias;
    float alpha;
};

/* C from sums [rows][pitch], for any places. */
[[gnu::noinline]] void settle_tile(const Settling &job, const float *sums, int64_t rows, int64_t pitch, int64_t columns) {
    const Vector alpha = splat(job.alpha);
    const Place bias = {const_cast<float *>(job.bias), 0, 1, false};
    for (int64_t i = 0; i < rows; i++)
        for (int64_t n = 0; n < columns; n += lanes) {
            const int64_t count = columns - n < lanes ? columns - n : lanes;
            Vector c = multiply_add(load(sums + i * pitch + n), alpha, fetch(job.before, i, n, count));
            if (job.bias != nullptr) c += fetch(bias, 0, n, count);
            deposit(job.after, i, n, count, c);
        }
}

/* Whole vectors go from registers to C, added to floats. */
inline bool is_plain(const Settling &job) {
    return job.after.column == 1 && job.bias == nullptr && job.before.column == 1 && !job.before.narrow;
}

alignas(64) const float zeros[4 * width] = {};

/* place, or one that holds zeros instead of nothing. */
inline Place something(const Place &place) { return place.at != nullptr ? place : Place{const_cast<float *>(zeros), 0, 1, false}; }

template <bool narrow, int rows, int vectors>
inline void settle_plain(const Settling &job, const Vector (&sum)[rows][vectors]) {
    const Vector alpha = splat(job.alpha);
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 8
        for (int j = 0; j < vectors; j++) {
            const Vector c = multiply_add(sum[i][j], alpha, load(element<false>(job.before, i, j * lanes)));
            void *to = element<narrow>(job.after, i, j * lanes);
            narrow ? store_narrow(to, c) : store(to, c);
        }
}

template <int rows, int vectors>
inline void settle_sums(const Settling &job, const Vector (&sum)[rows][vectors], int64_t columns) {
    if (is_plain(job) && columns == vectors * lanes) {
        job.after.narrow ? settle_plain<true>(job, sum) : settle_plain<false>(job, sum);
        return;
    }
    alignas(64) float sums[rows * vectors * lanes];
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 8
        for (int j = 0; j < vectors; j++) store(sums + (i * vectors + j) * lanes, sum[i][j]);
    settle_tile(job, sums, rows, vectors * lanes, columns);
}

/* Packed panels of B. */
struct Panels {
    const float *at;
    int64_t pitch;
    explicit Panels(const PanelTile &job) : at(static_cast<const float *>(job.b)), pitch(job.b_pitch) {}
    Vector vector(int j) const { return load(at + (j / 2) * pitch + (j % 2) * lanes); }
    void fetch(int j) const {
        if (j * lanes % 16 == 0) __builtin_prefetch(at + j * lanes + ahead, 0, 2);
    }
    void step() { at += width; }
};

/* Columns of B where they lie. */
template <class Element>
struct Columns {
    const Element *at;
    int64_t stride;
    explicit Columns(const PanelTile &job) : at(static_cast<const Element *>(job.b)), stride(job.b_lies.stride) {}
    Vector vector(int j) const {
        if constexpr (sizeof(Element) == 2) return load_narrow(at + j * lanes);
        else return load(at + j * lanes);
    }
    void fetch(int j) const {
        if (j * lanes * sizeof(Element) % 64 == 0) __builtin_prefetch(at + j * lanes + 16 * stride);
    }
    void step() { at += stride; }
};

/* The tile's blocks: sum_block(steps, sum) makes the sums of the next steps; between blocks C lies on the stack. */
template <int rows, int vectors, class SumBlock>
inline void settle_blocks(const PanelTile &job, SumBlock sum_block) {
    alignas(64) float between[rows * vectors * lanes];
    const Place inner = {between, vectors * lanes, 1, false};
    Settling settling = {something(job.before), inner, nullptr, job.alpha};
    if (job.after.column == 1 && job.columns == vectors * lanes) /* C's lines come while the sums are made */
        for (int i = 0; i < rows; i++)
            for (int p = 0; p < vectors * lanes; p += job.after.narrow ? 32 : 16)
                __builtin_prefetch(job.after.narrow ? element<true>(job.after, i, p) : element<false>(job.after, i, p), 1);
    for (int64_t left = job.steps; left > 0;) {
        const int64_t steps = left < job.block ? left : job.block;
        Vector sum[rows][vectors] = {};
        sum_block(steps, sum);
        left -= steps;
        if (left == 0) settling.after = job.after, settling.bias = job.bias;
        settle_sums(settling, sum, job.columns);
        settling.before = inner;
    }
}

/* rows x columns <= panels * width elements of C. */
template <int rows, int panels, class Right>
void multiply(const PanelTile &job) {
    constexpr int vectors = panels * 2;
    const float *a = static_cast<const float *>(job.a);
    Right b(job);
    settle_blocks<rows, vectors>(job, [&](int64_t steps, Vector (&sum)[rows][vectors]) __attribute__((always_inline)) {
        for (int64_t k = 0; k < steps; k++) {
            Vector right[vectors];
#pragma GCC unroll 8
            for (int j = 0; j < vectors; j++) {
                right[j] = b.vector(j);
                if (panels == 1) b.fetch(j);
            }
#pragma GCC unroll 16
            for (int i = 0; i < rows; i++) {
                const Vector factor = splat(a[i]);
#pragma GCC unroll 8
                for (int j = 0; j < vectors; j++) sum[i][j] = fused(sum[i][j], factor, right[j]);
            }
            a += rows;
            b.step();
        }
    });
}

template <int rows>
void dispatch(const PanelTile &job) {
    if (job.rows == rows)
        job.columns > width ? multiply<rows, panels_at_once(tall, rows), Panels>(job) : multiply<rows, 1, Panels>(job);
    else if constexpr (rows > 1)
        dispatch<rows - 1>(job);
}

void multiply_tile(const PanelTile &job) { dispatch<tall>(job); }

}  // namespace
}  // namespace leeway
