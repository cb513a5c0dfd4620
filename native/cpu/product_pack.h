/* product_pack.h: packing of panels for one instruction set (see product_isa.h). Included by product_<isa>.cpp behind product_vector.h, so
 * everything here has internal linkage, too.
 *
 * A Source says how elements in memory become steps: F32 as they are, Widened bf16 to floats, Pairs of bf16.
 */
#pragma once

#include <utility>

#include "product_isa.h"
#include "product_vector.h"

namespace leeway {
namespace {

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

struct F32 {
    using Element = float;
    static constexpr int64_t step = 1;
    static Vector across(const Element *from) { return load(from); }
    static Vector down(const Element *from, int64_t) { return load(from); }
    static uint32_t one(const Element *from, int64_t, bool) {
        uint32_t bits;
        memcpy(&bits, from, sizeof bits);
        return bits;
    }
};

struct Widened {
    using Element = uint16_t;
    static constexpr int64_t step = 1;
    static Vector across(const Element *from) { return load_narrow(from); }
    static Vector down(const Element *from, int64_t) { return load_narrow(from); }
    static uint32_t one(const Element *from, int64_t, bool) { return uint32_t(*from) << 16; }
};

struct Pairs {
    using Element = uint16_t;
    static constexpr int64_t step = 2;
    static Vector across(const Element *from) {
        const Bits bits = Bits(load(from));
        return Vector(bits << 16 | bits >> 16);
    }
    static Vector down(const Element *from, int64_t k_stride) { return Vector(load_halves(from) << 16 | load_halves(from + k_stride)); }
    static uint32_t one(const Element *from, int64_t k_stride, bool whole) { return uint32_t(*from) << 16 | (whole ? from[k_stride] : 0); }
};

/* A Packing of one Source, in steps. across(from): the next lanes steps of one lane, whose k are neighbours in memory. down(from): one
 * step of the next lanes lanes, which are neighbours. one: a single step, whole unless its last k is missing. */
template <class Source>
struct Sheet {
    const typename Source::Element *from;
    int64_t lane_stride;
    int64_t k_stride;
    int64_t lanes;
    int64_t elements; /* of a lane */
    int64_t depth;    /* steps of a lane */
    int64_t pitch;
    bool padded;
    float *to;

