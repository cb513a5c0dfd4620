/* product_kernel.h: the multiplying loops of the matrix product for one instruction set (see product_isa.h). Included by product_<isa>.cpp
 * behind product_vector.h, so everything here has internal linkage, too. The file that includes it defines tall (largest height of a panel
 * of A) and fused(sum, left, right): sum + left * right of one step.
 *
 * Register tile: tall rows x 2 vectors of columns; with few rows several panels of B at once, so that enough chains are in flight.
 */
#pragma once

#include <type_traits>

#include "product_isa.h"
#include "product_vector.h"

namespace leeway {
namespace {

constexpr int width = 2 * lanes; /* columns of a panel of B */
constexpr int ahead = 1024;      /* steps: how far in front of its use packed B is fetched, where it comes from memory */

/* What becomes of C, c being 0 where nothing is added: one fused operation for whole, cut and transposed rows, whether or not C is added
 * to. (With a choice between alpha * sum and alpha * sum + c a compiler may share the product and fuse in some copies only.) */
inline Vector settle(Vector sum, Vector alpha, Vector c) { return alpha * sum + c; }

template <bool narrow>
inline void *element(const Place &place, int64_t row, int64_t column) {
    using Element = std::conditional_t<narrow, uint16_t, float>;
    return static_cast<Element *>(place.at) + row * place.row + column * place.column;
}

/* count <= lanes elements of a row of a place, 0 in the other lanes. */
inline Vector fetch(const Place &place, int64_t row, int64_t column, int64_t count) {
    if (place.at == nullptr) return Vector{};
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

/* C from sums [rows][pitch], for any places. */
[[gnu::noinline]] void settle_tile(const PanelRow &job, const float *sums, int64_t rows, int64_t pitch, int64_t first, int64_t columns) {
    const Vector alpha = splat(job.alpha);
    const Place bias = {const_cast<float *>(job.bias), 0, 1, false};
    for (int64_t i = 0; i < rows; i++)
        for (int64_t n = 0; n < columns; n += lanes) {
            const int64_t column = first + n, count = columns - n < lanes ? columns - n : lanes;
            Vector c = settle(load(sums + i * pitch + n), alpha, fetch(job.before, i, column, count));
            if (job.bias != nullptr) c += fetch(bias, 0, column, count);
            deposit(job.after, i, column, count, c);
        }
}

/* Whole vectors go from registers to C, added to floats or to nothing. */
inline bool is_plain(const PanelRow &job) {
    return job.after.column == 1 && job.bias == nullptr && (job.before.at == nullptr || (job.before.column == 1 && !job.before.narrow));
}

template <bool narrow, int rows, int vectors>
inline void settle_plain(const PanelRow &job, const Vector (&sum)[rows][vectors], int64_t first) {
    const Vector alpha = splat(job.alpha);
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 8
        for (int j = 0; j < vectors; j++) {
            const Vector c = job.before.at ? load(element<false>(job.before, i, first + j * lanes)) : Vector{};
            void *to = element<narrow>(job.after, i, first + j * lanes);
            narrow ? store_narrow(to, settle(sum[i][j], alpha, c)) : store(to, settle(sum[i][j], alpha, c));
        }
}

/* rows x columns <= panels * width elements of C, from column first on, from a packed panel of A ([depth][rows]) and neighbouring packed
 * panels of B. */
template <int rows, int panels>
void multiply(const PanelRow &job, int64_t first, int64_t columns) {
    constexpr int vectors = panels * 2;
    Vector sum[rows][vectors] = {};
    const float *a = job.a, *b = job.b + first * job.depth;
    const int64_t next = job.depth * width;
    const bool plain = is_plain(job) && columns == panels * width;
    if (plain && job.before.at != nullptr)
        for (int i = 0; i < rows; i++)
            for (int p = 0; p < panels * width; p += 16) __builtin_prefetch(element<false>(job.before, i, first + p), 1);
    for (int64_t k = 0; k < job.depth; k++) {
        Vector right[vectors];
#pragma GCC unroll 8
        for (int j = 0; j < vectors; j++) {
            right[j] = load(b + (j / 2) * next + (j % 2) * lanes);
            if (panels == 1 && j * lanes % 16 == 0) __builtin_prefetch(b + j * lanes + ahead, 0, 2);
        }
#pragma GCC unroll 16
        for (int i = 0; i < rows; i++) {
            const Vector left = splat(a[i]);
#pragma GCC unroll 8
            for (int j = 0; j < vectors; j++) sum[i][j] = fused(sum[i][j], left, right[j]);
        }
        a += rows;
        b += width;
    }
    if (plain) {
        job.after.narrow ? settle_plain<true>(job, sum, first) : settle_plain<false>(job, sum, first);
        return;
    }
    alignas(64) float sums[rows * panels * width];
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 8
        for (int j = 0; j < vectors; j++) store(sums + (i * vectors + j) * lanes, sum[i][j]);
    settle_tile(job, sums, rows, panels * width, first, columns);
}

/* Fetches the part of job.next that belongs to columns [first, first + columns). */
inline void fetch_next(const PanelRow &job, int64_t first, int64_t columns) {
    constexpr int64_t line = 64;
    const int64_t across = (job.next.bytes + line - 1) / line, all = across * job.next.rows;
    const int64_t end = (first + columns) * all / job.columns;
    for (int64_t l = first * all / job.columns; l < end; l++)
        __builtin_prefetch(job.next.at + l / across * job.next.stride + l % across * line, 0, 2);
}

/* One panel of A times all panels of B of the tile. */
template <int rows>
void multiply_row(const PanelRow &job) {
    constexpr int fit = tall / rows;
    constexpr int panels = fit >= 4 ? 4 : fit >= 2 ? 2 : 1;
    const int64_t step = panels * width;
    int64_t n = 0;
    if (panels > 1)
        for (; n + step <= job.columns; n += step) multiply<rows, panels>(job, n, step);
    for (; n < job.columns; n += width) {
        const int64_t columns = job.columns - n < width ? job.columns - n : width;
        fetch_next(job, n, columns);
        multiply<rows, 1>(job, n, columns);
    }
}

template <int rows>
void dispatch(const PanelRow &job) {
    if (job.rows == rows)
        multiply_row<rows>(job);
    else if constexpr (rows > 1)
        dispatch<rows - 1>(job);
}

void panel_row(const PanelRow &job) { dispatch<tall>(job); }

}  // namespace
}  // namespace leeway
