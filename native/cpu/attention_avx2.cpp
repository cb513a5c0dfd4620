/* attention_avx2.cpp: attention for processors with AVX2 and FMA. */
#include "attention_gradient.h"

const leeway::AttentionSet leeway::attention_avx2 = {leeway::kernels<float, float>, leeway::kernels<float, leeway::bf16>};
