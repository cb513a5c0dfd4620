/* adamw.h: the arguments of adamw, adamw_tensors and clip_scale (optimizer.h) and the scalars of a step. */
#pragma once

#include <cmath>
#include <limits>

#include "tensor_table.h"

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

template <class Args>
AdamwStep step_of(const Args &args, double gradient_scale) {
    const double t = double(args.step);
    return {float(gradient_scale),
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

/* What a step has for all tensors; op is "adamw" or "adamw_tensors". */
template <class Args>
leeway_status check_adamw_step(const char *op, const Args &args) {
    if (args.step < 1) return fail(LEEWAY_BAD_ARGUMENT, "%s: step counts from 1, got %lld", op, (long long)args.step);
    if (!(args.beta1 >= 0.0 && args.beta1 < 1.0 && args.beta2 >= 0.0 && args.beta2 < 1.0))
        return fail(LEEWAY_BAD_ARGUMENT, "%s: beta1 and beta2 must be in [0,1), got %g and %g", op, args.beta1, args.beta2);
    const double scalars[] = {args.eps, args.learning_rate, args.weight_decay};
    for (double x : scalars)
        if (!(x >= 0.0 && std::isfinite(x)))
            return fail(LEEWAY_BAD_ARGUMENT, "%s: eps, learning_rate and weight_decay must be finite and not negative, got %g, %g, %g", op,
                        args.eps, args.learning_rate, args.weight_decay);
    return LEEWAY_OK;
}

inline leeway_status check(const leeway_adamw_args &args) {
    LEEWAY_CHECK("adamw", args.count >= 0, "count must not be negative, got %lld", (long long)args.count);
    LEEWAY_TRY(check_adamw_step("adamw", args));
    LEEWAY_CHECK("adamw", std::isfinite(args.gradient_scale), "gradient_scale must be finite, got %g", args.gradient_scale);
    LEEWAY_TRY(check_adamw_types(args));
    LEEWAY_CHECK("adamw", args.count == 0 || (args.parameter && args.gradient && args.m && args.v),
                 "parameter, gradient, m and v must not be NULL");
    return LEEWAY_OK;
}

inline leeway_status check(const leeway_clip_scale_args &args) {
    LEEWAY_CHECK("clip_scale", args.tensors >= 0, "tensors must not be negative, got %lld", (long long)args.tensors);
    LEEWAY_CHECK("clip_scale", args.scale && (args.tensors == 0 || (args.sum && args.nonfinite)),
                 "sum, nonfinite and scale must not be NULL");
    LEEWAY_CHECK("clip_scale", args.max_norm >= 0.0 && args.largest >= 0.0, "max_norm and largest must not be negative, got %g and %g",
                 args.max_norm, args.largest);
    return LEEWAY_OK;
}

/* The scale for gradients of this norm; NaN where nothing may move. */
constexpr double clip_scale(double norm, bool finite, double max_norm, double largest) {
    double scale = max_norm > 0.0 && max_norm < norm + 1e-6 ? max_norm / (norm + 1e-6) : 1.0;
    return finite && norm * scale <= largest ? scale : std::numeric_limits<double>::quiet_NaN();
}

inline leeway_status check(const leeway_adamw_tensors_args &args) {
    LEEWAY_TRY(check_table("adamw_tensors", args.tensors, args.tiles, args.table));
    return check_adamw_step("adamw_tensors", args);
}

/* Whether an entry keeps its contract, but for where its tiles begin. */
constexpr bool is_sound(const leeway_adamw_tensor &t) {
    const bool codes = t.moment_dtype == LEEWAY_U8, here = t.count > 0;
    const bool types = is_float(t.dtype) && is_float(t.gradient_dtype) && (is_float(t.moment_dtype) || codes);
    const bool pointers = !here || (t.parameter && t.gradient && t.m && t.v);
    const bool scales = codes ? !here || (t.m_scale && t.v_scale) : !t.m_scale && !t.v_scale;
    const bool rounding = t.stochastic == 0 || (t.stochastic == 1 && t.dtype == LEEWAY_BF16 && !t.master);
    return t.count >= 0 && types && pointers && scales && rounding && (t.dtype == LEEWAY_BF16 || !t.master) &&
           (t.decayed == 0 || t.decayed == 1) && t.reserved == 0;
}

}  // namespace leeway
