/* product_portable.cpp: the matrix product's loops for any machine: 8 sums of 4 floats (SSE, NEON). */
namespace leeway {
namespace {
constexpr int lanes = 4;
constexpr int tall = 4;
}  // namespace
}  // namespace leeway

#include "product_vector.h"

namespace leeway {
namespace {
inline Vector fused(Vector sum, Vector left, Vector right) { return sum + left * right; }
}  // namespace
}  // namespace leeway

#include "product_kernel.h"
#include "product_pack.h"

namespace leeway {

extern const ProductLoops product_loops_portable = {tall, width, 1, panel_row, pack_floats};

}  // namespace leeway
