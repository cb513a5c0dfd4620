/* memory.h: the emulated device memory: a range of addresses of its own, closed to the host while no kernel or copy runs. */
#pragma once

#include <cstddef>
#include <cstdint>

namespace emu {

/* Memory of 16-byte granules: valid[g] = how many of its bytes, from the first on, belong to a live block. */
struct Arena {
    unsigned char *base = nullptr;
    uint8_t *valid = nullptr;
    size_t bytes = 0;

    bool holds(const void *address) const { return size_t(static_cast<const unsigned char *>(address) - base) < bytes; }
    /* Whether [address, address + count) lies inside one live block, for count <= 16 aligned to itself. */
    bool is_live(const void *address, size_t count) const {
        const size_t at = size_t(static_cast<const unsigned char *>(address) - base);
        return (at & 15) + count <= valid[at >> 4];
    }
    void mark(size_t at, size_t count, bool live);
};

/* The device's memory. */
extern Arena device;

void open_device_memory();
/* NULL where the device has no such block. */
void *allocate_device(size_t bytes);
void free_device(void *address);
void free_all_device();
/* Bytes of the live block that begins here; 0: none does. */
size_t device_block(const void *address);
size_t device_bytes_total();
size_t device_bytes_used();

/* While one of these lives the host may touch the memory; one thread at a time. */
class DeviceAccess {
public:
    DeviceAccess();
    ~DeviceAccess();
    DeviceAccess(const DeviceAccess &) = delete;
};

/* "4 bytes behind the end of a block of 1024": what an address that is not live is near to. */
void describe_device_address(const void *address, char *text, size_t size);

}  // namespace emu
