/* memory.cpp: see memory.h. Blocks are cut from one reserved range, first fit, with at least 256 dead bytes between them. */
#include "memory.h"

#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>

namespace emu {

Arena device;

namespace {

constexpr size_t address_space = size_t(64) << 30;
constexpr size_t granule = 256;
constexpr size_t returned_at_once = size_t(64) << 20; /* smaller blocks keep their pages: the next one needs them */

std::recursive_mutex access_lock;
int accesses = 0;
std::map<size_t, size_t> blocks; /* offset to bytes */
size_t used = 0;

size_t footprint(size_t bytes) { return (bytes + granule - 1) / granule * granule + granule; }

void *reserve(size_t bytes, int protection) {
    void *range = mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (range == MAP_FAILED) {
        std::fprintf(stderr, "the emulator cannot reserve %zu bytes of addresses\n", bytes);
        std::abort();
    }
    return range;
}

}  // namespace

void Arena::mark(size_t at, size_t count, bool live) {
    std::memset(valid + at / 16, live ? 16 : 0, (count + 15) / 16);
    if (live && count % 16 != 0) valid[(at + count) / 16] = uint8_t(count % 16);
}

void open_device_memory() {
    std::lock_guard lock(access_lock);
    if (device.base != nullptr) return;
    device.base = static_cast<unsigned char *>(reserve(address_space, PROT_NONE));
    device.valid = static_cast<uint8_t *>(reserve(address_space / 16, PROT_READ | PROT_WRITE));
    device.bytes = address_space;
    madvise(device.base, address_space, MADV_HUGEPAGE);
}

size_t device_bytes_total() {
    const char *megabytes = std::getenv("LEEWAY_EMU_MEMORY_MB");
    return size_t(megabytes ? std::atoll(megabytes) : 8192) << 20;
}

size_t device_bytes_used() { return used; }

void *allocate_device(size_t bytes) {
    std::lock_guard lock(access_lock);
    if (used + bytes > device_bytes_total()) return nullptr;
    size_t at = 0;
    for (const auto &[offset, size] : blocks) {
        if (offset - at >= footprint(bytes)) break;
        at = offset + footprint(size);
    }
    if (at + footprint(bytes) > address_space) return nullptr;
    blocks[at] = bytes;
    used += bytes;
    device.mark(at, bytes, true);
    DeviceAccess open;
    std::memset(device.base + at, 0xFF, bytes);
    return device.base + at;
}

void free_device(void *address) {
    std::lock_guard lock(access_lock);
    const auto block = blocks.find(size_t(static_cast<unsigned char *>(address) - device.base));
    device.mark(block->first, block->second, false);
    if (block->second >= returned_at_once) madvise(device.base + block->first, block->second, MADV_DONTNEED);
    used -= block->second;
    blocks.erase(block);
}

void free_all_device() {
    std::lock_guard lock(access_lock);
    while (!blocks.empty()) free_device(device.base + blocks.begin()->first);
}

size_t device_block(const void *address) {
    std::lock_guard lock(access_lock);
    if (!device.holds(address)) return 0;
    const auto block = blocks.find(size_t(static_cast<const unsigned char *>(address) - device.base));
    return block == blocks.end() ? 0 : block->second;
}

DeviceAccess::DeviceAccess() {
    access_lock.lock();
    if (accesses++ == 0) mprotect(device.base, device.bytes, PROT_READ | PROT_WRITE);
}

DeviceAccess::~DeviceAccess() {
    if (--accesses == 0) mprotect(device.base, device.bytes, PROT_NONE);
    access_lock.unlock();
}

void describe_device_address(const void *address, char *text, size_t size) {
    const size_t at = size_t(static_cast<const unsigned char *>(address) - device.base);
    auto behind = blocks.upper_bound(at);
    if (behind == blocks.begin()) {
        std::snprintf(text, size, "before every block of device memory");
        return;
    }
    const auto &[offset, bytes] = *--behind;
    std::snprintf(text, size, "%zd bytes behind the start of a block of %zu", ptrdiff_t(at - offset), bytes);
}

}  // namespace emu
