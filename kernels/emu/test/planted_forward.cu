/* planted_forward.cu: a warp's online softmax over splits of the keys (attention_online.h) against one in double, and what goes wrong
 * there. */
#include <cmath>

#include "attention_online.h"
#include "planted.h"

namespace {

using namespace leeway;
using namespace planted;

/* 16 query rows over blocks of 64 keys, two blocks a split. */
constexpr int dims = 32, queries = 16, blocks = 4, keys = blocks * key_tile, rows = queries + 2 * keys;
constexpr int tile_bytes = key_tile * tile_row_bytes<dims>;

enum class Mistake { none, values_not_awaited, values_not_turned, swapped_pieces, unswizzled_queries, split_not_scaled };

__device__ void add_values(Left (&weights)[1][key_tile / 16], const char *values, Mistake mistake, OnlineRows<1, dims> &state) {
    const int lane = int(threadIdx.x);
    if (mistake == Mistake::swapped_pieces)
        for (Left &left : weights[0]) std::swap(left.x[0], left.x[2]), std::swap(left.x[1], left.x[3]);
    if (mistake != Mistake::values_not_turned) return multiply_across<dims>(weights, values, lane, state.out);
    for (int step = 0; step < key_tile / 16; step++)
        for (int j = 0; j < dims / 16; j++) {
            Right b[2];
            load_right_along(values + RowPlace<dims>::rows_first(lane).at(step, j), b[0], b[1]);
            for (int e = 0; e < 2; e++) multiply_add(weights[0][step], b[e], state.out[0][2 * j + e]);
        }
}

/* Tiles of the keys and of their values by turns, through a ring of three. */
struct KeyTiles {
    const bf16 *k; /* (2, keys, dims), the values behind the keys */
    char *ring;
    Mistake mistake;

    __device__ void begin(int t) const {
        const bf16 *const from = k + t % 2 * keys * dims;
        if (t < 2 * blocks)
            copy_rows<dims, key_tile, warp>(ring + t % 3 * tile_bytes, from, dims, int(threadIdx.x),
                                            [&](int r) { return int64_t(t / 2 * key_tile + r) * dims; });
        commit_async();
    }

    __device__ const char *take(int t) const {
        if (mistake != Mistake::values_not_awaited || t % 2 == 0) wait_async<1>();
        __syncwarp();
        begin(t + 2);
        return ring + t % 3 * tile_bytes;
    }
};

/* out (queries, dims) = softmax(q k) v; row r sees the keys up to 16 r + 15. */
__global__ void attend(const bf16 *q, float *out, AttentionSizes sizes, Exponent exponent, Mistake mistake) {
    LEEWAY_SHARED(char, held, queries * tile_row_bytes<dims>);
    LEEWAY_SHARED(char, ring, 3 * tile_bytes);
    LEEWAY_SHARED(float, totals, (OnlineRows<1, dims>::floats) * warp);
    const int lane = int(threadIdx.x);
    const KeyTiles tiles = {q + queries * dims, ring, mistake};
    if (mistake != Mistake::unswizzled_queries)
        copy_rows<dims, queries, warp>(held, q, dims, lane, [](int r) { return int64_t(r) * dims; });
    else
        for (int i = 8 * lane; i < queries * dims; i += 8 * warp) copy_async16(held + 2 * i, q + i);
    tiles.begin(0);
    tiles.begin(1);
    OnlineRows<1, dims> state;
    state.begin();
    for (int b = 0; b < blocks; b++) {
        SumPiece dots[1][key_tile / 8] = {};
        Left weights[1][key_tile / 16];
        const char *const key_rows = tiles.take(2 * b);
        multiply_along<dims>(held, key_rows, lane, dots);
        auto token = [&](int row) { return 16 * (piece_row(lane) + row) + 15; };
        soften_block(sizes, exponent, token, b * key_tile + piece_column(lane), false, dots, state, weights);
        add_values(weights, tiles.take(2 * b + 1), mistake, state);
        if (b % 2 == 0) continue;
        const bool last = b + 1 == blocks;
        if (mistake == Mistake::split_not_scaled)
            for (float &max : state.max[0]) max = max == -INFINITY ? max : 0.0f;
        close_split(exponent.of_z, state, totals + lane, warp, b == 1, last);
    }
    for (int j = 0; j < dims / 8; j++)
        for (int e = 0; e < 4; e++)
            out[(piece_row(lane) + e / 2 * 8) * dims + 8 * j + piece_column(lane) + e % 2] = state.out[0][j].x[e] / state.sum[0][e / 2];
}

struct RowsBench : Bench {
    std::vector<double> row[rows];

