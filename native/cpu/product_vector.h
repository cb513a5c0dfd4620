/* product_vector.h: vectors of lanes floats or 32-bit steps, for one instruction set. Included by product_<isa>.cpp, each compiled with its
 * own flags, so everything here has internal linkage and calls nothing inline from a library: the linker must never take a copy that
 * another machine cannot run. The file that includes it defines lanes. */
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__FMA__)
#include <immintrin.h>
#endif

namespace leeway {
namespace {

typedef float Vector __attribute__((vector_size(lanes * 4)));
typedef float Unaligned __attribute__((vector_size(lanes * 4), aligned(2), may_alias));
typedef uint32_t Bits __attribute__((vector_size(lanes * 4)));
typedef uint16_t Halves __attribute__((vector_size(lanes * 2)));
typedef uint16_t UnalignedHalves __attribute__((vector_size(lanes * 2), aligned(2), may_alias));

inline Vector load(const void *from) { return *static_cast<const Unaligned *>(from); }
inline void store(void *to, Vector value) { *static_cast<Unaligned *>(to) = value; }
inline Vector splat(float value) { return value - Vector{}; }

/* a * b + c with one rounding where the processor can: asked for, since a compiler that shares a * b fuses in some copies only. */
inline Vector multiply_add(Vector a, Vector b, Vector c) {
#if defined(__AVX512F__)
    return _mm512_fmadd_ps(a, b, c);
#elif defined(__FMA__)
    return _mm256_fmadd_ps(a, b, c);
#else
    return a * b + c;
#endif
}

/* lanes bf16 as the lower halves of 32 bits. */
inline Bits load_halves(const void *from) { return __builtin_convertvector(*static_cast<const UnalignedHalves *>(from), Bits); }
inline Vector load_narrow(const void *from) { return Vector(load_halves(from) << 16); }

/* The rounding of bf16.h; the processor's own makes subnormal results 0. */
inline void store_narrow(void *to, Vector value) {
#if defined(__AVX512BF16__)
    *static_cast<UnalignedHalves *>(to) = Halves(_mm512_cvtneps_pbh(value));
#else
    const Bits bits = Bits(value), upper = bits >> 16, rounded = (bits + 0x7fffu + (upper & 1u)) >> 16;
    const Bits kept = (bits & 0x7fffffffu) > 0x7f800000u ? upper | 0x40u : rounded;
    *static_cast<UnalignedHalves *>(to) = __builtin_convertvector(kept, Halves);
#endif
}

}  // namespace
}  // namespace leeway
