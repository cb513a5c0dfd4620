/* product_kernel.h: the loops of the matrix product for one instruction set. Included by product_<isa>.cpp, each compiled with its own
 * flags, so everything here has internal linkage and calls nothing inline from a library: the linker must never take a copy that another
 * machine cannot run. The file that includes it defines lanes (floats in a vector), tall (largest height of a panel of A).
 *
 * Register tile: tall rows x 2 vectors of columns; with few rows several panels of B at once, so that enough chains are in flight.
 */
#pragma once

#include <cstdint>
#include <cstring>
#include <utility>

#include "product_isa.h"

namespace leeway {
namespace {

typedef float Vector __attribute__((vector_size(lanes * 4)));
typedef float Unaligned __attribute__((vector_size(lanes * 4), aligned(4), may_alias));
typedef int32_t Mask __attribute__((vector_size(lanes * 4)));

constexpr int width = 2 * lanes; /* columns of a panel of B */

inline Vector load(const float *from) { return *reinterpret_cast<const Unaligned *>(from); }
inline void store(float *to, Vector value) { *reinterpret_cast<Unaligned *>(to) = value; }
inline Vector splat(float value) { return value - Vector{}; }

inline Mask first_lanes(int64_t count) {
    Mask index;
    for (int i = 0; i < lanes; i++) index[i] = i < count ? -1 : 0;
    return index;
}

/* C = alpha * sum, or + C: the same operations for whole and for cut rows. */
inline Vector settle(Vector sum, Vector alpha, Vector c, bool add) { return add ? alpha * sum + c : alpha * sum; }

inline void settle_row(const Vector *sum, float *c, int64_t columns, Vector alpha, bool add) {
    if (columns == width) {
        for (int j = 0; j < 2; j++) store(c + j * lanes, settle(sum[j], alpha, add ? load(c + j * lanes) : Vector{}, add));
        return;
    }
    alignas(64) float part[width] = {};
    if (add) memcpy(part, c, size_t(columns) * sizeof(float));
    for (int j = 0; j < 2; j++) store(part + j * lanes, settle(sum[j], alpha, load(part + j * lanes), add));
    memcpy(c, part, size_t(columns) * sizeof(float));
}

/* rows x (panels * width) elements of C from a packed panel of A ([k][rows]) and neighbouring packed panels of B. */
template <int rows, int panels>
void multiply(const PanelRow &job, const float *b, float *c, int64_t columns) {
    Vector sum[rows][panels * 2] = {};
    const float *a = job.a;
    const int64_t next = job.depth * width;
    for (int64_t k = 0; k < job.depth; k++) {
        Vector right[panels * 2];
#pragma GCC unroll 8
        for (int j = 0; j < panels * 2; j++) right[j] = load(b + (j / 2) * next + (j % 2) * lanes);
#pragma GCC unroll 16
        for (int i = 0; i < rows; i++) {
            const Vector left = splat(a[i]);
#pragma GCC unroll 8
            for (int j = 0; j < panels * 2; j++) sum[i][j] += left * right[j];
        }
        a += rows;
        b += width;
    }
    const Vector alpha = splat(job.alpha);
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (int p = 0; p < panels; p++)
            settle_row(&sum[i][2 * p], c + i * job.c_stride + p * width, p + 1 < panels ? width : columns - p * width, alpha, job.add);
}

/* One panel of A times all panels of B of the tile. */
template <int rows>
void multiply_row(const PanelRow &job) {
    constexpr int fit = tall / rows;
    constexpr int panels = fit >= 4 ? 4 : fit >= 2 ? 2 : 1;
    const int64_t step = panels * width;
    int64_t n = 0;
    if (panels > 1)
        for (; n + step <= job.columns; n += step) multiply<rows, panels>(job, job.b + n * job.depth, job.c + n, step);
    for (; n < job.columns; n += width)
        multiply<rows, 1>(job, job.b + n * job.depth, job.c + n, job.columns - n < width ? job.columns - n : width);
}

template <int rows>
void dispatch(const PanelRow &job) {
    if (job.rows == rows)
        multiply_row<rows>(job);
    else if constexpr (rows > 1)
        dispatch<rows - 1>(job);
}

void panel_row(const PanelRow &job) { dispatch<tall>(job); }

/* Element e of the result: inside every 128-bit part the elements pick... of a's part (+4: of b's). */
constexpr int inside(int e, int i, int j, int k, int l) {
    const int pick = e % 4 == 0 ? i : e % 4 == 1 ? j : e % 4 == 2 ? k : l;
    return e / 4 * 4 + pick % 4 + (pick >= 4 ? lanes : 0);
}

/* Element e of the result where whole 128-bit parts i, j, k, l of (a, b) are taken. */
constexpr int part(int e, int i, int j, int k, int l) {
    const int pick = e / 4 == 0 ? i : e / 4 == 1 ? j : e / 4 == 2 ? k : l;
    return pick * 4 + e % 4;
}

template <int... e>
struct Shuffle {
    template <int i, int j, int k, int l>
    static Vector insides(Vector a, Vector b) {
        return __builtin_shufflevector(a, b, inside(e, i, j, k, l)...);
    }
    template <int i, int j, int k, int l>
    static Vector parts(Vector a, Vector b) {
        return __builtin_shufflevector(a, b, part(e, i, j, k, l)...);
    }
};

template <int... e>
Shuffle<e...> shuffle_of(std::integer_sequence<int, e...>);
using Lanes = decltype(shuffle_of(std::make_integer_sequence<int, lanes>()));

/* r[i][j] for r[j][i], lanes x lanes. */
inline void transpose(Vector *r) {
#pragma GCC unroll 4
    for (int i = 0; i < lanes; i += 4) {
        const Vector a = Lanes::insides<0, 4, 1, 5>(r[i], r[i + 1]), b = Lanes::insides<2, 6, 3, 7>(r[i], r[i + 1]);
        const Vector c = Lanes::insides<0, 4, 1, 5>(r[i + 2], r[i + 3]), d = Lanes::insides<2, 6, 3, 7>(r[i + 2], r[i + 3]);
        r[i] = Lanes::insides<0, 1, 4, 5>(a, c);
        r[i + 1] = Lanes::insides<2, 3, 6, 7>(a, c);
        r[i + 2] = Lanes::insides<0, 1, 4, 5>(b, d);
        r[i + 3] = Lanes::insides<2, 3, 6, 7>(b, d);
    }
    if constexpr (lanes == 8) {
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++) {
            const Vector a = r[i], b = r[i + 4];
            r[i] = Lanes::parts<0, 2, 0, 0>(a, b);
            r[i + 4] = Lanes::parts<1, 3, 0, 0>(a, b);
        }
    } else if constexpr (lanes == 16) {
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++) {
            const Vector even = Lanes::parts<0, 2, 4, 6>(r[i], r[i + 4]), odd = Lanes::parts<1, 3, 5, 7>(r[i], r[i + 4]);
            const Vector even2 = Lanes::parts<0, 2, 4, 6>(r[i + 8], r[i + 12]), odd2 = Lanes::parts<1, 3, 5, 7>(r[i + 8], r[i + 12]);
            r[i] = Lanes::parts<0, 2, 4, 6>(even, even2);
            r[i + 4] = Lanes::parts<0, 2, 4, 6>(odd, odd2);
            r[i + 8] = Lanes::parts<1, 3, 5, 7>(even, even2);
            r[i + 12] = Lanes::parts<1, 3, 5, 7>(odd, odd2);
        }
    }
}

