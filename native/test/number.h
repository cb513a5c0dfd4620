/* number.h: arrays of F32 or BF16, so that one row serves both types.
 *
 * A bf16 row gives the op numbers that bf16 holds exactly, compares with the same double oracle, and allows what fp32 arithmetic may be
 * off plus one rounding at the store (leeway.h, NUMBERS).
 */
#pragma once

#include "table.h"

namespace table {

/* Half an ulp of 1 in bf16, which keeps 8 significant bits. */
inline constexpr double u16 = 0x1p-8;

inline float from_bf16(uint16_t x) {
    uint32_t bits = uint32_t(x) << 16;
    float y;
    std::memcpy(&y, &bits, sizeof y);
    return y;
}

/* The bf16 towards zero from x, by search over the bit patterns, which ascend with the size. */
inline uint16_t bf16_below(double x) {
    double size = std::fabs(x);
    uint16_t low = 0, high = 0x7f80;
    while (high - low > 1) {
        uint16_t middle = uint16_t((low + high) / 2);
        (double(from_bf16(middle)) <= size ? low : high) = middle;
    }
    return uint16_t(low | (std::signbit(x) ? 0x8000 : 0));
}

/* The size of a pattern as a number; past the largest one comes 2^128, where infinity begins. */
inline double bf16_size(uint16_t pattern) { return (pattern & 0x7fff) == 0x7f80 ? 0x1p128 : std::fabs(double(from_bf16(pattern))); }

inline uint16_t bf16_nearest(double x) {
    if (std::isnan(x)) return 0x7fc0;
    if (std::isinf(x)) return x > 0 ? 0x7f80 : 0xff80;
    uint16_t below = bf16_below(x), above = uint16_t(below + 1);
    double down = std::fabs(x) - bf16_size(below), up = bf16_size(above) - std::fabs(x);
    return down < up || (down == up && below % 2 == 0) ? below : above;
}

inline std::vector<uint16_t> to_bf16(const std::vector<float> &x) {
    std::vector<uint16_t> y;
    for (float v : x) y.push_back(bf16_nearest(v));
    return y;
}

inline std::vector<float> from_bf16(const std::vector<uint16_t> &x) {
    std::vector<float> y;
    for (uint16_t v : x) y.push_back(from_bf16(v));
    return y;
}

/* x, each as the nearest number that the type holds. */
inline std::vector<float> rounded(leeway_dtype type, const std::vector<float> &x) {
    return type == LEEWAY_F32 ? x : from_bf16(to_bf16(x));
}

/* A bound of fp32 arithmetic on a result near want, with the rounding of a store as type. */
inline double stored(leeway_dtype type, double want, double bound) {
    return type == LEEWAY_F32 ? bound : bound + u16 * (std::fabs(want) + bound) + 0x1p-134;
}

inline std::vector<double> stored(leeway_dtype type, const std::vector<double> &want, std::vector<double> bound) {
    for (size_t i = 0; i < bound.size(); i++) bound[i] = stored(type, want[i], bound[i]);
    return bound;
}

/* Device memory that holds numbers of one of the types. */
struct Array {
    Buffer<float> whole;
    Buffer<uint16_t> half;
    leeway_dtype type = LEEWAY_F32;
    void *get() const { return type == LEEWAY_F32 ? static_cast<void *>(whole.get()) : half.get(); }
};

/* values must be numbers of the type. */
inline Array in(Run &run, leeway_dtype type, const std::vector<float> &values) {
    return type == LEEWAY_F32 ? Array{run.in(values), {}, type} : Array{{}, run.in(to_bf16(values)), type};
}

inline Array inout(Run &run, leeway_dtype type, const std::vector<float> &values) {
    return type == LEEWAY_F32 ? Array{run.inout(values), {}, type} : Array{{}, run.inout(to_bf16(values)), type};
}

inline Array out(Run &run, leeway_dtype type, int64_t count) {
    return type == LEEWAY_F32 ? Array{run.out<float>(count), {}, type} : Array{{}, run.out<uint16_t>(count), type};
}

inline std::vector<float> read(Run &run, const Array &array) {
    return array.type == LEEWAY_F32 ? run.read(array.whole) : from_bf16(run.read(array.half));
}

}  // namespace table
