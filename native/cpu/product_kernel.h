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

constexpr int width = 2 * lanes; /* columns of a panel of B */
constexpr int ahead = 1024;      /* floats: how far in front of its use packed B is fetched, where it comes from memory */

inline Vector load(const float *from) { return *reinterpret_cast<const Unaligned *>(from); }
inline void store(float *to, Vector value) { *reinterpret_cast<Unaligned *>(to) = value; }
inline Vector splat(float value) { return value - Vector{}; }

/* What becomes of C, c being 0 where nothing is added: one fused operation for whole, cut and transposed rows, whether or not C is added
 * to. (With a choice between alpha * sum and alpha * sum + c a compiler may share the product and fuse in some copies only.) */
inline Vector settle(Vector sum, Vector alpha, Vector c) { return alpha * sum + c; }

/* A row of C that is no whole run of width floats, through a buffer. */
[[gnu::noinline]] void settle_part(const float *sums, const PanelRow &job, float *c, int64_t columns) {
    alignas(64) float row[width] = {};
    if (job.add)
        for (int64_t n = 0; n < columns; n++) row[n] = c[n * job.c_column];
    for (int j = 0; j < width; j += lanes) store(row + j, settle(load(sums + j), splat(job.alpha), load(row + j)));
    for (int64_t n = 0; n < columns; n++) c[n * job.c_column] = row[n];
}

inline void settle_row(const Vector *sum, const PanelRow &job, float *c, int64_t columns) {
    if (columns == width && job.c_column == 1) {
        const Vector alpha = splat(job.alpha);
        for (int j = 0; j < 2; j++) store(c + j * lanes, settle(sum[j], alpha, job.add ? load(c + j * lanes) : Vector{}));
        return;
    }
    alignas(64) float sums[width];
    for (int j = 0; j < 2; j++) store(sums + j * lanes, sum[j]);
    settle_part(sums, job, c, columns);
}

/* rows x (panels * width) elements of C from a packed panel of A ([k][rows]) and neighbouring packed panels of B. */
template <int rows, int panels>
void multiply(const PanelRow &job, const float *b, float *c, int64_t columns) {
    Vector sum[rows][panels * 2] = {};
    const float *a = job.a;
    const int64_t next = job.depth * width;
    if (job.add && job.c_column == 1)
        for (int i = 0; i < rows; i++)
            for (int p = 0; p < panels * width; p += 16) __builtin_prefetch(c + i * job.c_row + p, 1);
    for (int64_t k = 0; k < job.depth; k++) {
        Vector right[panels * 2];
#pragma GCC unroll 8
        for (int j = 0; j < panels * 2; j++) {
            right[j] = load(b + (j / 2) * next + (j % 2) * lanes);
            if (panels == 1 && j * lanes % 16 == 0) __builtin_prefetch(b + j * lanes + ahead, 0, 2);
        }
#pragma GCC unroll 16
        for (int i = 0; i < rows; i++) {
            const Vector left = splat(a[i]);
#pragma GCC unroll 8
            for (int j = 0; j < panels * 2; j++) sum[i][j] += left * right[j];
        }
        a += rows;
        b += width;
    }
#pragma GCC unroll 16
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (int p = 0; p < panels; p++)
            settle_row(&sum[i][2 * p], job, c + i * job.c_row + p * width * job.c_column, p + 1 < panels ? width : columns - p * width);
}

