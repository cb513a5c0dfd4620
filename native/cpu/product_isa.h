/* product_isa.h: what one instruction set gives to the matrix product. Plain data: included by files with different compile flags.
 *
 * Packed panels hold steps of 32 bits: a float, or (where step is 2) a pair of bf16 of neighbouring k, the lower k in the upper half.
 */
#pragma once

#include <cstdint>

namespace leeway {

/* A matrix in memory: element (row, column) at row * row_stride + column * column_stride; bf16 where narrow, else float. */
struct Place {
    void *at;
    int64_t row;    /* elements between rows */
    int64_t column; /* and between columns */
    bool narrow;
};

/* How an operand lies in memory. */
struct Lying {
    int64_t stride = 0;  /* elements between rows of A, or between steps of B; 0: packed */
    bool narrow = false; /* bf16 */
};

/* One packed panel of A ([steps][rows]) times neighbouring packed panels of B ([panel][steps][width], so many floats apart) that cover
 * columns columns of C. Loops of floats also take one of them as it lies in memory: rows of A whose k are neighbours, B being one panel
 * [steps][width or half of it, if that is enough]; or width columns of B which are neighbours. For block after block of the steps,
 *     C = fma(alpha, the block's sum, C), C being before or 0 at first; and + bias behind the last block.
 * after = C, rounded once where after is narrow. before and after may be the same place. */
struct PanelTile {
    const void *a;
    const void *b;
    int64_t b_pitch;
    Lying a_lies, b_lies;
    Place before;      /* at = NULL: 0 */
    Place after;
    const float *bias; /* (columns) or NULL */
    int64_t rows;      /* 1..height */
    int64_t columns;   /* 1..width, or width * panels_at_once(height, rows) */
    int64_t steps;
    int64_t block;     /* steps of a block */
    float alpha;
};

/* Panels of pitch lanes, one behind the other: to[panel][step][lane] = the elements from[(panel * pitch + lane) * lane_stride + k *
 * k_stride] of the step's k, 0 for k >= depth. The last panel has what is left of the lanes: as it is, or filled up with zeros to pitch
 * where padded. One stride is 1 where it is to be fast. Up to 15 floats behind the last panel may be overwritten. */
struct Packing {
    const void *from;
    bool narrow; /* from holds bf16 */
    int64_t lane_stride;
    int64_t k_stride;
    int64_t lanes;
    int64_t depth; /* elements */
    int64_t pitch;
    bool padded;
    float *to;
};

struct ProductLoops {
    int64_t height; /* largest number of rows of a panel of A */
    int64_t width;  /* columns of a panel of B */
    int64_t thin;   /* largest number of rows of A that are multiplied where they lie; 0: none */
    int64_t step;   /* 1: floats (bf16 is widened while it is packed); 2: pairs of bf16 */
    void (*multiply)(const PanelTile &);
    void (*pack)(const Packing &);
};

/* With few rows a tile takes several panels of B at once, so that enough chains are in flight. */
constexpr int64_t panels_at_once(int64_t height, int64_t rows) { return height >= 4 * rows ? 4 : height >= 2 * rows ? 2 : 1; }

extern const ProductLoops product_loops_avx512bf16; /* pairs, panels as wide as those of product_loops_avx512 */
extern const ProductLoops product_loops_avx512;
extern const ProductLoops product_loops_avx2;
extern const ProductLoops product_loops_portable;

}  // namespace leeway
