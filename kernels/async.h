/* async.h: copies from global to shared memory that run beside the arithmetic (PTX ISA, cp.async). Compute capability 8.0 on.
 *
 * What copy_async moved can be read by the thread that asked for it behind wait_async, by the others behind a barrier after that. */
#pragma once

#include "device.h"

namespace leeway {

#if defined(__CUDACC__)

/* Begins to copy 16 bytes; both addresses are multiples of 16. */
__device__ inline void copy_async16(void *shared, const void *global) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(unsigned(__cvta_generic_to_shared(shared))), "l"(global) : "memory");
}

/* The same where of the 16 bytes only the first so many exist, 0 to 16: the others become 0 and are not read. */
__device__ inline void copy_async16_up_to(void *shared, const void *global, int bytes) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(unsigned(__cvta_generic_to_shared(shared))), "l"(global), "r"(bytes)
                 : "memory");
}

/* 4 bytes, or zeros where existing is 0; both addresses are multiples of 4. */
__device__ inline void copy_async4_up_to(void *shared, const void *global, int existing) {
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(unsigned(__cvta_generic_to_shared(shared))), "l"(global),
                 "r"(existing) : "memory");
}

/* Ends a group: the copies begun since the last one. */
__device__ inline void commit_async() { asm volatile("cp.async.commit_group;" ::: "memory"); }

/* Waits until at most so many of the youngest groups are under way. */
template <int groups>
__device__ void wait_async() {
    asm volatile("cp.async.wait_group %0;" ::"n"(groups) : "memory");
}

#else

__device__ inline void copy_async16(void *shared, const void *global) { emu::copy_async(shared, global, 16, 16); }
__device__ inline void copy_async16_up_to(void *shared, const void *global, int bytes) { emu::copy_async(shared, global, 16, bytes); }
__device__ inline void copy_async4_up_to(void *shared, const void *global, int existing) { emu::copy_async(shared, global, 4, existing); }
__device__ inline void commit_async() { emu::commit_async(); }
template <int groups>
__device__ void wait_async() {
    emu::wait_async(groups);
}

#endif

}  // namespace leeway
