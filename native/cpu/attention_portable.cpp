/* attention_portable.cpp: attention in the instructions that every processor of the architecture has. */
#include "attention_gradient.h"

const leeway::AttentionSet leeway::attention_portable = {leeway::kernels<float, float>, leeway::kernels<float, leeway::bf16>};
