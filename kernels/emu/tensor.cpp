/* tensor.cpp: see tensor.h.
 *
 * What a tensor core makes of a sum is its own: products are exact; a group of them and the sum so far are shifted to the largest exponent,
 * cut off below the bits that the adder keeps, added, and cut to 24 bits (Fasi et al. 2021, PeerJ Computer Science 7:e330; Khattak and
 * Mikaitis 2025, arXiv 2512.07004). Groups differ among chips: 8 k here, or 16 with LEEWAY_EMU_TENSOR=16 in the environment; the adder
 * keeps one bit beyond fp32's, the fewest of them. Nothing may depend on which it is beyond the bounds of the op table.
 */
#include "tensor.h"

#include <cmath>
#include <cstdlib>
#include <cstring>

#include "machine.h"

namespace emu {

namespace {

constexpr int rows = 16, columns = 8, depth = 16;
constexpr int kept_bits = 25;

int group_size() {
    static const char *const wanted = std::getenv("LEEWAY_EMU_TENSOR");
    static const int size = wanted != nullptr && std::strcmp(wanted, "16") == 0 ? 16 : 8;
    return size;
}

double upper_half(uint32_t pair) { return double(__builtin_bit_cast(float, pair & 0xffff0000u)); }
double lower_half(uint32_t pair) { return double(__builtin_bit_cast(float, pair << 16)); }
int exponent(double x) { return int(__builtin_bit_cast(uint64_t, x) >> 52 & 0x7ff) - 1023; }
double power_of_two(int e) { return __builtin_bit_cast(double, uint64_t(e + 1023) << 52); }

/* Towards zero; |x| < 2^62. */
int64_t cut_to_24_bits(int64_t x) {
    const int64_t size = x < 0 ? -x : x;
    const int dropped = 40 - __builtin_clzll(uint64_t(size) | 1);
    if (dropped <= 0) return x;
    const int64_t cut = size >> dropped << dropped;
    return x < 0 ? -cut : cut;
}

float add_group(float sum, const double *terms, int count) {
    int highest = exponent(double(sum));
    for (int i = 0; i < count; i++) highest = std::max(highest, exponent(terms[i]));
    if (highest == 1024) { /* infinity or NaN */
        double all = double(sum);
        for (int i = 0; i < count; i++) all += terms[i];
        return float(all);
    }
    if (highest == -1023) return sum; /* nothing but zeros */
    const double scale = power_of_two(kept_bits - 1 - highest);
    int64_t total = int64_t(double(sum) * scale);
    for (int i = 0; i < count; i++) total += int64_t(terms[i] * scale);
    return float(double(cut_to_24_bits(total)) / scale);
}

/* A lane's registers; the fragments of PTX ISA, "Matrix Fragments for mma.m16n8k16 with floating point type". */
struct Registers {
    const uint32_t *a, *b;
    float *c;
};

struct Matrices {
    double a[rows][depth], b[columns][depth];
};

void gather(const Registers &lane, int index, Matrices &all) {
    const int group = index / 4, k = index % 4 * 2;
    for (int i = 0; i < 4; i++) {
        double *at = all.a[group + i % 2 * 8] + k + i / 2 * 8;
        at[0] = lower_half(lane.a[i]);
        at[1] = upper_half(lane.a[i]);
    }
    for (int i = 0; i < 2; i++) {
        double *at = all.b[group] + k + i * 8;
        at[0] = lower_half(lane.b[i]);
        at[1] = upper_half(lane.b[i]);
    }
}

void multiply(const Matrices &all, const Registers &lane, int index) {
    const int size = group_size();
    for (int i = 0; i < 4; i++) {
        const double *a = all.a[index / 4 + i / 2 * 8], *b = all.b[index % 4 * 2 + i % 2];
        double terms[depth];
        for (int k = 0; k < depth; k++) terms[k] = a[k] * b[k];
        for (int k = 0; k < depth; k += size) lane.c[i] = add_group(lane.c[i], terms + k, size);
    }
}

}  // namespace

void load_matrices(const void *row, int count, bool transposed, uint32_t *to, int line) {
    Warp &warp = machine().warp();
    const uint64_t *rows_of = warp.value[warp.parity];
    const int index = lane();
    if (index < 8 * count) {
        if (!machine().shared.holds(row)) stop_kernel("line %d: ldmatrix reads %p, which is not in shared memory", line, row);
        check_access(row, 16, false);
    }
    warp.value[warp.parity][index] = reinterpret_cast<uint64_t>(row);
    join_warp(line);
    for (int m = 0; m < count; m++) {
        uint16_t element[2];
        for (int e = 0; e < 2; e++) {
            const int r = transposed ? index % 4 * 2 + e : index / 4, c = transposed ? index / 4 : index % 4 * 2 + e;
            const auto *from = reinterpret_cast<const uint16_t *>(rows_of[8 * m + r]) + c;
            check_access(from, 2, false);
            element[e] = *from;
        }
        to[m] = element[0] | uint32_t(element[1]) << 16;
    }
}

void multiply_add(const uint32_t *a, const uint32_t *b, float *c, int line) {
    Warp &warp = machine().warp();
    const uint64_t *registers = warp.value[warp.parity];
    const Registers own = {a, b, c};
    warp.value[warp.parity][lane()] = reinterpret_cast<uint64_t>(&own);
    if (!join_warp(line)) return; /* the last lane has done it */
    Matrices all;
    for (int i = 0; i < lanes_a_warp; i++) gather(*reinterpret_cast<const Registers *>(registers[i]), i, all);
    for (int i = 0; i < lanes_a_warp; i++) multiply(all, *reinterpret_cast<const Registers *>(registers[i]), i);
}

}  // namespace emu
