/* nf4.cu: quantize_nf4 and dequantize (linear.h). Source: Dettmers et al. 2023, section 3 and appendix E.
 *
 * Numerics: the nearest level is decided in double against the midpoints times absmax (exact products), so ties are true ties and go to
 * the lower code; a block of zeros has absmax 0 and code 7. Half a warp a block of 64, four elements a lane. Bytes moved: 4.5625 an element
 * each way. */
#include "nf4_level.h"
#include "stream.h"

namespace {

using namespace leeway;

constexpr int threads = 256;

template <class T>
__global__ void __launch_bounds__(threads) find_nonfinite(int64_t count, const T *weight, Faults *faults, uint32_t rule) {
    constexpr int n = pack_size<T>;
    for (int64_t i = grid_index() * n; i < count; i += grid_stride() * n) {
        const auto values = load<n>(weight + i);
        for (int k = 0; k < n; k++)
            if ((float_as_bits(values.x[k]) & 0x7f800000u) == 0x7f800000u) report(faults, rule, i + k);
    }
}

/* How many midpoints lie below x. */
__device__ int nearest_code(float x, float absmax) {
    int code = 0;
    for (int level = 0; level < 15; level++)
        code += double(x) > 0.5 * (double(nf4_level(level)) + double(nf4_level(level + 1))) * double(absmax);
    return code;
}

/* Lanes behind the last block of 64 take part in the exchange with zeros. */
template <class T>
__global__ void __launch_bounds__(threads) quantize(int64_t count, const T *weight, uint8_t *codes, float *absmax, const Faults *faults) {
    if (refused(faults)) return;
    constexpr int n = 4, lanes = int(nf4_block) / n;
    const int64_t i = grid_index() * n;
    const auto values = load_up_to<n>(weight + min(i, count), i < count ? n : 0);
    float most = 0.0f;
    for (int k = 0; k < n; k++) most = fmaxf(most, fabsf(values.x[k]));
    for (int distance = lanes / 2; distance > 0; distance /= 2) most = fmaxf(most, __shfl_xor_sync(all_lanes, most, distance));
    if (i >= count) return;
    Pack<uint8_t, n / 2> pack;
    for (int k = 0; k < n; k += 2) {
        const int low = most > 0.0f ? nearest_code(values.x[k], most) : 7, high = most > 0.0f ? nearest_code(values.x[k + 1], most) : 7;
        pack.x[k / 2] = uint8_t(low | high << 4);
    }
    store_pack<n / 2>(codes + i / 2, pack);
    if (i % nf4_block == 0) absmax[i / nf4_block] = most;
}

template <class T>
__global__ void __launch_bounds__(threads) decode(int64_t count, const uint8_t *codes, const float *absmax, T *y) {
    constexpr int n = pack_size<T>;
    for (int64_t i = grid_index() * n; i < count; i += grid_stride() * n) {
        const auto pack = load_pack<n / 2>(codes + i / 2);
        const float scale = absmax[i / nf4_block];
        Floats<n> values;
        for (int k = 0; k < n; k++) values.x[k] = nf4_level(pack.x[k / 2] >> (k % 2 * 4) & 15) * scale;
        store<n>(y + i, values);
    }
}

}  // namespace

leeway_status leeway_quantize_nf4(leeway_stream *stream, const leeway_quantize_nf4_args *args) {
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "quantize_nf4", {args->in, args->out}));
    uint32_t nonfinite = 0;
    LEEWAY_TRY(rule(stream, {LEEWAY_BAD_DATA, "quantize_nf4: weight[%lld] is not finite", 0}, &nonfinite));
    const int64_t count = args->in * args->out;
    return with_type(args->dtype, [&](auto type) {
        using T = decltype(type);
        const auto *weight = static_cast<const T *>(args->weight);
        const unsigned blocks = grid_for(stream, blocks_of(count, int64_t(pack_size<T>)), threads);
        LEEWAY_TRY(LEEWAY_LAUNCH(stream, find_nonfinite<T>, blocks, threads, 0, count, weight, stream->faults, nonfinite));
        return LEEWAY_LAUNCH(stream, quantize<T>, unsigned(blocks_of(count, int64_t(threads * 4))), threads, 0, count, weight, args->codes,
                             args->absmax, stream->faults);
    });
}

leeway_status leeway_dequantize(leeway_stream *stream, const leeway_dequantize_args *args) {
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "dequantize", {args->in, args->out}));
    const int64_t count = args->in * args->out;
    return with_type(args->dtype, [&](auto type) {
        using T = decltype(type);
        return LEEWAY_LAUNCH(stream, decode<T>, grid_for(stream, blocks_of(count, int64_t(pack_size<T>)), threads), threads, 0, count,
                             static_cast<const uint8_t *>(args->weight.data), args->weight.absmax, static_cast<T *>(args->y));
    });
}
