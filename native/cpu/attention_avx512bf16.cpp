/* attention_avx512bf16.cpp: attention over bf16 for processors with AVX512-BF16: products of pairs, summed in fp32. */
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized" // in gcc 12's own intrinsics (its bug 105593)
#include "attention_gradient.h"

const leeway::AttentionKernels leeway::attention_avx512bf16 = leeway::kernels<leeway::bf16, leeway::bf16>;
