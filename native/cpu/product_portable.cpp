/* product_portable.cpp: the matrix product's loops for any machine: 8 sums of 4 floats (SSE, NEON). */
namespace leeway {
namespace {
constexpr int lanes = 4;
constexpr int tall = 4;
}  // namespace
}  // namespace leeway

#include "product_floats.h"

const leeway::ProductLoops leeway::product_loops_portable = leeway::float_loops;
