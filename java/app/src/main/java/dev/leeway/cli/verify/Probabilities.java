package dev.leeway.cli.verify;

import dev.leeway.ffi.DType;
import dev.leeway.io.JsonObject;
import dev.leeway.rollout.Sampler;
import dev.leeway.rollout.SamplingParameters;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan;
import dev.leeway.tensor.MemoryPlan.Purpose;

/** Processed next-token distributions. */
final class Probabilities {

    private Probabilities() {
    }

    /** Settings under Hugging Face's names; what is absent is off. */
    static SamplingParameters parameters(JsonObject spec) {
        return new SamplingParameters(spec.optionalDouble("temperature").orElse(1), spec.optionalInt("top_k").orElse(0),
            spec.optionalDouble("top_p").orElse(1), spec.optionalDouble("min_p").orElse(0),
            spec.optionalDouble("repetition_penalty").orElse(1), 0);
    }

    /** The distribution that the sampler draws from. */
    static double[] of(Device device, double[] logits, int[] history, SamplingParameters parameters) {
        var plan = new MemoryPlan();
        var sampler = new Sampler(device, 1, logits.length, history.length, plan);
        var input = plan.reserve(Purpose.HEAD, "logits", DType.F32, logits.length);
        var output = plan.reserve(Purpose.HEAD, "probabilities", DType.F32, logits.length);
        try (var _ = plan.allocate(device)) {
            var narrow = new float[logits.length];
            for (int i = 0; i < narrow.length; i++) {
                narrow[i] = (float) logits[i];
            }
            device.upload(narrow, input);
            sampler.begin();
            sampler.row(0, history.length);
            sampler.remember(history, history.length);
            sampler.draw(input, parameters, output.region());
            return Checks.doubles(device.floats(output));
        }
    }

    /** How many tokens only one of two distributions keeps. */
    static long supportDifference(double[] found, double[] expected) {
        long different = Math.abs(found.length - expected.length);
        for (int i = 0; i < Math.min(found.length, expected.length); i++) {
            different += found[i] > 0 == expected[i] > 0 ? 0 : 1;
        }
        return different;
    }

    /** How many places of two token lists differ, length included. */
    static long mismatches(int[] found, int[] expected) {
        long different = Math.abs(found.length - expected.length);
        for (int i = 0; i < Math.min(found.length, expected.length); i++) {
            different += found[i] == expected[i] ? 0 : 1;
        }
        return different;
    }
}
