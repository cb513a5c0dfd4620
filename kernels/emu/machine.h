/* machine.h: the state of the block that runs; shared by block.cpp (fibers, barriers) and access.cpp (checks). */
#pragma once

#include <memory>
#include <vector>

#include "block.h"
#include "memory.h"

namespace emu {

inline constexpr int most_threads = 1024;
inline constexpr int lanes_a_warp = 32;
inline constexpr size_t stack_bytes = size_t(64) << 10;  /* and their alignment */
inline constexpr size_t shared_bytes = size_t(128) << 10; /* room for the dead bytes between arrays too */

enum class State { ready, at_block_barrier, at_warp, done };

struct AsyncCopy {
    void *shared;
    const void *global;
    size_t bytes;
    size_t existing; /* the others are 0 */
    int group;
};

struct Fiber {
    void *stack_pointer;
    Thread *thread;
    State state;
    std::vector<AsyncCopy> copies;
    int group; /* of cp.async, the one that is open */
};

struct Warp {
    int arrived;
    int line;
    int parity;
    uint32_t epoch; /* of __syncwarp */
    uint64_t value[2][lanes_a_warp];
};

struct SharedArray {
    const char *key;
    size_t at;
    size_t bytes;
};

/* Who touched two bytes of shared memory last, and between which barriers. */
struct Cell {
    uint32_t write_epoch, write_warp_epoch, read_epoch, read_warp_epoch;
    int16_t writer, reader, reader_warp; /* -1: several */
};

struct Machine {
    Machine();
    ~Machine();
    Machine(const Machine &) = delete;

    unsigned char *stacks;
    void *scheduler;
    std::unique_ptr<Fiber[]> fibers;
    std::unique_ptr<Warp[]> warps;
    const Launch *launch = nullptr;
    int threads = 0;
    int exited = 0;
    int at_barrier = 0;
    const char *barrier_file = "";
    int barrier_line = 0;
    bool failed = false;
    bool atomic = false;
    uint32_t epoch = 0; /* of __syncthreads; never reset, so that cells need not be */
    uint64_t random = 0;

    Arena shared;
    std::vector<SharedArray> arrays;
    size_t shared_used = 0;
    std::unique_ptr<Cell[]> cells;

    Fiber &fiber() { return fibers[size_t(current->index)]; }
    Warp &warp() { return warps[size_t(current->index / lanes_a_warp)]; }
    int warp_size() const;
};

/* The one there is. */
Machine &machine();

/* Whether the caller is a fiber, and not another host thread while a kernel runs. */
inline bool on_fiber() {
    const auto frame = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
    return current != nullptr && (frame ^ reinterpret_cast<uintptr_t>(current)) < stack_bytes;
}

/* Joins the lanes of the running warp at a line. Whether this one is the last to come; until it waits again the others stand still. */
bool join_warp(int line);

/* Ends the kernel unless the running thread may touch these bytes. */
void check_access(const void *address, size_t bytes, bool write);

}  // namespace emu
