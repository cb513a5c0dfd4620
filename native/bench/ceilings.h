/* ceilings.h: what this processor can do at most: multiply-adds from registers, reads from memory. One thread. */
#pragma once

#include <cstdint>

/* Runs so many rounds; returns the floating-point operations done. */
double spin_fma(int64_t rounds);
/* The same with pairs of bf16; 0 where the processor has no AVX512-BF16. */
double spin_pairs(int64_t rounds);
/* Reads all bytes once. */
void read_memory(const void *memory, int64_t bytes);
