/* product_isa.h: what one instruction set gives to the matrix product. Plain data: included by files with different compile flags. */
#pragma once

#include <cstdint>

namespace leeway {

/* One packed panel of A ([depth][rows]) times the packed panels of B ([panel][depth][width]) that cover columns columns of C. */
struct PanelRow {
    const float *a;
    const float *b;
    float *c;
    int64_t c_row;    /* elements between rows of C */
    int64_t c_column; /* and between columns */
    int64_t rows; /* 1..height */
    int64_t columns;
    int64_t depth;
    float alpha;
    bool add; /* C += alpha * sum, else C = alpha * sum */
};

/* Panels of pitch lanes, one behind the other: to[panel][k][lane] = from[(panel * pitch + lane) * lane_stride + k * k_stride]. The last
 * panel has what is left of the lanes: as it is, or filled up with zeros to pitch where padded. One stride is 1 where it is to be fast.
 * Up to 15 floats behind the last panel may be overwritten. */
struct Packing {
    const float *from;
    int64_t lane_stride;
    int64_t k_stride;
    int64_t lanes;
    int64_t depth;
    int64_t pitch;
    bool padded;
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
