/* device_memory.h: operands in the back end's memory, the same numbers in any language (bench/peers/pytorch/ops.py has them too). */
#pragma once

#include <cstring>
#include <map>

#include "library.h"

namespace bench {

/* Numbers repeat after so many elements: a prime, so rows of a matrix differ. */
inline constexpr int64_t period = 1000003;

/* Number i of a sequence: uniform in [-1, 1), a multiple of 2^-23, so exact in fp32; bf16 has it rounded to nearest even. */
inline uint32_t hashed(int64_t i, int salt) {
    uint32_t h = (uint32_t(i) + uint32_t(salt) * 0x9E3779B9u) * 0x9E3779B1u;
    h = (h ^ (h >> 15)) * 0x85EBCA77u;
    h = (h ^ (h >> 13)) * 0xC2B2AE3Du;
    return h ^ (h >> 16);
}
inline float uniform(int64_t i, int salt) { return float(hashed(i, salt) >> 8) * 0x1p-23f - 1.0f; }

inline uint16_t to_bf16(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, 4);
    return uint16_t((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

inline float from_bf16(uint16_t value) {
    const uint32_t bits = uint32_t(value) << 16;
    float wide;
    std::memcpy(&wide, &bits, 4);
    return wide;
}

/* Blocks of the back end's memory, freed together. */
class Memory {
public:
    Memory() = default;
    Memory(const Memory &) = delete;
    ~Memory() {
        for (void *block : blocks) {
            leeway_free_args args = {block};
            symbol<decltype(&leeway_free)>("leeway_free")(stream, &args);
        }
    }

    void *fresh(int64_t bytes) {
        void *address = nullptr;
        LEEWAY_CALL(allocate, {.bytes = bytes, .address = &address});
        blocks.push_back(address);
        return address;
    }

    template <class T = void>
    T *zeros(int64_t count, leeway_dtype dtype) {
        void *address = fresh(count * bytes_of(dtype));
        LEEWAY_CALL(fill, {.count = count, .x = address, .value = 0.0f, .dtype = dtype});
        return static_cast<T *>(address);
    }

    template <class T>
    T *values(const std::vector<T> &host) {
        const int64_t bytes = int64_t(host.size() * sizeof(T));
        void *address = fresh(bytes);
        LEEWAY_CALL(copy, {.bytes = bytes, .destination = address, .source = host.data(), .kind = LEEWAY_HOST_TO_DEVICE});
        return static_cast<T *>(address);
    }

    /* count numbers of sequence salt, times scale (a power of two). */
    template <class T = void>
    T *numbers(int64_t count, leeway_dtype dtype, int salt, float scale = 1.0f) {
        const int64_t size = bytes_of(dtype), all = count * size, first = std::min(count, period) * size;
        auto *address = static_cast<char *>(fresh(all));
        const void *source = sequence(dtype, salt, scale).data();
        LEEWAY_CALL(copy, {.bytes = first, .destination = address, .source = source, .kind = LEEWAY_HOST_TO_DEVICE});
        for (int64_t done = first; done < all;) {
            const int64_t more = std::min(done, all - done);
            LEEWAY_CALL(copy, {.bytes = more, .destination = address + done, .source = address, .kind = LEEWAY_DEVICE_TO_DEVICE});
            done += more;
        }
        return reinterpret_cast<T *>(address);
    }

private:
    static const std::vector<unsigned char> &sequence(leeway_dtype dtype, int salt, float scale) {
        static std::map<std::tuple<leeway_dtype, int, float>, std::vector<unsigned char>> known;
        auto &bytes = known[{dtype, salt, scale}];
        if (!bytes.empty()) return bytes;
        bytes.resize(size_t(period * bytes_of(dtype)));
        for (int64_t i = 0; i < period; i++) {
            const float value = uniform(i, salt) * scale;
            const uint16_t rounded = to_bf16(value);
            if (dtype == LEEWAY_BF16) std::memcpy(&bytes[size_t(i) * 2], &rounded, 2);
            else std::memcpy(&bytes[size_t(i) * 4], &value, 4);
        }
        return bytes;
    }

    std::vector<void *> blocks;
};

inline void synchronize() { LEEWAY_CALL(synchronize, {.reserved = 0}); }

}  // namespace bench
