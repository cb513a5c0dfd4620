/* nf4.cpp: quantize_nf4 and dequantize (linear.h). Source: Dettmers et al. 2023, section 3 and appendix E.
 *
 * Numerics: the nearest level is decided in double against the midpoints times absmax (exact products), so ties are true ties and go to
 * the lower code; a block of zeros has absmax 0 and code 7. Bytes moved: 4.5625 an element each way. */
#include "nf4.h"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "linear_operand.h"
#include "parallel.h"
#include "simd.h"

namespace {

using namespace leeway;

constexpr int64_t blocks_a_task = 256;

/* Codes of a block: how many midpoints lie below each element. */
LEEWAY_CLONES void nearest_codes(const float *weight, float absmax, int32_t *codes) {
    for (int64_t i = 0; i < nf4_block; i++) codes[i] = 0;
    for (int level = 0; level < 15; level++) {
        double middle = 0.5 * (double(nf4_levels[level]) + double(nf4_levels[level + 1])) * double(absmax);
        for (int64_t i = 0; i < nf4_block; i++) codes[i] += double(weight[i]) > middle;
    }
}

template <class Weight>
void quantize_block(const Weight *weight, uint8_t *codes, float *absmax) {
    float block[nf4_block], most = 0.0f;
    for (int64_t i = 0; i < nf4_block; i++) {
        block[i] = widen(weight[i]);
        most = std::max(most, std::fabs(block[i]));
    }
    *absmax = most;
    int32_t nearest[nf4_block];
    if (most > 0.0f) nearest_codes(block, most, nearest);
    else std::fill(nearest, nearest + nf4_block, 7);
    for (int64_t i = 0; i < nf4_block; i += 2) codes[i / 2] = uint8_t(nearest[i] | nearest[i + 1] << 4);
}

LEEWAY_CLONES bool has_nonfinite(const float *x, int64_t count) {
    int32_t bad = 0;
    for (int64_t i = 0; i < count; i++) bad |= x[i] - x[i] != 0.0f;
    return bad != 0;
}

LEEWAY_CLONES bool has_nonfinite(const bf16 *x, int64_t count) {
    int32_t bad = 0;
    for (int64_t i = 0; i < count; i++) bad |= (x[i].bits & 0x7f80) == 0x7f80;
    return bad != 0;
}

/* Index of the first element that is NaN or infinite, or -1. */
template <class Weight>
int64_t find_nonfinite(leeway_stream *stream, const Weight *weight, int64_t count) {
    std::atomic<bool> broken{false};
    parallel_blocks(stream, count, blocks_a_task * nf4_block, [&](int64_t begin, int64_t end) {
        if (has_nonfinite(weight + begin, end - begin)) broken = true;
    });
    if (!broken) return -1;
    return std::find_if(weight, weight + count, [](Weight x) { return !std::isfinite(widen(x)); }) - weight;
}

template <class Weight>
leeway_status quantize(leeway_stream *stream, const leeway_quantize_nf4_args *args) {
    const auto *weight = static_cast<const Weight *>(args->weight);
    const int64_t count = args->in * args->out;
    if (int64_t bad = find_nonfinite(stream, weight, count); bad >= 0)
        return fail(LEEWAY_BAD_DATA, "quantize_nf4: weight[%lld] is %g, not finite", (long long)bad, double(widen(weight[bad])));
    parallel_blocks(stream, count / nf4_block, blocks_a_task, [=](int64_t begin, int64_t end) {
        for (int64_t b = begin; b < end; b++) quantize_block(weight + b * nf4_block, args->codes + b * nf4_block / 2, args->absmax + b);
    });
    return LEEWAY_OK;
}

template <class Result>
void decode(leeway_stream *stream, const leeway_dequantize_args *args) {
    parallel_blocks(stream, args->in * args->out, blocks_a_task * nf4_block, [=](int64_t begin, int64_t end) {
        nf4_decode(args->weight.data, args->weight.absmax, begin, end - begin, static_cast<Result *>(args->y) + begin);
    });
}

}  // namespace

leeway_status leeway_quantize_nf4(leeway_stream *stream, const leeway_quantize_nf4_args *args) {
    LEEWAY_TRY(check(*args));
    return args->dtype == LEEWAY_BF16 ? quantize<bf16>(stream, args) : quantize<float>(stream, args);
}

leeway_status leeway_dequantize(leeway_stream *stream, const leeway_dequantize_args *args) {
    LEEWAY_TRY(check(*args));
    args->dtype == LEEWAY_BF16 ? decode<bf16>(stream, args) : decode<float>(stream, args);
    return LEEWAY_OK;
}
