/* number.h: fp32 and bf16 elements on the device, alone and in packs of 16 bytes. All arithmetic is done in fp32. */
#pragma once

#include <cstring>
#include <type_traits>

#include "device.h"
#include "leeway.h"

namespace leeway {

struct bf16 {
    uint16_t bits;
};

__device__ inline float bits_as_float(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

__device__ inline uint32_t float_as_bits(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

__device__ inline float widen(float x) { return x; }
__device__ inline float widen(bf16 x) { return bits_as_float(uint32_t(x.bits) << 16); }

/* Nearest even; NaN stays NaN. */
__device__ inline bf16 round_to_bf16(float x) {
    const uint32_t bits = float_as_bits(x);
    if ((bits & 0x7fffffffu) > 0x7f800000u) return {uint16_t(bits >> 16 | 0x40u)};
    return {uint16_t((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16)};
}

/* x as T: rounded where T is bf16. */
template <class T>
__device__ T narrow(float x);
template <>
__device__ inline float narrow<float>(float x) { return x; }
template <>
__device__ inline bf16 narrow<bf16>(float x) { return round_to_bf16(x); }

/* x as a store as T and a load would give it. */
template <class T>
__device__ float rounded_to(float x) { return widen(narrow<T>(x)); }

/* How many T a 16-byte access moves. */
template <class T>
inline constexpr int pack_size = 16 / int(sizeof(T));

/* n neighbouring elements as fp32. n = pack_size<T>: moved by one 16-byte access, so their address is a multiple of 16; or n = 1. */
template <int n>
struct Floats {
    float x[n];
};

template <class T, int n>
struct alignas(n * sizeof(T)) Pack {
    T x[n];
};

template <int n, class T>
__device__ Floats<n> load(const T *p) {
    LEEWAY_REQUIRE_ALIGNED(p, n * sizeof(T));
    const auto pack = *reinterpret_cast<const Pack<T, n> *>(p);
    Floats<n> values;
    for (int i = 0; i < n; i++) values.x[i] = widen(pack.x[i]);
    return values;
}

template <int n, class T>
__device__ void store(T *p, const Floats<n> &values) {
    LEEWAY_REQUIRE_ALIGNED(p, n * sizeof(T));
    Pack<T, n> pack;
    for (int i = 0; i < n; i++) pack.x[i] = narrow<T>(values.x[i]);
    *reinterpret_cast<Pack<T, n> *>(p) = pack;
}

/* body(float(), n) or body(bf16(), n) with n = std::integral_constant: packs where rows that begin every stride elements can be moved in
 * packs over their whole width, else 1. The dtype was checked. */
template <class Body>
auto with_packs(leeway_dtype dtype, int64_t stride, int64_t width, Body body) {
    auto fit = [&](auto type) {
        constexpr int n = pack_size<decltype(type)>;
        if (stride % n == 0 && width % n == 0) return body(type, std::integral_constant<int, n>());
        return body(type, std::integral_constant<int, 1>());
    };
    return dtype == LEEWAY_BF16 ? fit(bf16()) : fit(float());
}

/* body(float()) or body(bf16()). The dtype was checked. */
template <class Body>
auto with_type(leeway_dtype dtype, Body body) {
    return dtype == LEEWAY_BF16 ? body(bf16()) : body(float());
}

}  // namespace leeway
