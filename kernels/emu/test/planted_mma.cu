/* planted_mma.cu: a product on tensor cores (mma.h) against one in double, and what goes wrong in such kernels. */
#include <cmath>

#include "async.h"
#include "mma.h"
#include "number.h"
#include "planted.h"

namespace {

using namespace leeway;
using namespace planted;

/* C (16,32) = A (16,64) B (64,32); of A and B the last rows and columns are missing, and count as 0. */
constexpr int high = 16, wide = 32, deep = 64;
constexpr int rows = 13, columns = 30, depth = 60;

enum class Mistake { none, swapped_registers, swizzled_once, misaligned_row, without_wait, edge_not_cut };

/* Copies (lines, width) of a matrix, of which so many lines and elements exist, to swizzled rows. */
template <int width>
__device__ void copy(const bf16 *from, char *to, int lines, int existing_lines, int existing, bool cut) {
    for (int i = int(threadIdx.x); i < lines * width / 8; i += warp) {
        const int line = i / (width / 8), chunk = i % (width / 8);
        const int left = line < existing_lines ? min(max(2 * (existing - 8 * chunk), 0), 16) : 0;
        copy_async16_up_to(to + swizzled<2 * width>(line, chunk), left > 0 ? from + line * width + chunk * 8 : from, cut ? left : 16);
    }
}

__global__ void multiply(const bf16 *a, const bf16 *b, float *c, Mistake mistake) {
    LEEWAY_SHARED(char, left_rows, high * deep * 2);
    LEEWAY_SHARED(char, right_rows, deep * wide * 2);
    const int lane = int(threadIdx.x), matrix = lane / 8;
    copy<deep>(a, left_rows, high, rows, depth, mistake != Mistake::edge_not_cut);
    copy<wide>(b, right_rows, deep, depth, columns, true);
    commit_async();
    if (mistake != Mistake::without_wait) wait_async<0>();
    __syncthreads();
    SumPiece sum[wide / 8] = {};
    for (int k = 0; k < deep; k += 16) {
        Left left;
        const int row = lane % 16, chunk = k / 8 + matrix / 2;
        const int at = mistake == Mistake::swizzled_once ? row * 2 * deep + chunk * 16 : swizzled<2 * deep>(row, chunk);
        load_matrices<false>(left_rows + at + (mistake == Mistake::misaligned_row ? 8 : 0), left.x);
        if (mistake == Mistake::swapped_registers) std::swap(left.x[1], left.x[2]);
        for (int n = 0; n < wide / 16; n++) {
            uint32_t both[4];
            load_matrices<true>(right_rows + swizzled<2 * wide>(k + lane % 16, 2 * n + matrix / 2), both);
            multiply_add(left, {both[0], both[1]}, sum[2 * n]);
            multiply_add(left, {both[2], both[3]}, sum[2 * n + 1]);
        }
    }
    for (int n = 0; n < wide / 8; n++)
        for (int i = 0; i < 4; i++) c[(lane / 4 + i / 2 * 8) * wide + n * 8 + lane % 4 * 2 + i % 2] = sum[n].x[i];
}

/* Counts what load_matrices of one and of two matrices gives each lane other than the elements that stand there. */
__global__ void load_singly(const bf16 *a, float *differences) {
    LEEWAY_SHARED(bf16, tile, 16 * 8);
    const int lane = int(threadIdx.x);
    for (int i = lane; i < 16 * 8; i += warp) tile[i] = a[i];
    __syncthreads();
    uint32_t two[2], one[1], turned[2], turned_one[1];
    load_matrices<false>(tile + lane % 16 * 8, two);
    load_matrices<true>(tile + lane % 16 * 8, turned);
    int wrong = 0;
    for (int m = 0; m < 2; m++) {
        load_matrices<false>(tile + (8 * m + lane % 8) * 8, one);
        load_matrices<true>(tile + (8 * m + lane % 8) * 8, turned_one);
        const bf16 *plain = tile + (8 * m + lane / 4) * 8 + lane % 4 * 2;
        const bf16 *across = tile + (8 * m + lane % 4 * 2) * 8 + lane / 4;
        wrong += one[0] != two[m] || turned_one[0] != turned[m];
        wrong += one[0] != (plain[0].bits | uint32_t(plain[1].bits) << 16);
        wrong += turned_one[0] != (across[0].bits | uint32_t(across[8].bits) << 16);
    }
    differences[lane] = float(wrong);
}

struct ProductBench : Bench {
    double a[high][deep] = {}, b[deep][wide] = {};

