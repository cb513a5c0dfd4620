/* host.h: what this process may use of its host: a container may allow less than the machine has. */
#pragma once

#include <cstdint>

namespace leeway {

/* Processors this process may run on, capped by a CPU quota of its control group; at least 1. */
int64_t usable_processors();

/* Bytes an allocation can get now: the host's MemAvailable (otherwise where it isn't told), capped by what the memory limits of the control
 * groups above this process leave. */
int64_t available_bytes(int64_t otherwise);

/* Memory for std::free, aligned to 256; NULL where there is none. From 2 MB on it asks for large pages: the processor fetches ahead inside
 * a page, so streams of weights run faster on them. */
void *allocate_pages(int64_t bytes);

/* The instruction sets that kernels are compiled for, each one including those before it. */
enum class Isa { portable, avx2, avx512, avx512bf16 };

/* The best one this processor has, or less where the environment variable LEEWAY_ISA says portable, avx2 or avx512: so a machine with
 * AVX512-BF16 can test the others. Chosen once. Elementwise loops in target clones follow the processor alone. */
Isa instruction_set();

}  // namespace leeway
