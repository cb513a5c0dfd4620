/* vendor_call.h: a product of operand.h as cuBLASLt takes it. Its matrices are column by column, so C (rows, columns) row by row is its C
 * (columns, rows): m = columns, n = rows, its A is our B and its B our A. */
#pragma once

#include "operand.h"

namespace leeway {

/* A matrix column by column: element (r, c) at r + c * stride of data; used transposed where turned. */
struct ColumnMajor {
    const void *data;
    leeway_dtype dtype;
    int64_t rows;
    int64_t columns;
    int64_t stride;
    bool turned;
};

/* c = alpha * a b + beta * start, + bias of its row. */
struct VendorCall {
    ColumnMajor a;
    ColumnMajor b;
    ColumnMajor start;
    ColumnMajor c;
    const void *bias;
    float alpha;
    float beta;
};

/* Lanes are the columns of the operand as it is multiplied, k its rows: (depth, lanes), or stored (lanes, depth) and turned. */
inline ColumnMajor along_k(const Operand &operand, int64_t lanes, int64_t depth) {
    if (operand.k_stride == 1) return {operand.data, operand.dtype, depth, lanes, operand.lane_stride, false};
    return {operand.data, operand.dtype, lanes, depth, operand.k_stride, true};
}

inline VendorCall vendor_call(const Product &job) {
    const Term &term = job.term[0];
    ColumnMajor a = along_k(term.b, job.columns, term.depth);
    a.turned = !a.turned; /* (columns, depth) */
    const void *start = job.base != nullptr ? job.base : job.c;
    const leeway_dtype start_type = job.base != nullptr ? LEEWAY_F32 : job.dtype;
    const ColumnMajor c = {job.c, job.dtype, job.columns, job.rows, job.c_stride, false};
    return {.a = a,
            .b = along_k(term.a, job.rows, term.depth),
            .start = {start, start_type, job.columns, job.rows, job.c_stride, false},
            .c = c,
            .bias = job.bias,
            .alpha = term.alpha,
            .beta = job.accumulate || job.base != nullptr ? 1.0f : 0.0f};
}

/* Whether one call of cuBLASLt is the product: one term of operands of one type, rows and bias at multiples of 16 bytes, C of that type or
 * of fp32. */
inline bool fits_vendor(const Product &job) {
    if (job.terms != 1) return false;
    const VendorCall call = vendor_call(job);
    const auto aligned = [](const ColumnMajor &matrix) {
        return reinterpret_cast<uintptr_t>(matrix.data) % 16 == 0 && matrix.stride * bytes_of(matrix.dtype) % 16 == 0;
    };
    const bool types = call.a.dtype == call.b.dtype && (call.a.dtype == LEEWAY_F32 || call.a.dtype == LEEWAY_BF16) &&
                       (call.c.dtype == LEEWAY_F32 || call.c.dtype == call.a.dtype) && call.start.dtype == call.c.dtype;
    const bool bias_fits = call.bias == nullptr || (call.c.dtype == call.a.dtype && reinterpret_cast<uintptr_t>(call.bias) % 16 == 0);
    return types && bias_fits && aligned(call.a) && aligned(call.b) && aligned(call.c) && aligned(call.start);
}

}  // namespace leeway
