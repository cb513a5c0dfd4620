/* planted_backward.cu: what the two warps of a pair do in attention_backward's dk (attention_dkv_mma.cu), less the softmax, against sums in
 * double, and what goes wrong there. */
#include <cmath>

#include "attention_backward_mma.h"
#include "planted.h"

namespace {

using namespace leeway;
using namespace planted;

using F = Form<64>;
constexpr int dims = F::dims, keys = 16 * F::tall, stages = 3, queries = stages * F::streamed;
constexpr int threads = 2 * warp;
constexpr int rows = 2 * keys + 2 * queries; /* of k, v, q, dout; the queries' deltas lie behind them */

enum class Mistake { none, without_barrier, one_stage, delta_not_awaited, misplaced_delta, operand_not_turned, swapped_pieces };

/* Begins to copy the queries of stage s and their deltas. */
__device__ void begin(const bf16 *q, const float *delta, int s, char *stage, float *deltas, Mistake mistake) {
    auto at = [&](int r) { return int64_t(s * F::streamed + r) * dims; };
    copy_rows<dims, F::streamed, threads>(stage, q, dims, int(threadIdx.x), at);
    copy_rows<dims, F::streamed, threads>(stage + F::stream_bytes, q + queries * dims, dims, int(threadIdx.x), at);
    if (int(threadIdx.x) >= F::streamed) return;
    const auto *from = reinterpret_cast<const char *>(delta + s * F::streamed + threadIdx.x);
    copy_async4_up_to(deltas + threadIdx.x, from + (mistake == Mistake::misplaced_delta ? 2 : 0), 4);
}

/* weights[i] of a lane: the products that the first warp passes on to the second. */
__device__ void pass(const Pairs<F> &x, float *weights) {
    for (int i = 0; i < F::tall * F::pieces; i++) {
        const SumPiece &piece = x.piece[i / F::pieces][i % F::pieces];
        store<4>(weights + i * (4 * warp), Floats<4>{piece.x[0], piece.x[1], piece.x[2], piece.x[3]});
    }
}

/* y = passed (y - delta) */
__device__ void take(const float *weights, const float *deltas, Pairs<F> &y) {
    for (int i = 0; i < F::tall * F::pieces; i++) {
        const int j = i % F::pieces;
        const auto passed = load<4>(weights + i * (4 * warp));
        for (int e = 0; e < 4; e++) {
            float &value = y.piece[i / F::pieces][j].x[e];
            value = passed.x[e] * (value - deltas[8 * j + piece_column(int(threadIdx.x) % warp) + e % 2]);
        }
    }
}

__device__ void add(const Pairs<F> &da, const char *q, Mistake mistake, RowSums<F> &dk) {
    const int lane = int(threadIdx.x) % warp;
    if (mistake == Mistake::swapped_pieces) {
        Left weights[F::tall][F::streamed / 16];
        for (int i = 0; i < F::tall; i++)
            for (int k = 0; k < F::streamed / 16; k++) weights[i][k] = narrow_left(da.piece[i][2 * k + 1], da.piece[i][2 * k]);
        multiply_across<dims>(weights, q, lane, dk.piece);
    } else if (mistake == Mistake::operand_not_turned) {
        for (int i = 0; i < F::tall; i++)
            for (int j = 0; j < dims / 16; j++) {
                Right b[2];
                load_right_along(q + RowPlace<dims>::rows_first(lane).at(0, j), b[0], b[1]);
                for (int e = 0; e < 2; e++) multiply_add(narrow_left(da.piece[i][0], da.piece[i][1]), b[e], dk.piece[i][2 * j + e]);
            }
    } else {
        add_weighted(da, q, lane, dk);
    }
}

/* dk (keys, dims) = sum over the queries t of da q, da = (q . k) (dout . v - delta). */
__global__ void sum_keys(const bf16 *held_rows, const bf16 *q, const float *delta, float *dk, Mistake mistake) {
    LEEWAY_SHARED(char, held, 2 * keys * F::row_bytes);
    LEEWAY_SHARED(char, streamed, 4 * F::stream_bytes);
    LEEWAY_SHARED(float, weights, F::tall * F::pieces * 4 * warp);
    LEEWAY_SHARED(float, deltas, 2 * F::streamed);
    const int lane = int(threadIdx.x) % warp, own = int(threadIdx.x) / warp, two = mistake == Mistake::one_stage ? 1 : 2;
    copy_rows<dims, 2 * keys, threads>(held, held_rows, dims, int(threadIdx.x), [](int r) { return int64_t(r) * dims; });
    begin(q, delta, 0, streamed, deltas, mistake);
    RowSums<F> sums = {};
    for (int s = 0; s < stages; s++) {
        commit_async();
        if (mistake != Mistake::delta_not_awaited || s == 0) wait_async<0>();
        __syncthreads();
        const char *const stage = streamed + s % two * 2 * F::stream_bytes;
        if (s + 1 < stages)
            begin(q, delta, s + 1, streamed + (s + 1) % two * 2 * F::stream_bytes, deltas + (s + 1) % two * F::streamed, mistake);
        Pairs<F> pairs;
        multiply_rows(held + own * keys * F::row_bytes, stage + own * F::stream_bytes, lane, pairs);
        if (own == 0) pass(pairs, weights + 4 * lane);
        if (mistake != Mistake::without_barrier) __syncthreads();
        if (own == 0) continue;
        take(weights + 4 * lane, deltas + s % two * F::streamed, pairs);
        add(pairs, stage, mistake, sums);
    }
    for (int i = 0; i < F::tall && own == 1; i++)
        for (int j = 0; j < dims / 8; j++)
            for (int e = 0; e < 4; e++)
                dk[(16 * i + piece_row(lane) + e / 2 * 8) * dims + 8 * j + piece_column(lane) + e % 2] = sums.piece[i][j].x[e];
}

struct KeysBench : Bench {
    std::vector<double> row[rows];
    std::vector<double> delta;

