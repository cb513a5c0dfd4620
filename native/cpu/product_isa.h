/* product_isa.h: what one instruction set gives to the matrix product. Plain data: included by files with different compile flags. */
#pragma once

#include <cstdint>

namespace leeway {

/* One packed panel of A ([depth][rows]) times the packed panels of B ([panel][depth][width]) that cover columns columns of C. */
struct PanelRow {
    const float *a;
    const float *b;
    float *c;
    int64_t c_stride;
    int64_t rows; /* 1..height */
    int64_t columns;
    int64_t depth;
    float alpha;
    bool add; /* C += alpha * sum, else C = alpha * sum */
};

/* to[k][pitch] = from[lane * lane_stride + k * k_stride] for lanes of them; zeros up to pitch. One stride is 1 where it is to be fast.
 * Up to 15 floats behind to[depth * pitch] may be overwritten. */
struct Packing {
    const float *from;
    int64_t lane_stride;
    int64_t k_stride;
    int64_t lanes; /* 1..pitch */
    int64_t depth;
    int64_t pitch;
    float *to;
};

struct ProductLoops {
    int64_t height; /* largest number of rows of a panel of A */
    int64_t width;  /* columns of a panel of B */
    void (*panel_row)(const PanelRow &);
    void (*pack)(const Packing &);
};

extern const ProductLoops product_loops_avx512;
extern const ProductLoops product_loops_avx2;
extern const ProductLoops product_loops_portable;

}  // namespace leeway
