/* product_nf4.cpp: NF4 elements for the packing routine of the product, the values of dequantize. */
#include "nf4.h"
#include "product.h"

namespace leeway {

void nf4_decode(const void *codes, const float *absmax, int64_t first, int64_t count, float *y) {
    for (int64_t i = 0; i < count; i++) y[i] = nf4_element(static_cast<const uint8_t *>(codes), absmax, first + i);
}

void nf4_decode(const void *codes, const float *absmax, int64_t first, int64_t count, bf16 *y) {
    for (int64_t i = 0; i < count; i++) y[i] = round_to_bf16(nf4_element(static_cast<const uint8_t *>(codes), absmax, first + i));
}

}  // namespace leeway
