/* product_floats.h: the matrix product's loops on floats. Included by product_<isa>.cpp, which defines lanes and tall (see product_vector.h
 * and product_kernel.h). */
#pragma once

#include "product_vector.h"

namespace leeway {
namespace {
inline Vector fused(Vector sum, Vector left, Vector right) { return sum + left * right; }
}  // namespace
}  // namespace leeway

#include "product_pack.h"
#include "product_thin.h"

namespace leeway {
namespace {
constexpr ProductLoops float_loops = {tall, width, thin, 1, multiply_floats, pack_floats};
}  // namespace
}  // namespace leeway