    KeysBench() : Bench(rows * dims / 2 + queries) {
        uint32_t state = 7;
        auto *bits = reinterpret_cast<uint16_t *>(host.data());
        for (auto &r : row)
            for (int d = 0; d < dims; d++) {
                state = state * 1664525u + 1013904223u;
                *bits = uint16_t((state >> 31) << 15 | (0x3e00u + (state >> 16 & 0xffu))); /* +-0.125 to 0.5 */
                r.push_back(double(__builtin_bit_cast(float, uint32_t(*bits++) << 16)));
            }
        for (int t = 0; t < queries; t++) {
            delta.push_back(double(t % 7 - 3));
            host[size_t(rows * dims / 2 + t)] = float(delta.back());
        }
        write();
    }

    void sum(Mistake mistake) {
        const auto *held = reinterpret_cast<const bf16 *>(x);
        run(sum_keys, threads, held, held + 2 * keys * dims, x + rows * dims / 2, y, mistake);
    }

    static double dot(const std::vector<double> &a, const std::vector<double> &b) {
        double sum = 0;
        for (int d = 0; d < dims; d++) sum += a[size_t(d)] * b[size_t(d)];
        return sum;
    }

    /* The largest error in units of a rounding of each da to bf16, and a quarter more for all fp32 sums; infinity where one is NaN. */
    double worst() const {
        double most = 0;
        for (int k = 0; k < keys; k++)
            for (int d = 0; d < dims; d++) {
                double want = 0, size = 0;
                for (int t = 0; t < queries; t++) {
                    const auto &q = row[2 * keys + t], &dout = row[2 * keys + queries + t];
                    const double term = dot(row[k], q) * (dot(row[keys + k], dout) - delta[size_t(t)]) * q[size_t(d)];
                    want += term, size += std::fabs(term);
                }
                const double error = std::fabs(double(host[size_t(k * dims + d)]) - want);
                most = std::isnan(error) ? INFINITY : std::max(most, error / (1.25 * 0x1p-9 * size));
            }
        return most;
    }
};

void expect_error(const char *name, Mistake mistake, const char *what) {
    KeysBench bench;
    bench.sum(mistake);
    expect(name, bench.error.find(what) != std::string::npos, bench.error);
}

/* Nothing is reported, and the sums are wrong. */
void expect_wrong(const char *name, Mistake mistake) {
    KeysBench bench;
    bench.sum(mistake);
    expect(name, bench.error.empty() && bench.worst() > 4, bench.error + " " + std::to_string(bench.worst()));
}

}  // namespace

std::vector<Plant> planted::plants_of_gradients() {
    return {
        {"right sums of a pair of warps", [] {
             KeysBench bench;
             bench.sum(Mistake::none);
             expect("right sums", bench.error.empty() && bench.worst() <= 1, bench.error + " " + std::to_string(bench.worst()));
         }},
        {"weights taken without a barrier", [] { expect_error("without barrier", Mistake::without_barrier, "a race"); }},
        {"a stage filled while it is read", [] { expect_error("one stage", Mistake::one_stage, "a race"); }},
        {"four bytes from between two floats", [] { expect_error("misplaced delta", Mistake::misplaced_delta, "misaligned address"); }},
        {"a stage read before it is there", [] { expect_wrong("not awaited", Mistake::delta_not_awaited); }},
        {"an operand that is not turned", [] { expect_wrong("not turned", Mistake::operand_not_turned); }},
        {"two pieces of a left operand swapped", [] { expect_wrong("swapped pieces", Mistake::swapped_pieces); }},
    };
}
