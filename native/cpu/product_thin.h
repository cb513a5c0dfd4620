/* product_thin.h: loops on floats that read the long operand of a product with a low rank where it lies, since packing it would take as
 * long as multiplying it (see product_isa.h). Included by product_floats.h, so everything here has internal linkage, too. */
#pragma once

#include "product_kernel.h"

namespace leeway {
namespace {

constexpr int thin = tall < 10 ? tall : 10; /* enough chains; few enough lines for a set of the L1 cache where rows lie 4096 bytes apart */

/* One k of all rows. */
template <int rows, int vectors, class Element>
inline void add_step(const Element *a, int64_t stride, const float *b, Vector (&sum)[rows][vectors]) {
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++) {
        Vector factor;
        if constexpr (sizeof(Element) == 2) factor = Vector(Bits{} + (uint32_t(a[i * stride]) << 16));
        else factor = splat(a[i * stride]);
#pragma GCC unroll 2
        for (int j = 0; j < vectors; j++) sum[i][j] = fused(sum[i][j], factor, load(b + j * lanes));
    }
}

/* Two neighbouring k of bf16 rows: a 32-bit load brings both to all lanes. */
template <int rows, int vectors>
inline void add_two_steps(const uint16_t *a, int64_t stride, const float *b, Vector (&sum)[rows][vectors]) {
    Vector right[2][vectors];
#pragma GCC unroll 2
    for (int j = 0; j < vectors; j++) right[0][j] = load(b + j * lanes), right[1][j] = load(b + (vectors + j) * lanes);
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++) {
        uint32_t two;
        memcpy(&two, a + i * stride, sizeof two);
        const Bits both = Bits{} + two;
        const Vector lower = Vector(both << 16), upper = Vector(both & 0xffff0000u);
#pragma GCC unroll 2
        for (int j = 0; j < vectors; j++) {
            sum[i][j] = fused(sum[i][j], lower, right[0][j]);
            sum[i][j] = fused(sum[i][j], upper, right[1][j]);
        }
    }
}

/* rows of A where they lie, with a panel of B of so many vectors. */
template <int rows, int vectors, class Element>
void multiply_rows(const PanelTile &job) {
    const auto *a = static_cast<const Element *>(job.a);
    const float *b = static_cast<const float *>(job.b);
    const int64_t stride = job.a_lies.stride;
    settle_blocks<rows, vectors>(job, [&](int64_t steps, Vector (&sum)[rows][vectors]) __attribute__((always_inline)) {
        int64_t k = 0;
        if constexpr (sizeof(Element) == 2)
            for (; k + 2 <= steps; k += 2, a += 2, b += 2 * vectors * lanes) add_two_steps(a, stride, b, sum);
        for (; k < steps; k++, a++, b += vectors * lanes) add_step(a, stride, b, sum);
    });
}

template <int rows>
void dispatch_rows(const PanelTile &job) {
    if (job.rows == rows) {
        if (job.a_lies.narrow)
            job.columns > lanes ? multiply_rows<rows, 2, uint16_t>(job) : multiply_rows<rows, 1, uint16_t>(job);
        else
            job.columns > lanes ? multiply_rows<rows, 2, float>(job) : multiply_rows<rows, 1, float>(job);
    } else if constexpr (rows > 1) {
        dispatch_rows<rows - 1>(job);
    }
}

template <int rows>
void dispatch_columns(const PanelTile &job) {
    if (job.rows == rows)
        job.b_lies.narrow ? multiply<rows, 1, Columns<uint16_t>>(job) : multiply<rows, 1, Columns<float>>(job);
    else if constexpr (rows > 1)
        dispatch_columns<rows - 1>(job);
}

void multiply_floats(const PanelTile &job) {
    if (job.a_lies.stride > 0) dispatch_rows<thin>(job);
    else if (job.b_lies.stride > 0) dispatch_columns<tall>(job);
    else multiply_tile(job);
}

}  // namespace
}  // namespace leeway
