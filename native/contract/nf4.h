/* nf4.h: the sixteen levels of NormalFloat4 (Dettmers et al. 2023, appendix E): quantiles of a normal distribution, scaled to [-1,1],
 * with an exact zero at code 7. A weight is level * absmax of its block of 64. */
#pragma once

#include "check.h"

namespace leeway {

inline constexpr int64_t nf4_block = 64;

inline constexpr float nf4_levels[16] = {
    -1.0f,
    -0.6961928009986877f,
    -0.5250730514526367f,
    -0.39491748809814453f,
    -0.28444138169288635f,
    -0.18477343022823334f,
    -0.09105003625154495f,
    0.0f,
    0.07958029955625534f,
    0.16093020141124725f,
    0.24611230194568634f,
    0.33791524171829224f,
    0.44070982933044434f,
    0.5626170039176941f,
    0.7229568362236023f,
    1.0f,
};

/* Element i of the row-major matrix: low nibble first. */
inline float nf4_element(const uint8_t *codes, const float *absmax, int64_t i) {
    int code = (codes[i / 2] >> (i % 2 * 4)) & 15;
    return nf4_levels[code] * absmax[i / nf4_block];
}

template <class Args>
leeway_status check_nf4_sizes(const char *op, const Args &args) {
    if (args.in < 1 || args.out < 1 || args.in * args.out % nf4_block != 0)
        return fail(LEEWAY_BAD_ARGUMENT, "%s: in * out must be a positive multiple of 64, got %lld * %lld", op, (long long)args.in,
                    (long long)args.out);
    return check_float(op, "dtype", args.dtype);
}

inline leeway_status check(const leeway_quantize_nf4_args &args) {
    LEEWAY_TRY(check_nf4_sizes("quantize_nf4", args));
    LEEWAY_CHECK("quantize_nf4", args.weight && args.codes && args.absmax, "weight, codes and absmax must not be NULL");
    return LEEWAY_OK;
}

inline leeway_status check(const leeway_dequantize_args &args) {
    LEEWAY_TRY(check_nf4_sizes("dequantize", args));
    LEEWAY_CHECK("dequantize", args.weight.dtype == LEEWAY_NF4, "weight.dtype must be NF4 (6), got %d", int(args.weight.dtype));
    LEEWAY_CHECK("dequantize", args.weight.reserved == 0, "weight.reserved must be 0, got %d", int(args.weight.reserved));
    LEEWAY_CHECK("dequantize", args.weight.data && args.weight.absmax && args.y, "weight.data, weight.absmax and y must not be NULL");
    return LEEWAY_OK;
}

}  // namespace leeway
