/* adamw.h: the arguments of adamw (optimizer.h) and the scalars of a step. */
#pragma once

#include <cmath>

#include "check.h"

namespace leeway {

/* Combined in double, rounded once to fp32. */
struct AdamwStep {
    float gradient_scale;
    float decay;    // 1 - lr * weight_decay
    float rate;     // lr / (1 - beta1^t)
    float root;     // sqrt(1 - beta2^t)
    float eps;
    float keep_m;   // 1 - beta1
    float beta2;
    float keep_v;   // 1 - beta2
};

inline AdamwStep step_of(const leeway_adamw_args &args) {
    const double t = double(args.step);
    return {float(args.gradient_scale),
            float(1.0 - args.learning_rate * args.weight_decay),
            float(args.learning_rate / (1.0 - std::pow(args.beta1, t))),
            float(std::sqrt(1.0 - std::pow(args.beta2, t))),
            float(args.eps),
            float(1.0 - args.beta1),
            float(args.beta2),
            float(1.0 - args.beta2)};
}

inline leeway_status check_adamw_types(const leeway_adamw_args &args) {
    LEEWAY_CHECK_FLOAT("adamw", "dtype", args.dtype);
    LEEWAY_CHECK_FLOAT("adamw", "gradient_dtype", args.gradient_dtype);
    if (args.moment_dtype != LEEWAY_F32 && args.moment_dtype != LEEWAY_BF16 && args.moment_dtype != LEEWAY_U8)
        return fail(LEEWAY_UNSUPPORTED, "adamw: moment_dtype must be F32 (0), BF16 (1) or U8 (5) on this back end, got dtype %d",
                    int(args.moment_dtype));
    LEEWAY_CHECK("adamw", args.dtype == LEEWAY_BF16 || !args.master, "master belongs to a BF16 parameter, so with F32 it must be NULL");
    LEEWAY_CHECK("adamw", args.stochastic == 0 || (args.stochastic == 1 && args.dtype == LEEWAY_BF16 && !args.master),
                 "stochastic must be 0, or 1 for a BF16 parameter without master, got %d", int(args.stochastic));
    const bool codes = args.moment_dtype == LEEWAY_U8;
    LEEWAY_CHECK("adamw", codes || (!args.m_scale && !args.v_scale), "m_scale and v_scale belong to U8 moments, else they must be NULL");
    LEEWAY_CHECK("adamw", !codes || args.count == 0 || (args.m_scale && args.v_scale), "U8 moments need m_scale and v_scale");
    return LEEWAY_OK;
}

inline leeway_status check(const leeway_adamw_args &args) {
    LEEWAY_CHECK("adamw", args.count >= 0, "count must not be negative, got %lld", (long long)args.count);
    LEEWAY_CHECK("adamw", args.step >= 1, "step counts from 1, got %lld", (long long)args.step);
    LEEWAY_CHECK("adamw", args.beta1 >= 0.0 && args.beta1 < 1.0 && args.beta2 >= 0.0 && args.beta2 < 1.0,
                 "beta1 and beta2 must be in [0,1), got %g and %g", args.beta1, args.beta2);
    LEEWAY_CHECK("adamw", args.eps >= 0.0 && args.learning_rate >= 0.0 && args.weight_decay >= 0.0,
                 "eps, learning_rate and weight_decay must not be negative, got %g, %g, %g", args.eps, args.learning_rate,
                 args.weight_decay);
    LEEWAY_CHECK("adamw",
                 std::isfinite(args.gradient_scale) && std::isfinite(args.learning_rate) && std::isfinite(args.eps) &&
                     std::isfinite(args.weight_decay),
                 "gradient_scale, learning_rate, eps and weight_decay must be finite, got %g, %g, %g, %g", args.gradient_scale,
                 args.learning_rate, args.eps, args.weight_decay);
    LEEWAY_TRY(check_adamw_types(args));
    LEEWAY_CHECK("adamw", args.count == 0 || (args.parameter && args.gradient && args.m && args.v),
                 "parameter, gradient, m and v must not be NULL");
    return LEEWAY_OK;
}

}  // namespace leeway
