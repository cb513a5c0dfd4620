/* elementwise.cpp: fill, cast, axpy, scale (elementwise.h).
 * Numerics: one rounding an element; casts to a shorter type round to nearest even or stochastically. Memory bound: each array once. */
#include <cmath>
#include <cstring>

#include "check.h"
#include "parallel.h"
#include "philox.h"
#include "simd.h"

namespace {

using namespace leeway;

constexpr int64_t block = 1 << 16;  // elements a task

LEEWAY_CLONES void fill(float *x, int64_t count, float value) {
    for (int64_t i = 0; i < count; i++) x[i] = value;
}

LEEWAY_CLONES void axpy(float *y, const float *x, int64_t count, float alpha) {
    for (int64_t i = 0; i < count; i += lanes) {
        int64_t left = count - i;
        store_up_to(y + i, load_up_to(y + i, left) + alpha * load_up_to(x + i, left), left);
    }
}

LEEWAY_CLONES void scale(float *x, int64_t count, float alpha) {
    for (int64_t i = 0; i < count; i++) x[i] *= alpha;
}

uint32_t bits_of(float x) {
    uint32_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* The upper half of a float is a bfloat16; a NaN keeps its sign and stays a NaN. */
constexpr uint16_t quiet = 0x0040;

LEEWAY_INLINE uint16_t nearest_bf16(uint32_t bits) {
    bool nan = (bits & 0x7fffffffu) > 0x7f800000u;
    return nan ? uint16_t((bits >> 16) | quiet) : uint16_t((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

/* Adds 16 random bits below the kept ones, so that the carry happens with the probability of the cut part; infinity has none to cut. */
uint16_t stochastic_bf16(uint32_t bits, uint32_t random) {
    bool nan = (bits & 0x7fffffffu) > 0x7f800000u;
    return nan ? uint16_t((bits >> 16) | quiet) : uint16_t((bits + (random >> 16)) >> 16);
}

/* double to bfloat16 with one rounding: to float rounding to odd, which keeps every tie decidable, then to nearest even. */
float rounded_to_odd(double x) {
    float y = float(x);
    if (std::isnan(x) || std::isinf(y) || double(y) == x) return std::isinf(x) || !std::isinf(y) ? y : std::copysign(3.40282347e38f, y);
    uint32_t bits = bits_of(y);
    if (std::fabs(double(y)) > std::fabs(x)) bits--;  // towards zero
    bits |= 1u;
    std::memcpy(&y, &bits, sizeof y);
    return y;
}

template <class To>
struct Converted {
    static To of(float x) { return To(x); }
    static To of(double x) { return To(x); }
};

template <>
struct Converted<uint16_t> {
    static uint16_t of(float x) { return nearest_bf16(bits_of(x)); }
    static uint16_t of(double x) { return nearest_bf16(bits_of(rounded_to_odd(x))); }
};

float widened(uint16_t x) {
    uint32_t bits = uint32_t(x) << 16;
    float y;
    std::memcpy(&y, &bits, sizeof y);
    return y;
}
float widened(float x) { return x; }
double widened(double x) { return x; }

template <class From, class To>
void convert(leeway_stream *stream, const leeway_cast_args *args) {
    auto *x = static_cast<const From *>(args->x);
    auto *y = static_cast<To *>(args->y);
    parallel_blocks(stream, args->count, block, [=](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; i++) y[i] = Converted<To>::of(widened(x[i]));
    });
}

template <class From>
void convert_stochastic(leeway_stream *stream, const leeway_cast_args *args) {
    auto *x = static_cast<const From *>(args->x);
    auto *y = static_cast<uint16_t *>(args->y);
    uint64_t seed = args->seed;
    parallel_blocks(stream, args->count, block, [=](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; i++) y[i] = stochastic_bf16(bits_of(float(widened(x[i]))), philox(seed, 0, uint64_t(i))[0]);
    });
}

template <class From>
void convert_to(leeway_stream *stream, const leeway_cast_args *args) {
    if (args->to == LEEWAY_F32) convert<From, float>(stream, args);
    else if (args->to == LEEWAY_F64) convert<From, double>(stream, args);
    else if (args->stochastic) convert_stochastic<From>(stream, args);
    else convert<From, uint16_t>(stream, args);
}

bool is_float(leeway_dtype type) { return type == LEEWAY_F32 || type == LEEWAY_BF16 || type == LEEWAY_F64; }

}  // namespace

leeway_status leeway_fill(leeway_stream *stream, const leeway_fill_args *args) {
    LEEWAY_CHECK("fill", args->count >= 0, "count must not be negative, got %lld", (long long)args->count);
    LEEWAY_CHECK("fill", args->count == 0 || args->x, "x must not be NULL");
    LEEWAY_CHECK_F32("fill", "dtype", args->dtype);
    auto *x = static_cast<float *>(args->x);
    parallel_blocks(stream, args->count, block, [=](int64_t begin, int64_t end) { fill(x + begin, end - begin, args->value); });
    return LEEWAY_OK;
}

leeway_status leeway_cast(leeway_stream *stream, const leeway_cast_args *args) {
    LEEWAY_CHECK("cast", args->count >= 0, "count must not be negative, got %lld", (long long)args->count);
    LEEWAY_CHECK("cast", args->count == 0 || (args->x && args->y), "x and y must not be NULL");
    LEEWAY_CHECK("cast", is_float(args->from) && is_float(args->to), "from and to must be F32 (0), BF16 (1) or F64 (2), got %d and %d",
                 int(args->from), int(args->to));
    LEEWAY_CHECK("cast", args->stochastic == 0 || (args->stochastic == 1 && args->to == LEEWAY_BF16),
                 "stochastic must be 0, or 1 where to is BF16, got %d", int(args->stochastic));
    if (args->from == LEEWAY_F32) convert_to<float>(stream, args);
    else if (args->from == LEEWAY_F64) convert_to<double>(stream, args);
    else convert_to<uint16_t>(stream, args);
    return LEEWAY_OK;
}

leeway_status leeway_axpy(leeway_stream *stream, const leeway_axpy_args *args) {
    LEEWAY_CHECK("axpy", args->count >= 0, "count must not be negative, got %lld", (long long)args->count);
    LEEWAY_CHECK("axpy", args->count == 0 || (args->x && args->y), "x and y must not be NULL");
    LEEWAY_CHECK_F32("axpy", "dtype", args->dtype);
    auto *x = static_cast<const float *>(args->x);
    auto *y = static_cast<float *>(args->y);
    parallel_blocks(stream, args->count, block,
                    [=](int64_t begin, int64_t end) { axpy(y + begin, x + begin, end - begin, args->alpha); });
    return LEEWAY_OK;
}

leeway_status leeway_scale(leeway_stream *stream, const leeway_scale_args *args) {
    LEEWAY_CHECK("scale", args->count >= 0, "count must not be negative, got %lld", (long long)args->count);
    LEEWAY_CHECK("scale", args->count == 0 || args->x, "x must not be NULL");
    LEEWAY_CHECK_F32("scale", "dtype", args->dtype);
    auto *x = static_cast<float *>(args->x);
    parallel_blocks(stream, args->count, block, [=](int64_t begin, int64_t end) { scale(x + begin, end - begin, args->alpha); });
    return LEEWAY_OK;
}
