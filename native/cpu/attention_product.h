/* attention_product.h: small matrix products and transposes for attention, in the registers of the instruction set that the including
 * file is compiled for. Everything has internal linkage, since each instruction set has its own copy.
 *
 * Every element of a product is one chain of fused multiply-adds over depth in ascending order, whatever the shape of the product: so it
 * has the same bits in a tile of many rows and alone.
 */
#pragma once

#include "simd.h"

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

/* c (rows, columns) = or += a (rows, depth) b (depth, columns); columns is a multiple of 8. */
struct Product {
    int64_t rows;
    int64_t depth;
    int64_t columns;
    const float *a;
    int64_t a_row;  /* elements between rows of a */
    int64_t a_step; /* elements between columns of a */
    const float *b;
    int64_t b_row;
    float *c;
    int64_t c_row;
    bool accumulate;
};

template <int W, int R, int V>
inline void product_tile(const Product &p, int64_t row, int64_t column) {
    using vector = typename Lanes<W>::vector;
    using unaligned = typename Lanes<W>::unaligned;
    vector sum[R][V];
    float *c = p.c + row * p.c_row + column;
#pragma GCC unroll 8
    for (int r = 0; r < R; r++)
#pragma GCC unroll 8
        for (int v = 0; v < V; v++)
            sum[r][v] = p.accumulate ? *reinterpret_cast<const unaligned *>(c + r * p.c_row + v * W) : vector{};
    const float *a = p.a + row * p.a_row;
    const float *b = p.b + column;
    for (int64_t k = 0; k < p.depth; k++, a += p.a_step, b += p.b_row) {
        vector right[V];
#pragma GCC unroll 8
        for (int v = 0; v < V; v++) right[v] = *reinterpret_cast<const unaligned *>(b + v * W);
#pragma GCC unroll 8
        for (int r = 0; r < R; r++)
#pragma GCC unroll 8
            for (int v = 0; v < V; v++) sum[r][v] += a[r * p.a_row] * right[v];
    }
#pragma GCC unroll 8
    for (int r = 0; r < R; r++)
#pragma GCC unroll 8
        for (int v = 0; v < V; v++) *reinterpret_cast<unaligned *>(c + r * p.c_row + v * W) = sum[r][v];
}

/* Columns column .. column + W * V of all rows. */
template <int W, int V>
inline void product_panel(const Product &p, int64_t column) {
    int64_t row = 0;
    for (; row + row_tile <= p.rows; row += row_tile) product_tile<W, row_tile, V>(p, row, column);
    switch (p.rows - row) {
        case 1: return product_tile<W, 1, V>(p, row, column);
        case 2: return product_tile<W, 2, V>(p, row, column);
        case 3: return product_tile<W, 3, V>(p, row, column);
        case 4: return product_tile<W, 4, V>(p, row, column);
        case 5: return product_tile<W, 5, V>(p, row, column);
    }
}

void multiply(const Product &p) {
    int64_t column = 0;
    for (; column + width * column_tile <= p.columns; column += width * column_tile) product_panel<width, column_tile>(p, column);
    if constexpr (column_tile > 2) {
        if (p.columns - column >= 3 * width) {
            product_panel<width, 3>(p, column);
            column += 3 * width;
        }
        if (p.columns - column >= 2 * width) {
            product_panel<width, 2>(p, column);
            column += 2 * width;
        }
    }
    if (p.columns - column >= width) {
        product_panel<width, 1>(p, column);
        column += width;
    }
    if constexpr (width == 16)
        if (column < p.columns) product_panel<8, 1>(p, column);
}

/* Eight rows of eight become eight columns: to[c * to_row + r] = from[r][c]. */
inline void transpose_8x8(const float *const *from, int64_t column, float *to, int64_t to_row) {
    using unaligned = Lanes<8>::unaligned;
    f32x8 x[8], y[8];
#pragma GCC unroll 8
    for (int r = 0; r < 8; r++) x[r] = *reinterpret_cast<const unaligned *>(from[r] + column);
#pragma GCC unroll 4
    for (int r = 0; r < 4; r++) {
        y[r] = __builtin_shufflevector(x[2 * r], x[2 * r + 1], 0, 8, 1, 9, 4, 12, 5, 13);
        y[r + 4] = __builtin_shufflevector(x[2 * r], x[2 * r + 1], 2, 10, 3, 11, 6, 14, 7, 15);
    }
    /* y[r] holds rows 2r, 2r+1 of columns 0, 1 and 4, 5; y[r+4] of columns 2, 3 and 6, 7 */
#pragma GCC unroll 4
    for (int r = 0; r < 4; r++) {
        x[2 * r] = __builtin_shufflevector(y[2 * r], y[2 * r + 1], 0, 1, 8, 9, 4, 5, 12, 13);
        x[2 * r + 1] = __builtin_shufflevector(y[2 * r], y[2 * r + 1], 2, 3, 10, 11, 6, 7, 14, 15);
    }
    /* x[2r], x[2r+1]: rows 4(r%2) .. +3 of columns 2(r/2), +4 and 2(r/2)+1, +4 */
#pragma GCC unroll 4
    for (int c = 0; c < 4; c++) {
        int low = (c / 2) * 4 + c % 2;
        *reinterpret_cast<unaligned *>(to + c * to_row) = __builtin_shufflevector(x[low], x[low + 2], 0, 1, 2, 3, 8, 9, 10, 11);
        *reinterpret_cast<unaligned *>(to + (c + 4) * to_row) = __builtin_shufflevector(x[low], x[low + 2], 4, 5, 6, 7, 12, 13, 14, 15);
    }
}

}  // namespace
}  // namespace leeway
