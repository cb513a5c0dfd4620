/* product_job.h: a product as its kernels see it, and which kernel takes it. */
#pragma once

#include "product_slice.h"

namespace leeway {

/* C (rows, columns): element (m, n) at m * c_row + n * c_column. C is what the launcher turned it to be: rows are left's lanes. */
struct Output {
    void *c;
    const void *start; /* what C starts from, or NULL: 0 */
    const void *bias;  /* of c's type, or NULL */
    int64_t row;
    int64_t column;
    bool narrow;       /* C and bias are bf16 */
    bool start_narrow;
    bool packs;        /* four columns from a multiple of 4 on are one access */
};

struct SidedProduct {
    Output out;
    int rows;
    int columns;
    int terms;
    SidedTerm term[2]; /* the second one's sides are F32 */
};

/* Where few rows or columns meet many: left has at most thin_lanes lanes. Same sums, same bits as tiles. */
inline constexpr int thin_lanes = 16;
leeway_status thin_product(leeway_stream *stream, const SidedProduct &job, leeway_dtype left, leeway_dtype right);

/* Whether tensor cores take a product: the first term is bf16 (B may be NF4, which counts as its bf16 copy), its rows begin at multiples of
 * 16 bytes, and its layout is one of a linear layer's: A and B along k (x W^T), A alone (dy W), or none (dy^T x). The number of rows has no
 * say. */
bool fits_tensor_cores(const SidedProduct &job, leeway_dtype left, leeway_dtype right);

/* Queues a product that fits (product_mma.cu). */
leeway_status tensor_product(leeway_stream *stream, const SidedProduct &job, leeway_dtype right);

/* body(left, right) with the Elements of a left of F32 or BF16 and a right of F32, BF16 or NF4 in std::type_identity. */
template <class Body>
leeway_status with_elements(leeway_dtype left, leeway_dtype right, Body body) {
    return with_type(left, [&](auto type) {
        using T = decltype(type);
        using Left = std::type_identity<Elements<T>>;
        if (right == LEEWAY_NF4) return body(Left(), std::type_identity<Nf4Elements<T>>());
        if (right == LEEWAY_BF16) return body(Left(), std::type_identity<Elements<bf16>>());
        return body(Left(), std::type_identity<Elements<float>>());
    });
}

__device__ inline float element(const void *x, int64_t at, bool narrow) {
    return narrow ? widen(static_cast<const bf16 *>(x)[at]) : static_cast<const float *>(x)[at];
}

}  // namespace leeway