/* Any strides. */
void pack_scalar(const Packing &job, int64_t first) {
    for (int64_t k = first; k < job.depth; k++) {
        const float *from = job.from + k * job.k_stride;
        float *to = job.to + k * job.pitch;
        for (int64_t l = 0; l < job.lanes; l++) to[l] = from[l * job.lane_stride];
        for (int64_t l = job.lanes; l < job.pitch; l++) to[l] = 0;
    }
}

/* Lanes are neighbours in memory: rows are copied in whole vectors. A load may run past the lanes into the next row of the same
 * matrix, and a store past the pitch into the next row of the panel, which is written afterwards; so the last row goes element by
 * element, and rows nearer together than the loads reach as well. */
void pack_copy(const Packing &job) {
    const int64_t vectors = (job.pitch + lanes - 1) / lanes;
    int64_t k = 0;
    if (job.k_stride >= vectors * lanes) {
        const Mask last = first_lanes(job.lanes - (vectors - 1) * lanes);
        const bool cut = job.lanes < (vectors - 1) * lanes;
        for (; k + 1 < job.depth && !cut; k++) {
            const float *from = job.from + k * job.k_stride;
            float *to = job.to + k * job.pitch;
            for (int64_t v = 0; v + 1 < vectors; v++) store(to + v * lanes, load(from + v * lanes));
            const Vector value = load(from + (vectors - 1) * lanes);
            store(to + (vectors - 1) * lanes, last ? value : Vector{});
        }
    }
    pack_scalar(job, k);
}

inline Vector load_first(const float *from, int64_t count) {
    alignas(64) float part[lanes] = {};
    memcpy(part, from, size_t(count) * sizeof(float));
    return load(part);
}

/* k runs along memory: blocks of lanes x lanes are transposed. A block's rows are stored whole, the excess of the last vector of a row
 * being overwritten by the next row; so k ascends, and a row's vectors too. */
void pack_transpose(const Packing &job) {
    for (int64_t k = 0; k < job.depth; k += lanes) {
        const int64_t steps = job.depth - k < lanes ? job.depth - k : lanes;
        for (int64_t l = 0; l < job.pitch; l += lanes) {
            Vector block[lanes];
#pragma GCC unroll 16
            for (int64_t i = 0; i < lanes; i++) {
                const float *from = job.from + (l + i) * job.lane_stride + k;
                block[i] = l + i >= job.lanes ? Vector{} : steps == lanes ? load(from) : load_first(from, steps);
            }
            transpose(block);
            float *to = job.to + k * job.pitch + l;
            if (steps == lanes) {
#pragma GCC unroll 16
                for (int64_t i = 0; i < lanes; i++) store(to + i * job.pitch, block[i]);
            } else {
                for (int64_t i = 0; i < steps; i++) store(to + i * job.pitch, block[i]);
            }
        }
    }
}

void pack_panel(const Packing &job) {
    if (job.k_stride == 1 && (job.pitch <= lanes || job.pitch % lanes == 0) && job.lanes > 1)
        pack_transpose(job);
    else if (job.k_stride == 1 && job.lanes == 1 && job.pitch == 1)
        memcpy(job.to, job.from, size_t(job.depth) * sizeof(float));
    else if (job.lane_stride == 1)
        pack_copy(job);
    else
        pack_scalar(job, 0);
}

}  // namespace
}  // namespace leeway
