/* access.cpp: checks every access of a kernel. g++ calls the functions at the end before each load and store, because the .cu files are
 * compiled with -fsanitize=kernel-address, which needs nothing of the sanitizer's own run time.
 *
 * A kernel may touch its own stack, the shared memory of its block, live blocks of device memory, and (to read) the library's tables. What
 * two threads do to the same bytes of shared memory without a barrier between is a race, even where both write the same. */
#include <link.h>

#include <cstdio>
#include <cstring>

#include "machine.h"

namespace emu {

namespace {

struct Range {
    uintptr_t begin = 0, end = 0;
    bool holds(const void *address) const { return reinterpret_cast<uintptr_t>(address) - begin < end - begin; }
};

/* Where this library lies. */
Range find_library() {
    static const char inside = 0;
    Range range;
    auto visit = [](dl_phdr_info *info, size_t, void *found) {
        Range candidate = {UINTPTR_MAX, 0};
        for (int i = 0; i < info->dlpi_phnum; i++) {
            const auto &part = info->dlpi_phdr[i];
            if (part.p_type != PT_LOAD) continue;
            candidate.begin = std::min(candidate.begin, uintptr_t(info->dlpi_addr + part.p_vaddr));
            candidate.end = std::max(candidate.end, uintptr_t(info->dlpi_addr + part.p_vaddr + part.p_memsz));
        }
        if (!candidate.holds(&inside)) return 0;
        *static_cast<Range *>(found) = candidate;
        return 1;
    };
    dl_iterate_phdr(visit, &range);
    return range;
}

const Range library = find_library();

bool on_own_stack(const void *address) {
    return (reinterpret_cast<uintptr_t>(address) ^ reinterpret_cast<uintptr_t>(current)) < stack_bytes;
}

constexpr int16_t several = -1;

/* Who accesses, and between which barriers. */
struct Accessor {
    uint32_t epoch, warp_epoch;
    int16_t thread, warp;
    Accessor(Machine &m, int index)
        : epoch(m.epoch), warp_epoch(m.warps[size_t(index / lanes_a_warp)].epoch), thread(int16_t(index)),
          warp(int16_t(index / lanes_a_warp)) {}
};

/* The writer was another thread, and no barrier of the block or of the warp that both are in lies between. */
inline bool races_with_write(const Cell &cell, const Accessor &own) {
    if (cell.write_epoch != own.epoch || cell.writer == own.thread) return false;
    return cell.writer / lanes_a_warp != own.warp || cell.write_warp_epoch == own.warp_epoch;
}

inline bool races_with_read(const Cell &cell, const Accessor &own) {
    if (cell.read_epoch != own.epoch || cell.reader == own.thread) return false;
    return cell.reader_warp != own.warp || cell.read_warp_epoch == own.warp_epoch;
}

inline void note_read(Cell &cell, const Accessor &own) {
    if (cell.read_epoch != own.epoch) {
        cell.read_epoch = own.epoch;
        cell.reader = own.thread;
        cell.reader_warp = own.warp;
    } else {
        if (cell.reader != own.thread) cell.reader = several;
        if (cell.reader_warp != own.warp) cell.reader_warp = several;
    }
    cell.read_warp_epoch = own.warp_epoch;
}

inline void note_write(Cell &cell, const Accessor &own) {
    cell.write_epoch = own.epoch;
    cell.write_warp_epoch = own.warp_epoch;
    cell.writer = own.thread;
}

[[noreturn, gnu::cold]] void stop_race(size_t at, const Cell &cell, bool write, bool after_write) {
    if (after_write)
        stop_kernel("a race: byte %zu of shared memory is %s and thread %d wrote it without a barrier between", at,
                    write ? "written" : "read", cell.writer);
    stop_kernel("a race: byte %zu of shared memory is written and another thread read it without a barrier between", at);
}

inline void check_race(Machine &m, const void *address, size_t bytes, bool write) {
    const Accessor own(m, current->index);
    const size_t at = size_t(static_cast<const unsigned char *>(address) - m.shared.base);
    Cell *const end = &m.cells[(at + bytes + 1) / 2];
    for (Cell *cell = &m.cells[at / 2]; cell < end; cell++) {
        if (races_with_write(*cell, own)) stop_race(at, *cell, write, true);
        if (write && races_with_read(*cell, own)) stop_race(at, *cell, write, false);
        write ? note_write(*cell, own) : note_read(*cell, own);
    }
}

[[noreturn]] void refuse(const void *address, size_t bytes, bool write) {
    const char *verb = write ? "writes" : "reads";
    char place[160];
    if (device.holds(address)) describe_device_address(address, place, sizeof place);
    else if (machine().shared.holds(address)) std::snprintf(place, sizeof place, "in shared memory outside of every array");
    else std::snprintf(place, sizeof place, "in the host's memory");
    stop_kernel("the kernel %s %zu bytes at %p, %s", verb, bytes, address, place);
}

}  // namespace

/* Inlined where the size and the direction are constants. */
[[gnu::always_inline]] inline void check(const void *address, size_t bytes, bool write) {
    if (!on_fiber() || on_own_stack(address)) return;
    Machine &m = machine();
    const bool in_device = device.holds(address), in_shared = !in_device && m.shared.holds(address);
    if (!in_device && !in_shared) {
        if (!write && library.holds(address)) return;
        refuse(address, bytes, write);
    }
    if (reinterpret_cast<uintptr_t>(address) % bytes != 0) stop_misaligned(address, bytes);
    if (!(in_device ? device : m.shared).is_live(address, bytes)) refuse(address, bytes, write);
    if (in_shared && !m.atomic) check_race(m, address, bytes, write);
}

void check_access(const void *address, size_t bytes, bool write) { check(address, bytes, write); }

void require_aligned(const void *address, size_t bytes) {
    if (reinterpret_cast<uintptr_t>(address) % bytes != 0) stop_misaligned(address, bytes);
}

void begin_atomic(const void *address, size_t bytes) {
    check_access(address, bytes, false);
    machine().atomic = true;
}

void end_atomic() { machine().atomic = false; }

/* A copy reads its source by the byte where it reads a part of it. */
static void check_copy(const AsyncCopy &copy) {
    check_access(copy.shared, copy.bytes, true);
    if (copy.existing == copy.bytes) return check_access(copy.global, copy.bytes, false);
    for (size_t i = 0; i < copy.existing; i++) check_access(static_cast<const char *>(copy.global) + i, 1, false);
}

void copy_async(void *shared, const void *global, int bytes, int existing) {
    if (existing < 0 || existing > bytes) stop_kernel("cp.async of %d bytes is given %d", bytes, existing);
    if (!machine().shared.holds(shared) || !device.holds(global)) stop_kernel("cp.async copies from global to shared memory");
    require_aligned(global, size_t(bytes));
    Fiber &fiber = machine().fiber();
    fiber.copies.push_back({shared, global, size_t(bytes), size_t(existing), fiber.group});
    check_copy(fiber.copies.back());
    std::memset(shared, 0xFF, size_t(bytes));
}

void commit_async() { machine().fiber().group++; }

void wait_async(int groups) {
    Fiber &fiber = machine().fiber();
    size_t kept = 0;
    for (const AsyncCopy &copy : fiber.copies) {
        if (copy.group >= fiber.group - groups) {
            fiber.copies[kept++] = copy;
            continue;
        }
        check_copy(copy);
        std::memset(copy.shared, 0, copy.bytes);
        std::memcpy(copy.shared, copy.global, copy.existing);
    }
    fiber.copies.resize(kept);
}

}  // namespace emu

/* What g++ calls. Accesses of other sizes are structs, byte by byte. */
#define LEEWAY_EMU_ACCESS(bytes)                                                                                               \
    extern "C" void __asan_load##bytes##_noabort(void *address) { emu::check(address, bytes, false); }                         \
    extern "C" void __asan_store##bytes##_noabort(void *address) { emu::check(address, bytes, true); }
LEEWAY_EMU_ACCESS(1)
LEEWAY_EMU_ACCESS(2)
LEEWAY_EMU_ACCESS(4)
LEEWAY_EMU_ACCESS(8)
LEEWAY_EMU_ACCESS(16)
extern "C" void __asan_loadN_noabort(char *address, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) emu::check_access(address + i, 1, false);
}
extern "C" void __asan_storeN_noabort(char *address, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) emu::check_access(address + i, 1, true);
}
extern "C" void __asan_handle_no_return() {}
