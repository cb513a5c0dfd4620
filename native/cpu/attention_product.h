/* attention_product.h: small matrix products and transposes for attention, in the registers of the instruction set that the including
 * file is compiled for. Everything has internal linkage, since each instruction set has its own copy.
 *
 * Every element of a product is one chain over depth in ascending order, of fused multiply-adds or of sums of two products of bf16,
 * whatever the shape of the product: so it has the same bits in a tile of many rows and alone.
 */
#pragma once

#if defined(__AVX512BF16__)
#include <immintrin.h>
#endif

#include "bf16.h"

namespace leeway {
namespace {

#if defined(__AVX512F__)
constexpr int width = 16, row_tile = 6, column_tile = 4;
#elif defined(__AVX2__)
constexpr int width = 8, row_tile = 6, column_tile = 2;
#elif defined(__aarch64__)
constexpr int width = 4, row_tile = 6, column_tile = 4;
#else
constexpr int width = 4, row_tile = 4, column_tile = 2;
#endif

template <int W>
struct Lanes {
    typedef float vector __attribute__((vector_size(W * sizeof(float))));
    typedef float unaligned __attribute__((vector_size(W * sizeof(float)), aligned(4), may_alias));
};

/* c (rows, columns) = or += a (rows, depth) b (depth, columns); columns is a multiple of 16. The elements of a and b are words: one float,
 * or two neighbours in depth as bf16, the first one in the lower half; depth counts words. */
struct Product {
    int64_t rows;
    int64_t depth;
    int64_t columns;
    const float *a;
    int64_t a_row;  /* words between rows of a */
    int64_t a_step; /* words between columns of a */
    const float *b;
    int64_t b_row;
    float *c;
    int64_t c_row;
    bool accumulate;
};

using vector = Lanes<width>::vector;
using unaligned = Lanes<width>::unaligned;

/* sum + the products of a word: of floats fused; of bf16 the second of the pair first, each with one rounding (VDPBF16PS). */
template <class Number>
inline vector add_products(vector sum, float a, vector b) {
#if defined(__AVX512BF16__)
    if constexpr (sizeof(Number) == 2) return vector(_mm512_dpbf16_ps(__m512(sum), __m512bh(_mm512_set1_ps(a)), __m512bh(b)));
#endif
    return sum + a * b;
}

template <class Number, int R, int V>
inline void product_tile(const Product &p, int64_t row, int64_t column) {
    vector sum[R][V];
    float *c = p.c + row * p.c_row + column;
#pragma GCC unroll 8
    for (int r = 0; r < R; r++)
#pragma GCC unroll 8
        for (int v = 0; v < V; v++)
            sum[r][v] = p.accumulate ? *reinterpret_cast<const unaligned *>(c + r * p.c_row + v * width) : vector{};
    const float *a = p.a + row * p.a_row;
    const float *b = p.b + column;
    for (int64_t k = 0; k < p.depth; k++, a += p.a_step, b += p.b_row) {
        vector right[V];
#pragma GCC unroll 8
        for (int v = 0; v < V; v++) right[v] = *reinterpret_cast<const unaligned *>(b + v * width);
#pragma GCC unroll 8
        for (int r = 0; r < R; r++)
#pragma GCC unroll 8
            for (int v = 0; v < V; v++) sum[r][v] = add_products<Number>(sum[r][v], a[r * p.a_row], right[v]);
    }
#pragma GCC unroll 8
    for (int r = 0; r < R; r++)
#pragma GCC unroll 8
        for (int v = 0; v < V; v++) *reinterpret_cast<unaligned *>(c + r * p.c_row + v * width) = sum[r][v];
}

/* Columns column .. column + width * V of all rows. */
template <class Number, int V>
inline void product_panel(const Product &p, int64_t column) {
    int64_t row = 0;
    for (; row + row_tile <= p.rows; row += row_tile) product_tile<Number, row_tile, V>(p, row, column);
    switch (p.rows - row) {
        case 1: return product_tile<Number, 1, V>(p, row, column);
        case 2: return product_tile<Number, 2, V>(p, row, column);
        case 3: return product_tile<Number, 3, V>(p, row, column);
        case 4: return product_tile<Number, 4, V>(p, row, column);
        case 5: return product_tile<Number, 5, V>(p, row, column);
    }
}

template <class Number>
void multiply(const Product &p) {
    static_assert(width == 16 || 16 % (width * column_tile) == 0);
    int64_t column = 0;
    for (; column + width * column_tile <= p.columns; column += width * column_tile) product_panel<Number, column_tile>(p, column);
    if constexpr (width * column_tile == 64) {
        switch ((p.columns - column) / width) {
            case 1: return product_panel<Number, 1>(p, column);
            case 2: return product_panel<Number, 2>(p, column);
            case 3: return product_panel<Number, 3>(p, column);
        }
    }
}

/* Four floats of rows 0, 4, 8 and 12. */
inline f32x16 load_quarters(const float *row, int64_t stride) {
    using vector = Lanes<4>::vector;
    using unaligned = Lanes<4>::unaligned;
    vector a = *reinterpret_cast<const unaligned *>(row), b = *reinterpret_cast<const unaligned *>(row + 4 * stride);
    vector c = *reinterpret_cast<const unaligned *>(row + 8 * stride), d = *reinterpret_cast<const unaligned *>(row + 12 * stride);
    f32x8 low = __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7), high = __builtin_shufflevector(c, d, 0, 1, 2, 3, 4, 5, 6, 7);
    return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

/* Sixteen rows of columns words become sixteen columns: to[c * to_row + r] = from[r * stride + c]. */
void transpose_16(const float *from, int64_t stride, int64_t columns, float *to, int64_t to_row) {
    for (int64_t c = columns / 4 * 4; c < columns; c++)
        for (int64_t r = 0; r < 16; r++) to[c * to_row + r] = from[r * stride + c];
    for (int64_t c = 0; c + 4 <= columns; c += 4, from += 4, to += 4 * to_row) {
        f32x16 a = load_quarters(from, stride), b = load_quarters(from + stride, stride);
        f32x16 d = load_quarters(from + 2 * stride, stride), e = load_quarters(from + 3 * stride, stride);
        /* in every quarter: columns 0 and 1, 2 and 3 of rows 0 and 1, 2 and 3 */
        f32x16 ab01 = __builtin_shufflevector(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
        f32x16 ab23 = __builtin_shufflevector(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
        f32x16 de01 = __builtin_shufflevector(d, e, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
        f32x16 de23 = __builtin_shufflevector(d, e, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
        store(to, __builtin_shufflevector(ab01, de01, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29));
        store(to + to_row, __builtin_shufflevector(ab01, de01, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31));
        store(to + 2 * to_row, __builtin_shufflevector(ab23, de23, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29));
        store(to + 3 * to_row, __builtin_shufflevector(ab23, de23, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31));
    }
}

/* sum_lanes and max_lanes of simd.h, value for value, without the way through memory. */
template <class Combine>
inline float fold_lanes(f32x16 v, Combine combine) {
    using f32x4 = Lanes<4>::vector;
    f32x8 eight = combine(f32x8(__builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7)),
                          f32x8(__builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15)));
    f32x4 four = combine(f32x4(__builtin_shufflevector(eight, eight, 0, 1, 2, 3)),
                         f32x4(__builtin_shufflevector(eight, eight, 4, 5, 6, 7)));
    f32x4 two = combine(four, f32x4(__builtin_shufflevector(four, four, 2, 3, 0, 1)));
    return combine(two, f32x4(__builtin_shufflevector(two, two, 1, 0, 3, 2)))[0];
}

inline float fold_sum(f32x16 v) {
    return fold_lanes(v, [](auto x, auto y) { return x + y; });
}

inline float fold_max(f32x16 v) {
    return fold_lanes(v, [](auto x, auto y) { return y > x ? y : x; });
}

}  // namespace
}  // namespace leeway
