/* product_avx512.cpp: the matrix product's loops for AVX-512: 32 registers of 16 floats: 28 sums, 2 of B, 1 of A. */
namespace leeway {
namespace {
constexpr int lanes = 16;
constexpr int tall = 14;
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

extern const ProductLoops product_loops_avx512 = {tall, width, 1, panel_row, pack_floats};

}  // namespace leeway
