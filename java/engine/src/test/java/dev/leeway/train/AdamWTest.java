package dev.leeway.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.ffi.DType;
import dev.leeway.model.Parameter;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan;
import dev.leeway.tensor.MemoryPlan.Purpose;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Against AdamW in double. A step computes an element by some ten roundings in fp32, and what an earlier one got wrong stays; the update
 * divides by √v, so its relative error is that of m and v: below 10 steps · 10 roundings · u = 6e-6 of a step of size lr, and the weight
 * itself is rounded at every step (u |w|).
 */
final class AdamWTest {

    private static final int STEPS = 10;
    private static final double RATE = 0.01;

    private final Device device = Device.open("cpu", 2);
    private final MemoryPlan plan = new MemoryPlan();
    private final List<Parameter> parameters = List.of(parameter("model.layers.0.mlp.up_proj.weight", 30, 7),
        parameter("model.layers.0.input_layernorm.weight", 30), parameter("model.layers.0.self_attn.q_proj.bias", 5));
    private final AdamW optimizer = new AdamW(device, parameters, new AdamW.Settings(0.8, 0.95, 1e-6, 0.1, 0.5), AdamW::decaysByDefault,
        plan);
    private final MemoryPlan.Allocation memory = plan.allocate(device);
    private final Random random = new Random(1);

    private Parameter parameter(String name, long... shape) {
        return new Parameter(name, plan.reserve(Purpose.WEIGHTS, name, DType.F32, shape),
            Optional.of(plan.reserve(Purpose.GRADIENTS, name, DType.F32, shape)));
    }

    @AfterEach
    void close() {
        memory.close();
        device.close();
    }

    private float[] randomFloats(int count) {
        var values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    /** A parameter in double, with its moments (algorithm 2 of Loshchilov and Hutter, with bias corrections). */
    private static final class Twin {
        final double[] w;
        final double[] m;
        final double[] v;
        final double decay;

        Twin(float[] start, double decay) {
            this.w = new double[start.length];
            this.m = new double[start.length];
            this.v = new double[start.length];
            this.decay = decay;
            for (int i = 0; i < start.length; i++) {
                w[i] = start[i];
            }
        }

        void step(int t, float[] gradient, double scale) {
            for (int i = 0; i < w.length; i++) {
                double g = scale * gradient[i];
                m[i] = 0.8 * m[i] + 0.2 * g;
                v[i] = 0.95 * v[i] + 0.05 * g * g;
                double mHat = m[i] / (1 - Math.pow(0.8, t));
                double vHat = v[i] / (1 - Math.pow(0.95, t));
                w[i] -= RATE * decay * w[i] + RATE * mHat / (Math.sqrt(vHat) + 1e-6);
            }
        }
    }

    @Test
    void tenClippedStepsEqualTheAlgorithmInDouble() {
        var twins = new ArrayList<Twin>();
        for (var parameter : parameters) {
            var start = randomFloats((int) parameter.value().count());
            device.upload(start, parameter.value());
            twins.add(new Twin(start, parameter.name().contains("up_proj") ? 0.1 : 0));
        }
        for (int t = 1; t <= STEPS; t++) {
            double squares = 0;
            var gradients = new ArrayList<float[]>();
            for (var parameter : parameters) {
                var gradient = randomFloats((int) parameter.value().count());
                device.upload(gradient, parameter.gradient().orElseThrow());
                gradients.add(gradient);
                for (float g : gradient) {
                    squares += (double) g * g;
                }
            }
            var norm = optimizer.measure();
            assertEquals(Math.sqrt(squares), norm.norm(), 1e-12 * Math.sqrt(squares), "sums of squares are double");
            optimizer.step(RATE);
            for (int i = 0; i < twins.size(); i++) {
                twins.get(i).step(t, gradients.get(i), Math.min(1, 0.5 / (Math.sqrt(squares) + 1e-6)));
            }
        }
        for (int i = 0; i < twins.size(); i++) {
            var found = device.floats(parameters.get(i).value());
            for (int j = 0; j < found.length; j++) {
                double bound = STEPS * (RATE * 100 * 0x1p-24 + 0x1p-24 * Math.abs(twins.get(i).w[j]));
                assertEquals(twins.get(i).w[j], found[j], bound, parameters.get(i).name());
            }
        }
    }

    @Test
    void aSmallGradientIsNotClipped() {
        device.upload(new float[] {0.3f}, parameters.get(1).gradient().orElseThrow());
        optimizer.step(RATE);
        var m = new float[1];
        device.download(optimizer.states().get(1).m(), m);
        assertEquals(0.2f * 0.3f, m[0], 1e-8);
    }

    @Test
    void weightsDecayAndBiasesAndNormsDoNot() {
        assertTrue(optimizer.states().get(0).decayed());
        assertFalse(optimizer.states().get(1).decayed());
        assertFalse(optimizer.states().get(2).decayed());
        for (var name : List.of("model.embed_tokens.weight", "lm_head.weight", "score.weight",
            "base_model.model.model.layers.0.mlp.up_proj.lora_A.weight",
            "model.layers.0.self_attn.o_proj.weight")) {
            assertTrue(AdamW.decaysByDefault(new Parameter(name, parameters.getFirst().value(), Optional.empty())), name);
        }
        for (var name : List.of("model.norm.weight", "model.layers.3.post_feedforward_layernorm.weight",
            "model.layers.3.self_attn.q_norm.weight",
            "model.layers.3.mlp.up_proj.bias")) {
            assertFalse(AdamW.decaysByDefault(new Parameter(name, parameters.getFirst().value(), Optional.empty())), name);
        }
    }

    @Test
    void nonFiniteGradientsAreCountedByName() {
        device.upload(new float[] {1, Float.NaN, Float.NEGATIVE_INFINITY}, parameters.get(1).gradient().orElseThrow());
        device.upload(new float[] {Float.POSITIVE_INFINITY}, parameters.get(2).gradient().orElseThrow());
        var norm = optimizer.measure();
        assertEquals(java.util.Map.of("model.layers.0.input_layernorm.weight", 2L, "model.layers.0.self_attn.q_proj.bias", 1L),
            norm.nonfinite());
        assertEquals(1, norm.norm());
    }
}
