/* product_avx512.cpp: the matrix product's loops for AVX-512: 32 registers of 16 floats: 28 sums, 2 of B, 1 of A. */
namespace leeway {
namespace {
constexpr int lanes = 16;
constexpr int tall = 14;
}  // namespace
}  // namespace leeway

#include "product_floats.h"

const leeway::ProductLoops leeway::product_loops_avx512 = leeway::float_loops;
