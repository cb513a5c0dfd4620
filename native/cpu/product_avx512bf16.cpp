/* product_avx512bf16.cpp: the matrix product's loops on pairs of bf16 for AVX512-BF16: 32 registers: 28 sums, 2 of B, 1 of A.
 *
 * vdpbf16ps rounds sum + (product of the upper halves), then that + (product of the lower halves), the products being exact; so with the
 * lower k in the upper half a sum has the bits of a chain of fused multiply-adds on the widened numbers, but for subnormal numbers, which
 * it takes as 0.
 */
namespace leeway {
namespace {
constexpr int lanes = 16;
constexpr int tall = 14;
}  // namespace
}  // namespace leeway

#include <immintrin.h>

#include "product_vector.h"

namespace leeway {
namespace {
inline Vector fused(Vector sum, Vector left, Vector right) { return _mm512_dpbf16_ps(sum, (__m512bh)left, (__m512bh)right); }
}  // namespace
}  // namespace leeway

#include "product_kernel.h"
#include "product_pack.h"

namespace leeway {

extern const ProductLoops product_loops_avx512bf16 = {tall, width, 0, 2, multiply_tile, pack_source<Pairs>};

}  // namespace leeway