    ProductBench() : Bench((high * deep + deep * wide) / 2) {
        uint32_t state = 1;
        auto *bits = reinterpret_cast<uint16_t *>(host.data());
        auto draw = [&](bool exists, double &value) {
            state = state * 1664525u + 1013904223u;
            *bits = exists ? uint16_t((state >> 31) << 15 | (0x3f00u + (state >> 16 & 0xffu))) : uint16_t(0x7fc0); /* +-0.5 to 2, or NaN */
            if (exists) value = double(__builtin_bit_cast(float, uint32_t(*bits) << 16));
            bits++;
        };
        for (int m = 0; m < high; m++)
            for (int k = 0; k < deep; k++) draw(m < rows && k < depth, a[m][k]);
        for (int k = 0; k < deep; k++)
            for (int n = 0; n < wide; n++) draw(k < depth && n < columns, b[k][n]);
        write();
    }

    void multiply(Mistake mistake) {
        const auto *left = reinterpret_cast<const bf16 *>(x);
        run(::multiply, 32, left, left + high * deep, y, mistake);
    }

    /* The largest error in units of 64 roundings of the sum of |terms|; infinity where an element is NaN. */
    double worst() const {
        double most = 0;
        for (int m = 0; m < high; m++)
            for (int n = 0; n < wide; n++) {
                double want = 0, size = 0;
                for (int k = 0; k < deep; k++) want += a[m][k] * b[k][n], size += std::fabs(a[m][k] * b[k][n]);
                const double error = std::fabs(double(host[size_t(m * wide + n)]) - want);
                most = std::isnan(error) ? INFINITY : std::max(most, error / (deep * 0x1p-24 * size + 1e-300));
            }
        return most;
    }
};

/* Nothing is reported, and the product is wrong. */
void expect_wrong(const char *name, Mistake mistake) {
    ProductBench bench;
    bench.multiply(mistake);
    expect(name, bench.error.empty() && bench.worst() > 1000, bench.error + "the product is right");
}

}  // namespace

std::vector<Plant> planted::plants_of_products() {
    return {
        {"right product", [] {
             ProductBench bench;
             bench.multiply(Mistake::none);
             expect("right product", bench.error.empty() && bench.worst() <= 1, bench.error + " " + std::to_string(bench.worst()));
         }},
        {"matrices one by one", [] {
             ProductBench bench;
             bench.run(load_singly, 32, reinterpret_cast<const bf16 *>(bench.x), bench.y);
             double wrong = 0;
             for (int i = 0; i < 32; i++) wrong += double(bench.host[size_t(i)]);
             expect("matrices one by one", bench.error.empty() && wrong == 0, bench.error + "they differ");
         }},
        {"two registers of a fragment swapped", [] { expect_wrong("swapped registers", Mistake::swapped_registers); }},
        {"swizzled on one side only", [] { expect_wrong("swizzled once", Mistake::swizzled_once); }},
        {"elements beyond the edge", [] { expect_wrong("edge", Mistake::edge_not_cut); }},
        {"cp.async of a tile without its wait", [] { expect_wrong("without wait", Mistake::without_wait); }},
        {"row of a matrix misaligned", [] {
             ProductBench bench;
             bench.multiply(Mistake::misaligned_row);
             expect("misaligned row", bench.error.find("misaligned address") != std::string::npos, bench.error);
         }},
        {"lanes that skip a product", [] {
             ProductBench bench;
             bench.run(load_singly, 31, reinterpret_cast<const bf16 *>(bench.x), bench.y);
             expect("skipping lanes", bench.error.find("needs all 32 lanes") != std::string::npos, bench.error);
         }},
    };
}
