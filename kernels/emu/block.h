/* block.h: one block of an emulated kernel: its threads as fibers, their barriers, its shared memory. */
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

struct dim3 {
    unsigned x, y, z;
    dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
    int64_t count() const { return int64_t(x) * y * z; }
};

namespace emu {

/* What a kernel sees of its thread. It lies at the top of the fiber's own stack, which a kernel may access. */
struct Thread {
    dim3 thread, block, block_size, grid_size;
    int index; /* in the block */
};

/* The running fiber's; NULL outside kernels. Kernels run one at a time (host.cpp holds a lock), whatever host thread runs them. */
extern Thread *current;

/* A kernel with its arguments. Not a std::function, whose own code would be checked like the kernel's. */
struct Body {
    std::shared_ptr<const void> closure;
    void (*run)(const void *closure);
};

struct Launch {
    dim3 grid, block;
    size_t dynamic_bytes;
    size_t most_shared_bytes;
    const Body *body;
    uint64_t seed; /* of the order of blocks and threads */
};

/* Runs all blocks. False where the kernel failed: failure() then says how. */
bool run(const Launch &launch);

/* What ended the last failed kernel, and whether it was a misaligned access. */
const char *failure();
bool failure_is_misalignment();

/* Ends the kernel from inside of it. */
[[noreturn, gnu::format(printf, 1, 2)]] void stop_kernel(const char *format, ...);
[[noreturn]] void stop_misaligned(const void *address, size_t bytes);

/* Of the running kernel's block. Fresh arrays hold NaN. */
void *shared_array(const char *key, size_t bytes);
void *dynamic_shared();

void block_barrier(const char *file, int line);
void warp_barrier(int line);
int lane();
uint64_t exchange(unsigned lanes, uint64_t value, int source, int line);

void require_aligned(const void *address, size_t bytes);
/* Between these an access of the address is not a race. */
void begin_atomic(const void *address, size_t bytes);
void end_atomic();

/* cp.async of the first existing of bytes bytes, 0 behind them: the copy happens in wait_async, whatever the source holds then; until that
 * the destination is NaN. */
void copy_async(void *shared, const void *global, int bytes, int existing);
void commit_async();
void wait_async(int groups);

}  // namespace emu
