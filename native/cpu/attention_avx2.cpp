/* attention_avx2.cpp: attention for processors with AVX2 and FMA. */
#include "attention_gradient.h"

const leeway::AttentionKernels leeway::attention_avx2 = leeway::kernels;
