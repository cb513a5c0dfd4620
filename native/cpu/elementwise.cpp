/* elementwise.cpp: fill, cast, axpy, scale (elementwise.h).
 * Numerics: one rounding an element; casts to a shorter type round to nearest even or stochastically. Memory bound: each array once. */
#include "elementwise.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "bf16.h"
#include "parallel.h"
#include "stochastic.h"

namespace {

using namespace leeway;

constexpr int64_t block = 1 << 16;  // elements a task

/* x[0..count) = value, in whichever type x has. */
template <class T>
LEEWAY_INLINE void fill_with(T *x, int64_t count, float value) {
    for (int64_t i = 0; i < count; i += lanes) store_up_to(x + i, splat(value), count - i);
}
LEEWAY_CLONES void fill(float *x, int64_t count, float value) { fill_with(x, count, value); }
LEEWAY_CLONES void fill(bf16 *x, int64_t count, float value) { fill_with(x, count, value); }

template <class T>
LEEWAY_INLINE void add_scaled(T *y, const T *x, int64_t count, float alpha) {
    for (int64_t i = 0; i < count; i += lanes) {
        int64_t left = count - i;
        store_up_to(y + i, load_up_to(y + i, left) + alpha * load_up_to(x + i, left), left);
    }
}
LEEWAY_CLONES void axpy(float *y, const float *x, int64_t count, float alpha) { add_scaled(y, x, count, alpha); }
LEEWAY_CLONES void axpy(bf16 *y, const bf16 *x, int64_t count, float alpha) { add_scaled(y, x, count, alpha); }

template <class T>
LEEWAY_INLINE void multiply(T *x, int64_t count, float alpha) {
    for (int64_t i = 0; i < count; i += lanes) store_up_to(x + i, alpha * load_up_to(x + i, count - i), count - i);
}
LEEWAY_CLONES void scale(float *x, int64_t count, float alpha) { multiply(x, count, alpha); }
LEEWAY_CLONES void scale(bf16 *x, int64_t count, float alpha) { multiply(x, count, alpha); }

LEEWAY_CLONES void convert(const float *x, bf16 *y, int64_t count) {
    for (int64_t i = 0; i < count; i += lanes) store_up_to(y + i, load_up_to(x + i, count - i), count - i);
}
LEEWAY_CLONES void convert(const bf16 *x, float *y, int64_t count) {
    for (int64_t i = 0; i < count; i += lanes) store_up_to(y + i, load_up_to(x + i, count - i), count - i);
}
void convert(const double *x, bf16 *y, int64_t count) {
    for (int64_t i = 0; i < count; i++) y[i] = round_to_bf16(rounded_to_odd(x[i]));
}
void convert(const bf16 *x, double *y, int64_t count) {
    for (int64_t i = 0; i < count; i++) y[i] = double(widen(x[i]));
}
LEEWAY_CLONES void convert(const float *x, double *y, int64_t count) {
    for (int64_t i = 0; i < count; i++) y[i] = double(x[i]);
}
LEEWAY_CLONES void convert(const double *x, float *y, int64_t count) {
    for (int64_t i = 0; i < count; i++) y[i] = float(x[i]);
}

/* Elements first .. first+count-1 of all, first a multiple of 16. */
LEEWAY_CLONES void convert_stochastic(const float *x, bf16 *y, int64_t count, int64_t first, uint64_t seed) {
    for (int64_t i = 0; i < count; i += lanes) {
        const u32x16 random = philox_word(seed, 0, uint64_t(first + i));
        store_up_to(y + i, stochastic_bf16(load_up_to(x + i, count - i), random), count - i);
    }
}

template <class From, class To>
void cast(leeway_stream *stream, const leeway_cast_args *args) {
    auto *x = static_cast<const From *>(args->x);
    auto *y = static_cast<To *>(args->y);
    parallel_blocks(stream, args->count, block, [=](int64_t begin, int64_t end) {
        if constexpr (std::is_same_v<From, To>) std::memcpy(y + begin, x + begin, size_t(end - begin) * sizeof(To));
        else convert(x + begin, y + begin, end - begin);
    });
}

/* What isn't fp32 already goes through it. */
template <class From>
void cast_stochastic(leeway_stream *stream, const leeway_cast_args *args) {
    auto *x = static_cast<const From *>(args->x);
    auto *y = static_cast<bf16 *>(args->y);
    uint64_t seed = args->seed;
    parallel_blocks(stream, args->count, block, [=](int64_t begin, int64_t end) {
        if constexpr (std::is_same_v<From, float>) return convert_stochastic(x + begin, y + begin, end - begin, begin, seed);
        float part[1024];
        for (int64_t i = begin, count; i < end; i += count) {
            count = std::min<int64_t>(1024, end - i);
            if constexpr (!std::is_same_v<From, float>) convert(x + i, part, count);
            convert_stochastic(part, y + i, count, i, seed);
        }
    });
}

template <class From>
void cast_from(leeway_stream *stream, const leeway_cast_args *args) {
    if (args->to == LEEWAY_F32) cast<From, float>(stream, args);
    else if (args->to == LEEWAY_F64) cast<From, double>(stream, args);
    else if (args->stochastic) cast_stochastic<From>(stream, args);
    else cast<From, bf16>(stream, args);
}

/* body(begin, end, typed pointer) over the blocks of an array of F32 or BF16. */
template <class Body>
void for_each_block(leeway_stream *stream, int64_t count, leeway_dtype dtype, void *x, Body body) {
    parallel_blocks(stream, count, block, [=](int64_t begin, int64_t end) {
        if (dtype == LEEWAY_F32) body(begin, end, static_cast<float *>(x));
        else body(begin, end, static_cast<bf16 *>(x));
    });
}

}  // namespace

leeway_status leeway_fill(leeway_stream *stream, const leeway_fill_args *args) {
    LEEWAY_TRY(check(*args));
    for_each_block(stream, args->count, args->dtype, args->x,
                   [=](int64_t begin, int64_t end, auto *x) { fill(x + begin, end - begin, args->value); });
    return LEEWAY_OK;
}

leeway_status leeway_cast(leeway_stream *stream, const leeway_cast_args *args) {
    LEEWAY_TRY(check(*args));
    if (args->from == LEEWAY_F32) cast_from<float>(stream, args);
    else if (args->from == LEEWAY_F64) cast_from<double>(stream, args);
    else cast_from<bf16>(stream, args);
    return LEEWAY_OK;
}

leeway_status leeway_axpy(leeway_stream *stream, const leeway_axpy_args *args) {
    LEEWAY_TRY(check(*args));
    for_each_block(stream, args->count, args->dtype, args->y, [=](int64_t begin, int64_t end, auto *y) {
        axpy(y + begin, static_cast<decltype(y)>(const_cast<void *>(args->x)) + begin, end - begin, args->alpha);
    });
    return LEEWAY_OK;
}

leeway_status leeway_scale(leeway_stream *stream, const leeway_scale_args *args) {
    LEEWAY_TRY(check(*args));
    for_each_block(stream, args->count, args->dtype, args->x,
                   [=](int64_t begin, int64_t end, auto *x) { scale(x + begin, end - begin, args->alpha); });
    return LEEWAY_OK;
}