/* One panel of A times all panels of B of the tile. */
template <int rows>
void multiply_row(const PanelRow &job) {
    constexpr int fit = tall / rows;
    constexpr int panels = fit >= 4 ? 4 : fit >= 2 ? 2 : 1;
    const int64_t step = panels * width;
    int64_t n = 0;
    if (panels > 1)
        for (; n + step <= job.columns; n += step) multiply<rows, panels>(job, job.b + n * job.depth, job.c + n * job.c_column, step);
    for (; n < job.columns; n += width)
        multiply<rows, 1>(job, job.b + n * job.depth, job.c + n * job.c_column, job.columns - n < width ? job.columns - n : width);
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

/* One panel of a Packing. */
struct Panel {
    const float *from;
    float *to;
    int64_t lanes; /* of the source */
    int64_t pitch; /* >= lanes */
};

inline int64_t count_panels(const Packing &job) { return (job.lanes + job.pitch - 1) / job.pitch; }

inline Panel panel_at(const Packing &job, int64_t index) {
    const int64_t first = index * job.pitch, left = job.lanes - first, count = left < job.pitch ? left : job.pitch;
    return {job.from + first * job.lane_stride, job.to + first * job.depth, count, job.padded ? job.pitch : count};
}

/* Any strides; k in [first, depth). */
void pack_scalar(const Packing &job, const Panel &panel, int64_t first) {
    for (int64_t k = first; k < job.depth; k++) {
        const float *from = panel.from + k * job.k_stride;
        float *to = panel.to + k * panel.pitch;
        for (int64_t l = 0; l < panel.lanes; l++) to[l] = from[l * job.lane_stride];
        for (int64_t l = panel.lanes; l < panel.pitch; l++) to[l] = 0;
    }
}

/* Lanes are neighbours in memory: rows are copied in whole vectors. A load may run past the lanes into the next row of the same matrix,
 * and a store past the pitch into the next row of the panel, which is written afterwards; so the last row goes element by element, and
 * everything where a load or a store would reach further. Eight rows at a time: their lines stay in the L1 cache from panel to panel,
 * even where rows or panels lie a multiple of 4096 bytes apart. */
template <int vectors>
void copy_rows(const Packing &job, int64_t panels) {
    constexpr int64_t together = 8;
    for (int64_t first = 0; first + 1 < job.depth; first += together) {
        const int64_t end = first + together < job.depth - 1 ? first + together : job.depth - 1;
        for (int64_t p = 0; p < panels; p++)
            for (int64_t k = first; k < end; k++) {
                const float *from = job.from + p * job.pitch + k * job.k_stride;
                float *to = job.to + (p * job.depth + k) * job.pitch;
                for (int v = 0; v < vectors; v++) {
                    store(to + v * lanes, load(from + v * lanes));
                    __builtin_prefetch(from + v * lanes + together * job.k_stride);
                }
            }
    }
}

void pack_copy(const Packing &job) {
    const int64_t panels = count_panels(job), vectors = (job.pitch + lanes - 1) / lanes;
    int64_t whole = job.lanes / job.pitch;
    if (job.k_stride < lanes || vectors > 2 || (whole > 1 && 2 * job.pitch < vectors * lanes)) whole = 0;
    if (whole > 0) vectors == 1 ? copy_rows<1>(job, whole) : copy_rows<2>(job, whole);
    for (int64_t p = 0; p < panels; p++) pack_scalar(job, panel_at(job, p), p < whole ? job.depth - 1 : 0);
}

inline Vector load_first(const float *from, int64_t count) {
    alignas(64) float part[lanes] = {};
    memcpy(part, from, size_t(count) * sizeof(float));
    return load(part);
}

/* k runs along memory: blocks of lanes x lanes are transposed. A block's rows are stored whole, the excess of the last vector of a row
 * being overwritten by the next row or panel; so k ascends, and a row's vectors too. */
void pack_transpose(const Packing &job, const Panel &panel) {
    for (int64_t k = 0; k < job.depth; k += lanes) {
        const int64_t steps = job.depth - k < lanes ? job.depth - k : lanes;
        for (int64_t l = 0; l < panel.pitch; l += lanes) {
            Vector block[lanes];
#pragma GCC unroll 16
            for (int64_t i = 0; i < lanes; i++) {
                const float *from = panel.from + (l + i) * job.lane_stride + k;
                block[i] = l + i >= panel.lanes ? Vector{} : steps == lanes ? load(from) : load_first(from, steps);
                if (l + i < panel.lanes) __builtin_prefetch(from + 8 * lanes, 0, 2);
            }
            transpose(block);
            float *to = panel.to + k * panel.pitch + l;
            if (steps == lanes) {
#pragma GCC unroll 16
                for (int64_t i = 0; i < lanes; i++) store(to + i * panel.pitch, block[i]);
            } else {
                for (int64_t i = 0; i < steps; i++) store(to + i * panel.pitch, block[i]);
            }
        }
    }
}

void pack_panels(const Packing &job) {
    if (job.lane_stride == 1 && job.lanes > 1) {
        pack_copy(job);
        return;
    }
    for (int64_t p = 0; p < count_panels(job); p++) {
        const Panel panel = panel_at(job, p);
        if (job.k_stride != 1)
            pack_scalar(job, panel, 0);
        else if (panel.pitch == 1)
            memcpy(panel.to, panel.from, size_t(job.depth) * sizeof(float));
        else
            pack_transpose(job, panel);
    }
}

}  // namespace
}  // namespace leeway
