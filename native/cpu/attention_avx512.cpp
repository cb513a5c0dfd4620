/* attention_avx512.cpp: attention for processors with AVX-512. */
#include "attention_gradient.h"

const leeway::AttentionSet leeway::attention_avx512 = {leeway::kernels<float, float>, leeway::kernels<float, leeway::bf16>};
