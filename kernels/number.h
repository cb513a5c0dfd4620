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

/* Up or down with probability proportional to the distance: the upper half of random is added below the kept bits. NaN stays NaN. */
__device__ inline bf16 round_stochastically(float x, uint32_t random) {
    const uint32_t bits = float_as_bits(x);
    if ((bits & 0x7fffffffu) > 0x7f800000u) return {uint16_t(bits >> 16 | 0x40u)};
    return {uint16_t((bits + (random >> 16)) >> 16)};
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

/* n neighbouring elements, n a power of two: moved by one access of up to 16 bytes, or by several of 16, so their address is a multiple of
 * n elements or of 16 bytes. */
template <class T, int n>
struct alignas(n * sizeof(T) < 16 ? n * sizeof(T) : 16) Pack {
    T x[n];
};

template <int n, class T>
__device__ Pack<T, n> load_pack(const T *p) {
    LEEWAY_REQUIRE_ALIGNED(p, alignof(Pack<T, n>));
    return *reinterpret_cast<const Pack<T, n> *>(p);
}

template <int n, class T>
__device__ void store_pack(T *p, const Pack<T, n> &pack) {
    LEEWAY_REQUIRE_ALIGNED(p, alignof(Pack<T, n>));
    *reinterpret_cast<Pack<T, n> *>(p) = pack;
}

/* The left ones where fewer than n are left; what is loaded beside them is 0. */
template <int n, class T>
__device__ Pack<T, n> load_pack_up_to(const T *p, int64_t left) {
    if (left >= n) return load_pack<n>(p);
    Pack<T, n> pack = {};
    for (int i = 0; i < n; i++)
        if (i < left) pack.x[i] = p[i];
    return pack;
}

template <int n, class T>
__device__ void store_pack_up_to(T *p, const Pack<T, n> &pack, int64_t left) {
    if (left >= n) return store_pack<n>(p, pack);
    for (int i = 0; i < n; i++)
        if (i < left) p[i] = pack.x[i];
}

/* A pack as fp32. */
template <int n>
struct Floats {
    float x[n];
};

template <int n, class T>
__device__ Floats<n> widen(const Pack<T, n> &pack) {
    Floats<n> values;
    LEEWAY_UNROLL for (int i = 0; i < n; i++) values.x[i] = widen(pack.x[i]);
    return values;
}

template <class T, int n>
__device__ Pack<T, n> narrow(const Floats<n> &values) {
    Pack<T, n> pack;
    LEEWAY_UNROLL for (int i = 0; i < n; i++) pack.x[i] = narrow<T>(values.x[i]);
    return pack;
}

template <int n, class T>
__device__ Floats<n> load(const T *p) {
    return widen(load_pack<n>(p));
}

template <int n, class T>
__device__ void store(T *p, const Floats<n> &values) {
    store_pack<n>(p, narrow<T>(values));
}

template <int n, class T>
__device__ Floats<n> load_up_to(const T *p, int64_t left) {
    return widen(load_pack_up_to<n>(p, left));
}

template <int n, class T>
__device__ void store_up_to(T *p, const Floats<n> &values, int64_t left) {
    store_pack_up_to<n>(p, narrow<T>(values), left);
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
