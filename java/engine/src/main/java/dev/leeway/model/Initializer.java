package dev.leeway.model;

import dev.leeway.io.LoraPair;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;

/**
 * Starting weights, a function of the seed and of each parameter's name: the same for any order of creation.
 *
 * <p>Base weights as transformers does: matrices normal with {@code initializer_range}, norms the identity, biases 0. Adapters as PEFT
 * does: A uniform in ±1/√in (Kaiming uniform with a = √5) and B zero, or for embeddings A zero and B normal with standard deviation 1, so
 * that the adapter starts as nothing.
 */
public final class Initializer {

    /** Elements that are on their way at once. */
    private static final long PIECE = 1 << 20;

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

    /** Fills the head of a reward model that starts from a language model: normal, a bias 0. */
    public void fillScore(Llama model) {
        model.parameters().stream().filter(Parameter::isScore).forEach(parameter -> fill(model, parameter));
    }

    /** Fills the adapter. */
    public void fillAdapter(Llama model) {
        model.parameters().stream().filter(Parameter::isAdapter).forEach(parameter -> fill(model, parameter));
    }

    /** Piece by piece, so that no second copy of a large matrix is in memory. */
    private void fill(Llama model, Parameter parameter) {
        var draw = draw(model, parameter);
        long count = parameter.value().count();
        try (var arena = Arena.ofConfined()) {
            var room = arena.allocate(ValueLayout.JAVA_FLOAT, Math.min(PIECE, count));
            for (long first = 0; first < count; first += PIECE) {
                long size = Math.min(PIECE, count - first);
                for (long i = 0; i < size; i++) {
                    room.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) draw.getAsDouble());
                }
                parameter.set(model.device(), room.asSlice(0, size * Float.BYTES), first);
            }
        }
        parameter.round(model.device());
    }

    /** The elements of a parameter, one after the other. */
    private DoubleSupplier draw(Llama model, Parameter parameter) {
        var random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + parameter.name().hashCode());
        if (parameter.name().contains(".lora_A.")) {
            double bound = 1 / Math.sqrt(parameter.value().size(1));
            return () -> random.nextDouble(-bound, bound);
        }
        if (parameter.name().endsWith("norm.weight")) {
            double identity = 1 - model.config().norm().weightOffset();
            return () -> identity;
        }
        double deviation = deviation(parameter.name());
        return deviation == 0 ? () -> 0 : () -> deviation * random.nextGaussian();
    }

    /** Of what starts normal or, with 0, as zeros. */
    private double deviation(String name) {
        if (name.contains(".lora_B.") || name.endsWith(".bias") || name.endsWith(LoraPair.Layer.EMBEDDING.a())) {
            return 0;
        }
        return name.endsWith(LoraPair.Layer.EMBEDDING.b()) ? 1 : range;
    }
}
