/* adamw.cpp: AdamW with decoupled decay (optimizer.h). Source: Loshchilov and Hutter 2019, algorithm 2.
 *
 * Numerics: scalars of the step in double, rounded once to fp32; elements in fp32, each independent of all others.
 * Bytes moved: parameter, m, v read and written, gradient read: 28 bytes an element. */
#include <cmath>

#include "check.h"
#include "parallel.h"
#include "simd.h"

namespace {

using namespace leeway;

constexpr int64_t block = 1 << 14;

struct Step {
    float gradient_scale;
    float decay;    // 1 - lr * weight_decay
    float rate;     // lr / (1 - beta1^t)
    float root;     // sqrt(1 - beta2^t)
    float eps;
    float keep_m;   // 1 - beta1
    float beta2;
    float keep_v;   // 1 - beta2
};

Step step_of(const leeway_adamw_args *args) {
    double t = double(args->step);
    return {float(args->gradient_scale),
            float(1.0 - args->learning_rate * args->weight_decay),
            float(args->learning_rate / (1.0 - std::pow(args->beta1, t))),
            float(std::sqrt(1.0 - std::pow(args->beta2, t))),
            float(args->eps),
            float(1.0 - args->beta1),
            float(args->beta2),
            float(1.0 - args->beta2)};
}

LEEWAY_CLONES void update(const leeway_adamw_args *args, const Step &step, int64_t begin, int64_t end) {
    auto *parameter = static_cast<float *>(args->parameter);
    auto *gradient = static_cast<const float *>(args->gradient);
    auto *first = static_cast<float *>(args->m);
    auto *second = static_cast<float *>(args->v);
    for (int64_t i = begin; i < end; i += lanes) {
        int64_t left = end - i;
        f32x16 g = step.gradient_scale * load_up_to(gradient + i, left);
        f32x16 m = load_up_to(first + i, left);
        m = m + step.keep_m * (g - m);
        f32x16 v = step.beta2 * load_up_to(second + i, left) + (step.keep_v * g) * g;
        f32x16 w = step.decay * load_up_to(parameter + i, left);
        w = w - step.rate * m / (vsqrt(v) / step.root + step.eps);
        store_up_to(first + i, m, left);
        store_up_to(second + i, v, left);
        store_up_to(parameter + i, w, left);
    }
}

}  // namespace

leeway_status leeway_adamw(leeway_stream *stream, const leeway_adamw_args *args) {
    LEEWAY_CHECK("adamw", args->count >= 0, "count must not be negative, got %lld", (long long)args->count);
    LEEWAY_CHECK("adamw", args->step >= 1, "step counts from 1, got %lld", (long long)args->step);
    LEEWAY_CHECK("adamw", args->beta1 >= 0.0 && args->beta1 < 1.0 && args->beta2 >= 0.0 && args->beta2 < 1.0,
                 "beta1 and beta2 must be in [0,1), got %g and %g", args->beta1, args->beta2);
    LEEWAY_CHECK("adamw", args->eps >= 0.0 && args->learning_rate >= 0.0 && args->weight_decay >= 0.0,
                 "eps, learning_rate and weight_decay must not be negative, got %g, %g, %g", args->eps, args->learning_rate,
                 args->weight_decay);
    LEEWAY_CHECK("adamw", std::isfinite(args->gradient_scale) && std::isfinite(args->learning_rate),
                 "gradient_scale and learning_rate must be finite, got %g, %g", args->gradient_scale, args->learning_rate);
    LEEWAY_CHECK_F32("adamw", "dtype", args->dtype);
    LEEWAY_CHECK_F32("adamw", "gradient_dtype", args->gradient_dtype);
    LEEWAY_CHECK_F32("adamw", "moment_dtype", args->moment_dtype);
    LEEWAY_CHECK("adamw", !args->master && !args->m_scale && !args->v_scale && args->stochastic == 0,
                 "master, m_scale, v_scale and stochastic belong to shorter types, so with F32 they must be NULL and 0");
    if (args->count == 0) return LEEWAY_OK;
    LEEWAY_CHECK("adamw", args->parameter && args->gradient && args->m && args->v, "parameter, gradient, m and v must not be NULL");
    Step step = step_of(args);
    parallel_blocks(stream, args->count, block, [&](int64_t begin, int64_t end) { update(args, step, begin, end); });
    return LEEWAY_OK;
}