    explicit Sheet(const Packing &job)
        : from(static_cast<const typename Source::Element *>(job.from)), lane_stride(job.lane_stride), k_stride(job.k_stride),
          lanes(job.lanes), elements(job.depth), depth((job.depth + Source::step - 1) / Source::step), pitch(job.pitch),
          padded(job.padded), to(job.to) {}
    int64_t panels() const { return (lanes + pitch - 1) / pitch; }
};

template <class Source>
struct Panel {
    const typename Source::Element *from;
    float *to;
    int64_t lanes; /* of the source */
    int64_t pitch; /* >= lanes */
    Panel(const Sheet<Source> &sheet, int64_t index)
        : from(sheet.from + index * sheet.pitch * sheet.lane_stride), to(sheet.to + index * sheet.pitch * sheet.depth),
          lanes(sheet.lanes - index * sheet.pitch < sheet.pitch ? sheet.lanes - index * sheet.pitch : sheet.pitch),
          pitch(sheet.padded ? sheet.pitch : lanes) {}
};

/* Any strides; steps in [first, depth). */
template <class Source>
void pack_scalar(const Sheet<Source> &sheet, const Panel<Source> &panel, int64_t first) {
    for (int64_t s = first; s < sheet.depth; s++) {
        const auto *from = panel.from + s * Source::step * sheet.k_stride;
        const bool whole = (s + 1) * Source::step <= sheet.elements;
        for (int64_t l = 0; l < panel.pitch; l++) {
            const uint32_t bits = l < panel.lanes ? Source::one(from + l * sheet.lane_stride, sheet.k_stride, whole) : 0;
            memcpy(panel.to + s * panel.pitch + l, &bits, sizeof bits);
        }
    }
}

/* Lanes are neighbours in memory: rows are copied in whole vectors. A load may run past the lanes into the next row of the same matrix,
 * and a store past the pitch into the next row of the panel, which is written afterwards; so the last step goes lane by lane, and
 * everything where a load or a store would reach further. Eight steps at a time: their lines stay in the L1 cache from panel to panel,
 * even where rows or panels lie a multiple of 4096 bytes apart. */
template <int vectors, class Source>
void copy_rows(const Sheet<Source> &sheet, int64_t panels) {
    constexpr int64_t together = 8;
    const int64_t stride = sheet.k_stride * Source::step;
    for (int64_t first = 0; first + 1 < sheet.depth; first += together) {
        const int64_t end = first + together < sheet.depth - 1 ? first + together : sheet.depth - 1;
        for (int64_t p = 0; p < panels; p++)
            for (int64_t s = first; s < end; s++) {
                const auto *from = sheet.from + p * sheet.pitch + s * stride;
                float *to = sheet.to + (p * sheet.depth + s) * sheet.pitch;
                for (int v = 0; v < vectors; v++) {
                    store(to + v * lanes, Source::down(from + v * lanes, sheet.k_stride));
                    __builtin_prefetch(from + v * lanes + together * stride);
                    if (Source::step == 2) __builtin_prefetch(from + v * lanes + together * stride + sheet.k_stride);
                }
            }
    }
}

template <class Source>
void pack_copy(const Sheet<Source> &sheet) {
    const int64_t panels = sheet.panels(), vectors = (sheet.pitch + lanes - 1) / lanes;
    int64_t whole = sheet.lanes / sheet.pitch;
    if (sheet.k_stride < lanes || vectors > 2 || (whole > 1 && 2 * sheet.pitch < vectors * lanes)) whole = 0;
    if (whole > 0) vectors == 1 ? copy_rows<1>(sheet, whole) : copy_rows<2>(sheet, whole);
    for (int64_t p = 0; p < panels; p++) pack_scalar(sheet, Panel<Source>(sheet, p), p < whole ? sheet.depth - 1 : 0);
}

template <class Source>
inline Vector load_first(const typename Source::Element *from, int64_t elements) {
    alignas(64) typename Source::Element part[lanes * Source::step] = {};
    memcpy(part, from, size_t(elements) * sizeof part[0]);
    return Source::across(part);
}

/* k runs along memory: blocks of lanes x lanes steps are transposed. A block's rows are stored whole, the excess of the last vector of a
 * row being overwritten by the next row or panel; so k ascends, and a row's vectors too. */
template <class Source>
void pack_transpose(const Sheet<Source> &sheet, const Panel<Source> &panel) {
    for (int64_t s = 0; s < sheet.depth; s += lanes) {
        const int64_t steps = sheet.depth - s < lanes ? sheet.depth - s : lanes, k = s * Source::step, left = sheet.elements - k;
        const int64_t far = 8 * lanes * Source::step; /* in the order of packing: behind a row's end comes the next panel's row */
        const int64_t ahead = left > far ? far : sheet.pitch * sheet.lane_stride + far - sheet.elements;
        for (int64_t l = 0; l < panel.pitch; l += lanes) {
            Vector block[lanes];
#pragma GCC unroll 16
            for (int64_t i = 0; i < lanes; i++) {
                const auto *from = panel.from + (l + i) * sheet.lane_stride + k;
                const bool inside = l + i < panel.lanes, all = left >= lanes * Source::step;
                block[i] = !inside ? Vector{} : all ? Source::across(from) : load_first<Source>(from, left);
                if (inside) __builtin_prefetch(from + ahead, 0, 2);
            }
            transpose(block);
            float *to = panel.to + s * panel.pitch + l;
            if (steps == lanes) {
#pragma GCC unroll 16
                for (int64_t i = 0; i < lanes; i++) store(to + i * panel.pitch, block[i]);
            } else {
                for (int64_t i = 0; i < steps; i++) store(to + i * panel.pitch, block[i]);
            }
        }
    }
}

template <class Source>
void pack_source(const Packing &job) {
    const Sheet<Source> sheet(job);
    if (sheet.lane_stride == 1 && sheet.lanes > 1) {
        pack_copy(sheet);
        return;
    }
    for (int64_t p = 0; p < sheet.panels(); p++) {
        const Panel<Source> panel(sheet, p);
        if (sheet.k_stride != 1)
            pack_scalar(sheet, panel, 0);
        else
            pack_transpose(sheet, panel);
    }
}

inline void pack_floats(const Packing &job) { job.narrow ? pack_source<Widened>(job) : pack_source<F32>(job); }

}  // namespace
}  // namespace leeway
