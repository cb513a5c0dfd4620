/* attention_portable.cpp: attention in the instructions that every processor of the architecture has. */
#include "attention_gradient.h"

const leeway::AttentionKernels leeway::attention_portable = leeway::kernels;
