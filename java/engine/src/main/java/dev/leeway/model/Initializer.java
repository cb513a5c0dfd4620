package dev.leeway.model;

import dev.leeway.io.LoraPair;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;

/**
 * Starting weights, a function of the seed and of each parameter's name: the same for any order of creation.
 *
 * <p>Base weights as transformers does: matrices normal with {@code initializer_range}, norms the identity, biases 0. Adapters as PEFT
 * does: A uniform in ±1/√in (Kaiming uniform with a = √5) and B zero, or for embeddings A zero and B normal with standard deviation 1, so
 * that the adapter starts as nothing.
 */
public final class Initializer {

    private final long seed;
    private final double range;

    /** {@code range} = {@code initializer_range}, the standard deviation of matrices. */
    public Initializer(long seed, double range) {
        this.seed = seed;
        this.range = range;
    }

    /** Fills the base weights. */
    public void fillBase(Llama model) {
        model.parameters().stream().filter(parameter -> !parameter.isAdapter()).forEach(parameter -> fill(model, parameter));
    }

    /** Fills the adapter. */
    public void fillAdapter(Llama model) {
        model.parameters().stream().filter(Parameter::isAdapter).forEach(parameter -> fill(model, parameter));
    }

    private void fill(Llama model, Parameter parameter) {
        var values = new float[Math.toIntExact(parameter.value().count())];
        var random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + parameter.name().hashCode());
        if (parameter.name().contains(".lora_A.")) {
            double bound = 1 / Math.sqrt(parameter.value().shape()[1]);
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) random.nextDouble(-bound, bound);
            }
        } else if (parameter.name().endsWith("norm.weight")) {
            java.util.Arrays.fill(values, (float) (1 - model.config().norm().weightOffset()));
        } else {
            double deviation = deviation(parameter.name());
            for (int i = 0; deviation > 0 && i < values.length; i++) {
                values[i] = (float) (deviation * random.nextGaussian());
            }
        }
        try (var arena = Arena.ofConfined()) {
            parameter.set(model.device(), arena.allocateFrom(ValueLayout.JAVA_FLOAT, values));
        }
    }

    /** Of what starts normal or, with 0, as zeros. */
    private double deviation(String name) {
        if (name.contains(".lora_B.") || name.endsWith(".bias") || name.endsWith(LoraPair.Layer.EMBEDDING.a())) {
            return 0;
        }
        return name.endsWith(LoraPair.Layer.EMBEDDING.b()) ? 1 : range;
    }
}
