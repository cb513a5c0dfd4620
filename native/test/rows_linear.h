/* rows_linear.h: matrices in double that carry a bound of the error which fp32 arithmetic makes of them.
 *
 * Every rule below is the first-order bound of one rounding step, so the bounds of a whole layer or head are derived by writing down its
 * formula. u = 2^-24. A sum of K products in blocks of 512 has at most min(K,512) roundings inside a block, one for each block's
 * addition and, without fused multiply-adds, one of the product: chain(K) below, each of at most u times the sum of |terms| (Higham
 * 2002, eq. 3.5).
 */
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "number.h"

namespace table {

struct Approx {
    int64_t rows = 0;
    int64_t columns = 0;
    std::vector<double> value;
    std::vector<double> error;

    double &at(int64_t row, int64_t column) { return value[size_t(row * columns + column)]; }
    double at(int64_t row, int64_t column) const { return value[size_t(row * columns + column)]; }
    double &error_at(int64_t row, int64_t column) { return error[size_t(row * columns + column)]; }
    double error_at(int64_t row, int64_t column) const { return error[size_t(row * columns + column)]; }
};

inline Approx zeros(int64_t rows, int64_t columns) {
    return {rows, columns, std::vector<double>(size_t(rows * columns)), std::vector<double>(size_t(rows * columns))};
}

inline Approx exact(const std::vector<double> &values, int64_t rows, int64_t columns) {
    Approx matrix = zeros(rows, columns);
    matrix.value = values;
    return matrix;
}

inline Approx exact(const std::vector<float> &values, int64_t rows, int64_t columns) { return exact(widen(values), rows, columns); }

inline Approx transposed(const Approx &a) {
    Approx t = zeros(a.columns, a.rows);
    for (int64_t r = 0; r < a.rows; r++)
        for (int64_t c = 0; c < a.columns; c++) t.at(c, r) = a.at(r, c), t.error_at(c, r) = a.error_at(r, c);
    return t;
}

inline double chain(int64_t depth) { return double(std::min<int64_t>(depth, 512) + (depth + 511) / 512 + 1); }

/* A B */
inline Approx product(const Approx &a, const Approx &b) {
    Approx c = zeros(a.rows, b.columns);
    const double roundings = chain(a.columns) * u;
    for (int64_t m = 0; m < a.rows; m++)
        for (int64_t k = 0; k < a.columns; k++) {
            const double left = a.at(m, k), left_error = a.error_at(m, k), size = std::fabs(left) + left_error;
            for (int64_t n = 0; n < b.columns; n++) {
                const double right = b.at(k, n), right_error = b.error_at(k, n);
                c.at(m, n) += left * right;
                c.error_at(m, n) += left_error * std::fabs(right) + size * (right_error + roundings * (std::fabs(right) + right_error));
            }
        }
    return c;
}

/* a + factor b, at most two roundings */
inline Approx plus(const Approx &a, const Approx &b, double factor = 1.0) {
    Approx c = a;
    for (size_t i = 0; i < c.value.size(); i++) {
        c.error[i] += std::fabs(factor) * b.error[i] + 2 * u * (std::fabs(a.value[i]) + std::fabs(factor * b.value[i]));
        c.value[i] += factor * b.value[i];
    }
    return c;
}

/* a * mask elementwise, at most three roundings */
inline Approx masked(const Approx &a, const Approx &mask) {
    Approx c = a;
    for (size_t i = 0; i < c.value.size(); i++) {
        c.value[i] *= mask.value[i];
        c.error[i] = c.error[i] * mask.value[i] + 3 * u * std::fabs(c.value[i]);
    }
    return c;
}

/* One row: the sum of a's rows. */
inline Approx row_sum(const Approx &a) { return product(exact(std::vector<double>(size_t(a.rows), 1.0), 1, a.rows), a); }

/* a behind a store as type. */
inline Approx stored(leeway_dtype type, Approx a) {
    a.error = stored(type, a.value, a.error);
    return a;
}

inline void expect(Run &run, const std::string &what, const std::vector<float> &got, const Approx &want) {
    run.expect(what, got, want.value, want.error);
}

/* sum of a * weights */
inline double dot(const Approx &a, const std::vector<float> &weights) {
    double sum = 0;
    for (size_t i = 0; i < weights.size(); i++) sum += a.value[i] * double(weights[i]);
    return sum;
}

}  // namespace table
