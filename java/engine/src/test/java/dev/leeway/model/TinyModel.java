package dev.leeway.model;

import dev.leeway.ffi.DType;
import dev.leeway.io.AdapterConfig;
import dev.leeway.model.ModelPlan.Trained;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan.Purpose;
import dev.leeway.tensor.MemoryPlan;
import dev.leeway.tensor.Tensor;
import dev.leeway.tensor.TestDevice;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** A planned, allocated model with random weights that make every part of it matter, a decoding state, and room for logits. */
public final class TinyModel implements AutoCloseable {

    private static final int LANES = 4;

    private final Device device;
    private final Llama model;
    private final Decoding decoding;
    private final Tensor logits;
    private final MemoryPlan.Allocation memory;

    private TinyModel(ModelConfig config, Optional<AdapterConfig> adapter, Capacity capacity, DType dtype, int threads) {
        device = TestDevice.open(threads);
        var plan = new MemoryPlan();
        var trained = adapter.isPresent() ? Trained.ADAPTER : Trained.BASE;
        model = new Llama(config, config.maxPositionEmbeddings(), device, new ModelPlan(plan, capacity, trained, adapter, dtype));
        boolean speaks = !config.isClassifier();
        decoding = new Decoding(model, capacity.rows(), LANES, plan);
        logits = plan.reserve(Purpose.HEAD, "test.logits", DType.F32, speaks ? capacity.rows() : 1, config.vocabSize());
        memory = plan.allocate(device);
        model.prepare();
        randomize(7);
    }

    /** A model that can be trained. */
    public static TinyModel training(ModelConfig config, Optional<AdapterConfig> adapter, int rows, int sequences, int threads) {
        return new TinyModel(config, adapter, Capacity.training(rows, sequences), DType.F32, threads);
    }

    /** The same for batches whose tokens have target distributions of at most four entries. */
    static TinyModel taught(ModelConfig config, int rows, int sequences) {
        return new TinyModel(config, Optional.empty(), Capacity.training(rows, sequences).withTargetEntries(4), DType.F32, 2);
    }

    /** A model for forward passes. */
    public static TinyModel inference(ModelConfig config, Optional<AdapterConfig> adapter, int rows, int sequences) {
        return inference(config, adapter, rows, sequences, DType.F32);
    }

    /** The same in another number type. */
    public static TinyModel inference(ModelConfig config, Optional<AdapterConfig> adapter, int rows, int sequences, DType dtype) {
        return new TinyModel(config, adapter, Capacity.inference(rows, sequences), dtype, 2);
    }

    /** The model. */
    public Llama model() {
        return model;
    }

    /** Its back end. */
    public Device device() {
        return device;
    }

    /** Four lanes. */
    public Decoding decoding() {
        return decoding;
    }

    /**
     * Matrices normal with standard deviation 1.5/√in (adapters 0.5/√in), embeddings 1, norms spread around the identity, biases and B not
     * zero: heads attend sharply enough that windows, caps and rotations show.
     */
    public void randomize(long seed) {
        randomize(model, seed);
    }

    /** The same for any model. */
    public static void randomize(Llama model, long seed) {
        for (var parameter : model.parameters()) {
            var random = new Random(seed * 31 + parameter.name().hashCode());
            var shape = parameter.value().shape();
            var values = new float[(int) parameter.value().count()];
            boolean isNorm = parameter.name().endsWith("norm.weight");
            double scale = isNorm || shape.length == 1 ? 0.3 : parameter.name().contains("embed_tokens") ? 1
                : parameter.isAdapter() ? 0.5 / Math.sqrt(shape[1]) : 1.5 / Math.sqrt(shape[1]);
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (scale * random.nextGaussian() + (isNorm ? 1 - model.config().norm().weightOffset() : 0));
            }
            set(model, parameter, values);
        }
    }

    /** Sets a weight of any type, and its master. */
    private static void set(Llama model, Parameter parameter, float[] values) {
        try (var arena = Arena.ofConfined()) {
            parameter.set(model.device(), arena.allocateFrom(ValueLayout.JAVA_FLOAT, values), 0);
            parameter.round(model.device());
        }
    }

    /** All weights by name, widened. */
    Map<String, double[]> weights() {
        var weights = new LinkedHashMap<String, double[]>();
        model.parameters().forEach(parameter -> weights.put(parameter.name(), widened(device.floats(parameter.value()))));
        return weights;
    }

    /** All gradients by name, widened. */
    Map<String, double[]> gradients() {
        var gradients = new LinkedHashMap<String, double[]>();
        model.trainedParameters()
            .forEach(parameter -> gradients.put(parameter.name(), widened(device.floats(parameter.gradient().orElseThrow()))));
        return gradients;
    }

    /** Logits of every row of a batch. */
    public float[][] logits(Batch batch) {
        model.forward(batch);
        var rows = java.util.stream.IntStream.range(0, batch.rows()).toArray();
        model.logits(rows, batch.rows(), logits);
        return split(logits, batch.rows());
    }

    /** Logits behind tokens that a lane gets. */
    public float[] advance(int lane, int... tokens) {
        decoding.begin();
        decoding.append(lane, tokens, 0, tokens.length);
        decoding.advance();
        return split(decoding.logits(), 1)[0];
    }

    private float[][] split(Tensor tensor, int rows) {
        int width = model.config().vocabSize();
        var flat = new float[rows * width];
        device.download(tensor, flat);
        var result = new float[rows][];
        for (int n = 0; n < rows; n++) {
            result[n] = java.util.Arrays.copyOfRange(flat, n * width, (n + 1) * width);
        }
        return result;
    }

    /** Sequences of these lengths with random tokens; about two thirds of the tokens are trained. */
    public static List<Batch.Sequence> sequences(int vocabulary, long seed, int... lengths) {
        var random = new Random(seed);
        var sequences = new ArrayList<Batch.Sequence>();
        for (int s = 0; s < lengths.length; s++) {
            var tokens = random.ints(lengths[s], 0, vocabulary).toArray();
            var trained = new boolean[lengths[s]];
            for (int t = 0; t < trained.length; t++) {
                trained[t] = random.nextInt(3) > 0;
            }
            sequences.add(new Batch.Sequence(tokens, trained, s));
        }
        return sequences;
    }

    /** Pairs of a chosen and a rejected sequence of these lengths, whose second halves are trained; unit ids from {@code firstUnit} on. */
    public static List<Batch.Sequence> pairs(int vocabulary, long seed, long firstUnit, int... lengths) {
        var pairs = new ArrayList<Batch.Sequence>();
        for (var sequence : sequences(vocabulary, seed, lengths)) {
            int length = sequence.tokens().length;
            var trained = new boolean[length];
            java.util.Arrays.fill(trained, length / 2, length, true);
            pairs.add(new Batch.Sequence(sequence.tokens(), trained, firstUnit + pairs.size() / 2));
        }
        return pairs;
    }

    private static double[] widened(float[] values) {
        var wide = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            wide[i] = values[i];
        }
        return wide;
    }

    @Override
    public void close() {
        decoding.close();
        memory.close();
        device.close();
    }
}
