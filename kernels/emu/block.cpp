/* block.cpp: see block.h. Threads run until they wait; warps, lanes and blocks take turns in the random order of the launch's seed. */
#include "block.h"

#include <sys/mman.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <numeric>

#include "machine.h"

#if !defined(__x86_64__)
#error "the emulator switches fibers on x86-64 alone"
#endif

/* Saves what a call must keep and the stack pointer, takes the other one, and goes on there. */
asm(R"(
    .text
    .type emu_switch, @function
emu_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .size emu_switch, .-emu_switch
)");
extern "C" void emu_switch(void **save, void *load);

namespace emu {

Thread *current = nullptr;

namespace {

char failure_text[512] = "";
bool misaligned = false;

uint64_t next_random(uint64_t &state) {
    uint64_t x = (state += 0x9E3779B97F4A7C15u);
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

/* visit(i) for every i below count, once, in a random order; stops where it returns false. */
template <class Visit>
bool in_random_order(int64_t count, uint64_t &random, Visit visit) {
    int64_t at = int64_t(next_random(random) % uint64_t(count));
    int64_t stride = int64_t(next_random(random) % uint64_t(count)) | 1;
    while (std::gcd(stride, count) != 1) stride += 2;
    for (int64_t i = 0; i < count; i++, at = (at + stride) % count)
        if (!visit(at)) return false;
    return true;
}

void leave(State state) {
    Fiber &fiber = machine().fiber();
    fiber.state = state;
    Thread *thread = current;
    emu_switch(&fiber.stack_pointer, machine().scheduler);
    current = thread;
}

void resume(Fiber &fiber) {
    current = fiber.thread;
    emu_switch(&machine().scheduler, fiber.stack_pointer);
    current = nullptr;
}

[[noreturn]] void fiber_main() {
    Machine &m = machine();
    m.launch->body->run(m.launch->body->closure.get());
    if (m.at_barrier > 0)
        stop_kernel("a thread ends while %d wait at the barrier of %s:%d", m.at_barrier, m.barrier_file, m.barrier_line);
    m.exited++;
    leave(State::done);
    std::abort();
}

dim3 unflatten(int64_t index, const dim3 &size) {
    return {unsigned(index % size.x), unsigned(index / size.x % size.y), unsigned(index / size.x / size.y)};
}

/* A stack that begins at different cache lines for neighbouring fibers, with the thread's coordinates on top. */
void prepare(Machine &m, int index, const dim3 &block) {
    unsigned char *top = m.stacks + size_t(index + 1) * stack_bytes - 4096 - size_t(index % 24) * 320;
    auto *thread = reinterpret_cast<Thread *>(top);
    *thread = {unflatten(index, m.launch->block), block, m.launch->block, m.launch->grid, index};
    auto *frame = reinterpret_cast<void **>(top) - 8; /* six registers, where to go on, and a return address that nobody uses */
    std::memset(frame, 0, 8 * sizeof(void *));
    frame[6] = reinterpret_cast<void *>(&fiber_main);
    Fiber &fiber = m.fibers[size_t(index)];
    fiber.stack_pointer = frame;
    fiber.thread = thread;
    fiber.state = State::ready;
    fiber.copies.clear();
    fiber.group = 0;
}

void begin_block(Machine &m, int64_t index) {
    const dim3 block = unflatten(index, m.launch->grid);
    for (int i = 0; i < m.threads; i++) prepare(m, i, block);
    for (int w = 0; w * lanes_a_warp < m.threads; w++) m.warps[size_t(w)].arrived = 0;
    m.exited = m.at_barrier = 0;
    m.epoch++;
    m.shared.mark(0, m.shared_used, false);
    m.arrays.clear();
    m.shared_used = 0;
    if (m.launch->dynamic_bytes > 0) shared_array(nullptr, m.launch->dynamic_bytes);
}

/* Runs the lanes of a warp until all of them wait or are done. Whether any ran. */
bool run_warp(Machine &m, int warp) {
    const int first = warp * lanes_a_warp, lanes = std::min(lanes_a_warp, m.threads - first);
    bool ran = false;
    for (bool again = true; again;) {
        again = false;
        const bool goes_on = in_random_order(lanes, m.random, [&](int64_t lane) {
            Fiber &fiber = m.fibers[size_t(first + lane)];
            if (fiber.state != State::ready) return true;
            again = ran = true;
            resume(fiber);
            return !m.failed;
        });
        if (!goes_on) return true;
    }
    return ran;
}

/* Nobody can go on: tells who waits, and for what. */
void report_deadlock(Machine &m) {
    m.failed = true;
    for (int w = 0; w * lanes_a_warp < m.threads; w++) {
        const Warp &warp = m.warps[size_t(w)];
        if (warp.arrived == 0) continue;
        std::snprintf(failure_text, sizeof failure_text, "%d of a warp's 32 lanes wait at line %d for the others, who never come",
                      warp.arrived, warp.line);
        return;
    }
    std::snprintf(failure_text, sizeof failure_text, "%d of %d threads wait at the barrier of %s:%d for the others, who never come",
                  m.at_barrier, m.threads, m.barrier_file, m.barrier_line);
}

bool run_block(Machine &m, int64_t index) {
    begin_block(m, index);
    while (m.exited < m.threads) {
        bool ran = false;
        in_random_order((m.threads + lanes_a_warp - 1) / lanes_a_warp, m.random, [&](int64_t warp) {
            ran |= run_warp(m, int(warp));
            return !m.failed;
        });
        if (!ran && !m.failed) report_deadlock(m);
        if (m.failed) return false;
    }
    return true;
}

}  // namespace

bool join_warp(int line) {
    Machine &m = machine();
    Warp &warp = m.warp();
    if (m.warp_size() != lanes_a_warp) stop_kernel("line %d needs all 32 lanes and this warp has %d", line, m.warp_size());
    if (warp.arrived > 0 && warp.line != line) stop_kernel("the lanes of a warp meet at lines %d and %d", warp.line, line);
    warp.line = line;
    if (++warp.arrived < lanes_a_warp) {
        leave(State::at_warp);
        return false;
    }
    warp.arrived = 0;
    warp.parity ^= 1;
    const int first = current->index / lanes_a_warp * lanes_a_warp;
    for (int i = first; i < first + lanes_a_warp; i++) m.fibers[size_t(i)].state = State::ready;
    return true;
}

Machine::Machine()
    : fibers(new Fiber[most_threads]()), warps(new Warp[most_threads / lanes_a_warp]()), cells(new Cell[shared_bytes / 2]()) {
    const size_t bytes = stack_bytes * (most_threads + 1);
    void *const range = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (range == MAP_FAILED) std::abort();
    stacks = reinterpret_cast<unsigned char *>((reinterpret_cast<uintptr_t>(range) + stack_bytes - 1) / stack_bytes * stack_bytes);
    shared.base = static_cast<unsigned char *>(std::aligned_alloc(256, shared_bytes));
    shared.valid = new uint8_t[shared_bytes / 16]();
    shared.bytes = shared_bytes;
}

Machine::~Machine() {
    munmap(stacks, stack_bytes * most_threads);
    std::free(shared.base);
    delete[] shared.valid;
}

int Machine::warp_size() const {
    return std::min(lanes_a_warp, threads - current->index / lanes_a_warp * lanes_a_warp);
}

Machine &machine() {
    static Machine only;
    return only;
}

bool run(const Launch &launch) {
    Machine &m = machine();
    m.launch = &launch;
    m.threads = int(launch.block.count());
    m.failed = m.atomic = misaligned = false;
    m.random = launch.seed;
    DeviceAccess open;
    return in_random_order(launch.grid.count(), m.random, [&](int64_t block) { return run_block(m, block); });
}

const char *failure() { return failure_text; }

bool failure_is_misalignment() { return misaligned; }

void stop_kernel(const char *format, ...) {
    char text[384];
    va_list values;
    va_start(values, format);
    std::vsnprintf(text, sizeof text, format, values);
    va_end(values);
    const Thread &t = *current;
    std::snprintf(failure_text, sizeof failure_text, "%s (thread (%u, %u, %u) of block (%u, %u, %u))", text, t.thread.x, t.thread.y,
                  t.thread.z, t.block.x, t.block.y, t.block.z);
    machine().failed = true;
    leave(State::done);
    std::abort();
}

void stop_misaligned(const void *address, size_t bytes) {
    misaligned = true;
    stop_kernel("an access of %zu bytes at %p, which is no multiple of that", bytes, address);
}

void *shared_array(const char *key, size_t bytes) {
    Machine &m = machine();
    for (const SharedArray &array : m.arrays)
        if (array.key == key) return m.shared.base + array.at;
    const size_t at = m.shared_used;
    size_t used = bytes;
    for (const SharedArray &array : m.arrays) used += array.bytes;
    if (used > m.launch->most_shared_bytes)
        stop_kernel("the block uses %zu bytes of shared memory and may use %zu", used, m.launch->most_shared_bytes);
    m.arrays.push_back({key, at, bytes});
    m.shared_used = at + (bytes + 31) / 16 * 16; /* at least one dead byte behind it */
    m.shared.mark(at, bytes, true);
    std::memset(m.shared.base + at, 0xFF, bytes);
    return m.shared.base + at;
}

void *dynamic_shared() {
    if (machine().launch->dynamic_bytes == 0) stop_kernel("the kernel was launched without dynamic shared memory");
    return machine().shared.base;
}

void block_barrier(const char *file, int line) {
    Machine &m = machine();
    if (m.exited > 0) stop_kernel("a thread reaches the barrier of %s:%d and %d have ended", file, line, m.exited);
    if (m.at_barrier > 0 && (m.barrier_line != line || std::strcmp(m.barrier_file, file) != 0))
        stop_kernel("threads meet at the barriers of %s:%d and %s:%d", m.barrier_file, m.barrier_line, file, line);
    m.barrier_file = file;
    m.barrier_line = line;
    if (++m.at_barrier < m.threads) {
        leave(State::at_block_barrier);
        return;
    }
    m.at_barrier = 0;
    m.epoch++;
    for (int i = 0; i < m.threads; i++) m.fibers[size_t(i)].state = State::ready;
}

void warp_barrier(int line) {
    if (join_warp(line)) machine().warp().epoch++;
}

int lane() { return current->index % lanes_a_warp; }

uint64_t exchange(unsigned lanes, uint64_t value, int source, int line) {
    if (lanes != 0xffffffffu) stop_kernel("line %d exchanges among lanes %08x; all lanes must take part", line, lanes);
    Warp &warp = machine().warp();
    const int parity = warp.parity;
    warp.value[parity][lane()] = value;
    join_warp(line);
    return warp.value[parity][source];
}

}  // namespace emu
