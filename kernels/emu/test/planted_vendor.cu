/* planted_vendor.cu: what cuBLASLt is asked to do (vendor_call.h), worked out on the host by its own rules, is the product of operand.h. */
#include <cmath>

#include "planted.h"
#include "vendor_call.h"

using namespace leeway;
using namespace planted;

namespace {

/* op(matrix)[r][c], as cuBLASLt addresses it. */
double at(const ColumnMajor &matrix, int64_t r, int64_t c) {
    if (matrix.turned) std::swap(r, c);
    return static_cast<const float *>(matrix.data)[r + c * matrix.stride];
}

void multiply(const VendorCall &call) {
    const int64_t m = call.c.rows, n = call.c.columns, k = call.a.turned ? call.a.rows : call.a.columns;
    for (int64_t c = 0; c < n; c++)
        for (int64_t r = 0; r < m; r++) {
            double sum = 0;
            for (int64_t i = 0; i < k; i++) sum += at(call.a, r, i) * at(call.b, i, c);
            const double start = call.beta == 0 ? 0 : call.beta * at(call.start, r, c);
            const double bias = call.bias == nullptr ? 0 : static_cast<const float *>(call.bias)[r];
            const_cast<float *>(static_cast<const float *>(call.c.data))[r + c * call.c.stride] = float(call.alpha * sum + start + bias);
        }
}

double element(const Operand &operand, int64_t lane, int64_t k) {
    return static_cast<const float *>(operand.data)[lane * operand.lane_stride + k * operand.k_stride];
}

constexpr int64_t rows = 3, columns = 8, depth = 4;
using Values = std::vector<float>;

Values counted(int64_t count, float first) {
    Values values(static_cast<size_t>(count));
    for (size_t i = 0; i < values.size(); i++) values[i] = first + float(i * i % 7);
    return values;
}

/* One layout of A and B, with all that a product can add. */
void compare(const char *name, const Operand &a, const Operand &b) {
    Values c = counted(rows * columns, 1), bias = counted(columns, 2);
    const Values before = c;
    Product job = dense_product(c.data(), rows, columns, true, {a, b, depth, 0.5f});
    job.bias = bias.data();
    multiply(vendor_call(job));
    bool equal = true;
    for (int64_t m = 0; m < rows; m++)
        for (int64_t n = 0; n < columns; n++) {
            double want = double(before[size_t(m * columns + n)]) + double(bias[size_t(n)]);
            for (int64_t k = 0; k < depth; k++) want += 0.5 * element(a, m, k) * element(b, n, k);
            equal = equal && std::abs(want - double(c[size_t(m * columns + n)])) < 1e-4;
        }
    expect(name, equal, "another product");
}

}  // namespace

std::vector<Plant> planted::plants_of_vendors() {
    return {{"layouts of cuBLASLt", [] {
                 const Values x = counted(rows * depth, 0), w = counted(columns * depth, 3);
                 compare("x W^T", by_row(x.data(), depth), by_row(w.data(), depth));
                 compare("dy W", by_row(x.data(), depth), by_column(w.data(), columns));
                 compare("dy^T x", by_column(x.data(), rows), by_column(w.data(), columns));
             }},
            {"products that cuBLASLt does not take", [] {
                 alignas(16) static float data[64];
                 const Operand even = by_row(data, 8), odd = by_row(data, 7);
                 expect("rows of 28 bytes", !fits_vendor(dense_product(data, 4, 8, false, {odd, even, 7})), "taken");
                 expect("rows of 32 bytes", fits_vendor(dense_product(data, 4, 8, false, {even, even, 8})), "not taken");
                 const Operand half = by_row(data, LEEWAY_BF16, 8);
                 expect("two types", !fits_vendor(dense_product(data, 4, 8, false, {half, even, 8})), "taken");
             }}};
}
