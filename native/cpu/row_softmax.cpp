/* row_softmax.cpp: see row_softmax.h. Milakov and Gimelshein 2018, algorithm 3, on tiles. Reads every logit twice, from cache. */
#include "row_softmax.h"

#include "logits.h"
#include "simd.h"

namespace leeway {
namespace {

/* -1 in lane l where token first + l is allowed; first is a multiple of 16. */
LEEWAY_INLINE i32x16 allowed_lanes(const uint32_t *allowed, int64_t first) {
    constexpr i32x16 bit = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768};
    int32_t bits = int32_t((allowed[first / 32] >> (first % 32)) & 0xffffu);
    return is_less(i32x16{}, bits & bit);
}

/* z of sixteen tokens; -infinity for those past the end or not allowed. */
LEEWAY_INLINE f32x16 tokens(const float *c, int64_t i, int64_t count, float temperature, const uint32_t *allowed, int64_t first) {
    f32x16 z = load_up_to(c + i, count - i, -INFINITY);
    if (temperature != 1.0f) z = z / temperature;
    return allowed ? select(allowed_lanes(allowed, first + i), z, splat(-INFINITY)) : z;
}

/* NaN where any z is. */
LEEWAY_CLONES float tile_max(const float *c, int64_t count, float temperature, const uint32_t *allowed, int64_t first) {
    f32x16 most = splat(-INFINITY);
    i32x16 broken = {};
    for (int64_t i = 0; i < count; i += lanes) {
        f32x16 z = tokens(c, i, count, temperature, allowed, first);
        most = maximum(most, z);
        broken |= is_nan(z);
    }
    int32_t any = 0;
    for (int l = 0; l < lanes; l++) any |= broken[l];
    return any ? NAN : max_lanes(most);
}

LEEWAY_CLONES void tile_sums(const float *c, int64_t count, float temperature, const uint32_t *allowed, int64_t first, float max,
                             double *sums) {
    Sum16 sum, weighted;
    for (int64_t i = 0; i < count; i += lanes) {
        f32x16 d = tokens(c, i, count, temperature, allowed, first) - max;
        d = d < far_below ? splat(far_below) : d;
        f32x16 e = vexp(d);
        sum.add(e);
        weighted.add_product(e, d);
    }
    sums[0] = sum.total();
    sums[1] = weighted.total();
}

LEEWAY_CLONES void cap(float *logits, int64_t count, float softcap) {
    for (int64_t i = 0; i < count; i += lanes) {
        f32x16 a = load_up_to(logits + i, count - i);
        store_up_to(logits + i, softcap * vtanh(a / softcap), count - i);
    }
}

}  // namespace

void softcap_logits(float *logits, int64_t count, float softcap) {
    if (softcap > 0.0f) cap(logits, count, softcap);
}

void RowSoftmax::add_tile(const float *c, int64_t count, float temperature, const uint32_t *allowed, int64_t first) {
    float tile = tile_max(c, count, temperature, allowed, first);
    if (tile == -INFINITY) return;  // nothing in it can occur
    if (!(tile <= max)) {           // also where tile is NaN: then so is everything
        double shift = double(max) - double(tile);
        double shrink = sum > 0.0 ? std::exp(shift) : 0.0;
        weighted = sum > 0.0 ? shrink * (weighted + shift * sum) : 0.0;
        sum *= shrink;
        max = tile;
    }
    double sums[2];
    tile_sums(c, count, temperature, allowed, first, max, sums);
    sum += sums[0];
    weighted += sums[1];
}

}  // namespace leeway
