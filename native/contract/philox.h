/* philox.h: the counter-based random numbers of sampling.h (Philox4x32-10, Salmon et al. 2011, section 3.2). */
#pragma once

#include <array>
#include <cstdint>

namespace leeway {

constexpr std::array<uint32_t, 4> philox(uint64_t seed, uint64_t high, uint64_t low) {
    uint32_t key[2] = {uint32_t(seed), uint32_t(seed >> 32)};
    std::array<uint32_t, 4> c = {uint32_t(low), uint32_t(low >> 32), uint32_t(high), uint32_t(high >> 32)};
    for (int round = 0; round < 10; round++) {
        uint64_t p = uint64_t(0xD2511F53u) * c[0], q = uint64_t(0xCD9E8D57u) * c[2];
        c = {uint32_t(q >> 32) ^ c[1] ^ key[0], uint32_t(q), uint32_t(p >> 32) ^ c[3] ^ key[1], uint32_t(p)};
        key[0] += 0x9E3779B9u;
        key[1] += 0xBB67AE85u;
    }
    return c;
}

/* In [0,1): the top 24 bits of word 0. */
constexpr float uniform(const std::array<uint32_t, 4> &words) { return float(words[0] >> 8) * 0x1p-24f; }

/* In [0,1): the top 53 bits of words 1:0. */
constexpr double uniform_double(const std::array<uint32_t, 4> &words) {
    return double((uint64_t(words[1]) << 32 | words[0]) >> 11) * 0x1p-53;
}

}  // namespace leeway
