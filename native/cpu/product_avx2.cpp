/* product_avx2.cpp: the matrix product's loops for AVX2 and FMA: 16 registers of 8 floats: 12 sums, 2 of B, 1 of A. */
namespace leeway {
namespace {
constexpr int lanes = 8;
constexpr int tall = 6;
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

extern const ProductLoops product_loops_avx2 = {tall, width, 1, panel_row, pack_floats};

}  // namespace leeway
