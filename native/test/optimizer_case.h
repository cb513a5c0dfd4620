/* optimizer_case.h: AdamW's number types, its moments on the device, and the arguments of one call. */
#pragma once

#include <algorithm>

#include "number.h"

namespace table::optimizer {

/* What is stored in which type. */
struct Types {
    leeway_dtype parameter, gradient, moment;
    bool master, stochastic;
};

/* Dettmers et al. 2022: 0, the middles of 2^i (signed) or 2^(i+1) equal parts of a decade, 1; signed: all between with a minus too. */
inline std::vector<double> levels(bool with_sign) {
    std::vector<double> level = {0.0, 1.0};
    for (int i = 0; i < 7; i++)
        for (int part = 0, parts = with_sign ? 1 << i : 2 << i; part < parts; part++) {
            double middle = double(float(std::pow(10.0, i - 6) * (0.1 + 0.9 * (part + 0.5) / parts)));
            level.push_back(middle);
            if (with_sign) level.push_back(-middle);
        }
    std::sort(level.begin(), level.end());
    return level;
}

/* A moment on the device, and what it is worth. */
struct Moment {
    leeway_dtype type = LEEWAY_F32;
    bool with_sign = false;
    Array values;
    Buffer<uint8_t> codes;
    Buffer<float> scales;
    std::vector<float> now;

    Moment(Run &run, leeway_dtype type, bool with_sign, const std::vector<float> &x) : type(type), with_sign(with_sign) {
        if (type != LEEWAY_U8) {
            now = rounded(type, x);
            values = inout(run, type, now);
            return;
        }
        auto level = levels(with_sign);
        std::vector<uint8_t> code;
        std::vector<float> scale((x.size() + 255) / 256);
        for (size_t i = 0; i < x.size(); i++) scale[i / 256] = std::max(scale[i / 256], std::fabs(x[i]));
        for (size_t i = 0; i < x.size(); i++) {
            code.push_back(uint8_t(run.random()() % 256));
            if (scale[i / 256] == 0) code.back() = 0;
            now.push_back(float(level[code.back()]) * scale[i / 256]);
        }
        codes = run.inout(code);
        scales = run.inout(scale);
    }
    void *get() const { return type == LEEWAY_U8 ? codes.get() : values.get(); }

    /* The stored moment against what it should be; codes must be the nearest, and no further away than half the widest gap. */
    void expect(Run &run, const char *what, const std::vector<double> &want, const std::vector<double> &bound) const {
        if (type != LEEWAY_U8) return run.expect(what, read(run, values), want, stored(type, want, bound));
        auto level = levels(with_sign);
        auto code = run.read(codes);
        auto scale = run.read(scales);
        if (!run.checks()) return;
        for (size_t first = 0; first < want.size(); first += 256) {
            size_t end = std::min(want.size(), first + 256);
            double most = 0, error = 0, s = scale[first / 256];
            for (size_t i = first; i < end; i++) most = std::max(most, std::fabs(want[i])), error = std::max(error, bound[i]);
            run.expect(std::string(what) + ": scale", std::fabs(s - most) <= error);
            for (size_t i = first; i < end && s > 0; i++) {
                double x = want[i] / s, off = std::fabs(level[code[i]] - x), least = 2;
                for (double l : level) least = std::min(least, std::fabs(l - x));
                run.expect(std::string(what) + ": nearest code", off - least <= 2 * (error / s + 3 * u));
                run.expect(std::string(what) + ": half a gap", off <= 0.45 / (with_sign ? 64 : 128) + error / s + 3 * u);
            }
        }
    }
};

inline leeway_adamw_args arguments(int64_t count, int64_t step, const Types &types) {
    return {.count = count, .step = step, .parameter = nullptr, .master = nullptr, .gradient = nullptr, .m = nullptr, .v = nullptr,
            .m_scale = nullptr, .v_scale = nullptr, .seed = 77, .learning_rate = 3e-3, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8,
            .weight_decay = 0.1, .gradient_scale = 0.37, .dtype = types.parameter, .gradient_dtype = types.gradient,
            .moment_dtype = types.moment, .stochastic = types.stochastic};
}

constexpr Types fp32 = {LEEWAY_F32, LEEWAY_F32, LEEWAY_F32, false, false};
constexpr Types fp32_u8 = {LEEWAY_F32, LEEWAY_F32, LEEWAY_U8, false, false};
constexpr Types master = {LEEWAY_BF16, LEEWAY_F32, LEEWAY_F32, true, false};
constexpr Types master_bf16 = {LEEWAY_BF16, LEEWAY_BF16, LEEWAY_BF16, true, false};
constexpr Types nearest = {LEEWAY_BF16, LEEWAY_BF16, LEEWAY_BF16, false, false};
constexpr Types lean = {LEEWAY_BF16, LEEWAY_BF16, LEEWAY_U8, false, true};

}  // namespace table::optimizer