    RowsBench() : Bench(rows * dims / 2) {
        uint32_t random = 11;
        auto *bits = reinterpret_cast<uint16_t *>(host.data());
        for (auto &r : row)
            for (int d = 0; d < dims; d++) {
                random = random * 1664525u + 1013904223u;
                *bits = uint16_t((random >> 31) << 15 | (0x3f00u + (random >> 16 & 0xffu))); /* +-0.5 to 2 */
                r.push_back(double(__builtin_bit_cast(float, uint32_t(*bits++) << 16)));
            }
        write();
    }

    void attend(Mistake mistake) {
        const AttentionShape shape = {1, 1, dims, 0, 0.25f, 0.0f};
        const auto *q = reinterpret_cast<const bf16 *>(x);
        run(::attend, warp, q, y, AttentionSizes(shape), Exponent(shape), mistake);
    }

    /* The largest error in units of a rounding of each p to bf16, and a quarter more for all fp32 sums; infinity where one is NaN. */
    double worst() const {
        double most = 0;
        for (int r = 0; r < queries; r++) {
            std::vector<double> p;
            double sum = 0;
            for (int j = 0; j <= 16 * r + 15; j++) {
                double dot = 0;
                for (int d = 0; d < dims; d++) dot += row[r][size_t(d)] * row[queries + j][size_t(d)];
                p.push_back(std::exp(0.25 * dot));
                sum += p.back();
            }
            for (int d = 0; d < dims; d++) {
                double want = 0, size = 0;
                for (size_t j = 0; j < p.size(); j++) {
                    const double term = p[j] / sum * row[size_t(queries + keys) + j][size_t(d)];
                    want += term, size += std::fabs(term);
                }
                const double error = std::fabs(double(host[size_t(r * dims + d)]) - want);
                most = std::isnan(error) ? INFINITY : std::max(most, error / (1.25 * 0x1p-9 * size));
            }
        }
        return most;
    }
};

/* Nothing is reported, and the rows are wrong. */
void expect_wrong(const char *name, Mistake mistake) {
    RowsBench bench;
    bench.attend(mistake);
    expect(name, bench.error.empty() && bench.worst() > 4, bench.error + " " + std::to_string(bench.worst()));
}

}  // namespace

std::vector<Plant> planted::plants_of_rows() {
    return {
        {"right rows of a warp", [] {
             RowsBench bench;
             bench.attend(Mistake::none);
             expect("right rows", bench.error.empty() && bench.worst() <= 1, bench.error + " " + std::to_string(bench.worst()));
         }},
        {"values read before they are there", [] {
             RowsBench bench;
             bench.attend(Mistake::values_not_awaited);
             expect("not awaited", bench.error.find("a race") != std::string::npos, bench.error);
         }},
        {"values that are not turned", [] { expect_wrong("not turned", Mistake::values_not_turned); }},
        {"two pieces of p swapped", [] { expect_wrong("swapped pieces", Mistake::swapped_pieces); }},
        {"queries that are not swizzled", [] { expect_wrong("not swizzled", Mistake::unswizzled_queries); }},
        {"splits merged without their scale", [] { expect_wrong("not scaled", Mistake::split_not_scaled); }},
    };
}
