/* elementwise.cu: fill, cast, axpy, scale (elementwise.h).
 * Numerics: one rounding an element; casts to a shorter type round to nearest even or stochastically. Memory bound: each array once, in
 * packs of 16 bytes of the longer type; a thread walks on by the grid. */
#include "elementwise.h"

#include "philox.h"
#include "stream.h"

namespace {

using namespace leeway;

constexpr int threads = 256;

template <class T, int n>
__global__ void __launch_bounds__(threads) fill(int64_t count, T *x, float value) {
    Floats<n> values;
    for (int k = 0; k < n; k++) values.x[k] = value;
    for (int64_t i = grid_index() * n; i < count; i += grid_stride() * n) store_up_to<n>(x + i, values, count - i);
}

template <class T, int n>
__global__ void __launch_bounds__(threads) axpy(int64_t count, const T *x, T *y, float alpha) {
    for (int64_t i = grid_index() * n; i < count; i += grid_stride() * n) {
        const auto term = load_up_to<n>(x + i, count - i);
        auto sum = load_up_to<n>(y + i, count - i);
        for (int k = 0; k < n; k++) sum.x[k] = fmaf(alpha, term.x[k], sum.x[k]);
        store_up_to<n>(y + i, sum, count - i);
    }
}

template <class T, int n>
__global__ void __launch_bounds__(threads) scale(int64_t count, T *x, float alpha) {
    for (int64_t i = grid_index() * n; i < count; i += grid_stride() * n) {
        auto values = load_up_to<n>(x + i, count - i);
        for (int k = 0; k < n; k++) values.x[k] *= alpha;
        store_up_to<n>(x + i, values, count - i);
    }
}

template <class To, class From>
__device__ To converted(From x) {
    if constexpr (std::is_same_v<From, To>) return x;
    else if constexpr (std::is_same_v<To, double>) return double(widen(x));
    else if constexpr (!std::is_same_v<From, double>) return narrow<To>(widen(x));
    else if constexpr (std::is_same_v<To, float>) return float(x);
    else return round_to_bf16(rounded_to_odd(x));
}

template <class From, class To, int n>
__global__ void __launch_bounds__(threads) convert(int64_t count, const From *x, To *y) {
    for (int64_t i = grid_index() * n; i < count; i += grid_stride() * n) {
        const auto from = load_pack_up_to<n>(x + i, count - i);
        Pack<To, n> to;
        for (int k = 0; k < n; k++) to.x[k] = converted<To>(from.x[k]);
        store_pack_up_to<n>(y + i, to, count - i);
    }
}

/* What isn't fp32 already goes through it. */
template <class From, int n>
__global__ void __launch_bounds__(threads) convert_stochastic(int64_t count, const From *x, bf16 *y, uint64_t seed) {
    for (int64_t i = grid_index() * n; i < count; i += grid_stride() * n) {
        const auto from = load_pack_up_to<n>(x + i, count - i);
        Pack<bf16, n> to;
        for (int k = 0; k < n; k++) to.x[k] = round_stochastically(converted<float>(from.x[k]), philox(seed, 0, uint64_t(i + k))[0]);
        store_pack_up_to<n>(y + i, to, count - i);
    }
}

/* The blocks for count elements in packs of n. */
unsigned blocks_for(const leeway_stream *stream, int64_t count, int n) {
    return grid_for(stream, blocks_of(count, int64_t(n)), threads);
}

template <class From, class To>
leeway_status cast(leeway_stream *stream, const leeway_cast_args &args) {
    constexpr int n = int(16 / std::max(sizeof(From), sizeof(To)));
    const unsigned blocks = blocks_for(stream, args.count, n);
    const auto *x = static_cast<const From *>(args.x);
    auto *y = static_cast<To *>(args.y);
    if constexpr (std::is_same_v<To, bf16>)
        if (args.stochastic) return LEEWAY_LAUNCH(stream, (convert_stochastic<From, n>), blocks, threads, 0, args.count, x, y, args.seed);
    return LEEWAY_LAUNCH(stream, (convert<From, To, n>), blocks, threads, 0, args.count, x, y);
}

template <class From>
leeway_status cast_from(leeway_stream *stream, const leeway_cast_args &args) {
    if (args.to == LEEWAY_F64) return cast<From, double>(stream, args);
    return args.to == LEEWAY_F32 ? cast<From, float>(stream, args) : cast<From, bf16>(stream, args);
}

}  // namespace

leeway_status leeway_fill(leeway_stream *stream, const leeway_fill_args *args) {
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "fill", {args->count}));
    if (args->count == 0) return LEEWAY_OK;
    return with_type(args->dtype, [&](auto type) {
        using T = decltype(type);
        constexpr int n = pack_size<T>;
        return LEEWAY_LAUNCH(stream, (fill<T, n>), blocks_for(stream, args->count, n), threads, 0, args->count, static_cast<T *>(args->x),
                             args->value);
    });
}

leeway_status leeway_cast(leeway_stream *stream, const leeway_cast_args *args) {
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "cast", {args->count}));
    if (args->count == 0) return LEEWAY_OK;
    if (args->from == LEEWAY_F64) return cast_from<double>(stream, *args);
    return args->from == LEEWAY_F32 ? cast_from<float>(stream, *args) : cast_from<bf16>(stream, *args);
}

leeway_status leeway_axpy(leeway_stream *stream, const leeway_axpy_args *args) {
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "axpy", {args->count}));
    if (args->count == 0) return LEEWAY_OK;
    return with_type(args->dtype, [&](auto type) {
        using T = decltype(type);
        constexpr int n = pack_size<T>;
        return LEEWAY_LAUNCH(stream, (axpy<T, n>), blocks_for(stream, args->count, n), threads, 0, args->count,
                             static_cast<const T *>(args->x), static_cast<T *>(args->y), args->alpha);
    });
}

leeway_status leeway_scale(leeway_stream *stream, const leeway_scale_args *args) {
    LEEWAY_TRY(check(*args));
    LEEWAY_TRY(begin(stream, "scale", {args->count}));
    if (args->count == 0) return LEEWAY_OK;
    return with_type(args->dtype, [&](auto type) {
        using T = decltype(type);
        constexpr int n = pack_size<T>;
        return LEEWAY_LAUNCH(stream, (scale<T, n>), blocks_for(stream, args->count, n), threads, 0, args->count, static_cast<T *>(args->x),
                             args->alpha);
    });
}
