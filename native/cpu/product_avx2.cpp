/* product_avx2.cpp: the matrix product's loops for AVX2 and FMA: 16 registers of 8 floats: 12 sums, 2 of B, 1 of A. */
namespace leeway {
namespace {
constexpr int lanes = 8;
constexpr int tall = 6;
}  // namespace
}  // namespace leeway

#include "product_floats.h"

const leeway::ProductLoops leeway::product_loops_avx2 = leeway::float_loops;
