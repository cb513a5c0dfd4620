package dev.leeway.cli;

import dev.leeway.ffi.DType;
import dev.leeway.io.AdapterConfig;
import dev.leeway.model.Batch;
import dev.leeway.model.Capacity;
import dev.leeway.model.Llama;
import dev.leeway.model.ModelConfig;
import dev.leeway.model.ModelPlan;
import dev.leeway.model.ModelPlan.Trained;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan;
import dev.leeway.tensor.Tensor;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** A model whose logits are asked on fixed sequences of drawn tokens, to compare it with another one. Weights are undefined until loaded. */
final class LogitProbe implements AutoCloseable {

    private static final int SEQUENCES = 4;
    private static final int LENGTH = 16;

    private final Device device;
    private final Batch batch;
    private final Llama model;
    private final Tensor logits;
    private final MemoryPlan.Allocation memory;

    LogitProbe(ModelConfig config, Optional<AdapterConfig> adapter, Device device) {
        this.device = device;
        batch = batch(config);
        var plan = new MemoryPlan();
        var capacity = Capacity.inference(batch.rows(), batch.sequences());
        model = new Llama(config, LENGTH, device, new ModelPlan(plan, capacity, Trained.NOTHING, adapter));
        logits = plan.reserve(MemoryPlan.Purpose.HEAD, "probe.logits", DType.F32, batch.rows(), config.vocabSize());
        memory = plan.allocate(device);
        model.prepare();
    }

    /** The same sequences for every model with this vocabulary. */
    private static Batch batch(ModelConfig config) {
        var draws = new SplittableRandom(0);
        int length = Math.min(LENGTH, config.maxPositionEmbeddings());
        return Batch.of(IntStream.range(0, SEQUENCES)
            .mapToObj(id -> Batch.Sequence.allTrained(draws.ints(length, 0, config.vocabSize()).toArray(), id)).toList());
    }

    Llama model() {
        return model;
    }

    /** (N,V) at all positions of all sequences, with the weights as they are. */
    float[] logits() {
        model.forward(batch);
        model.logits(IntStream.range(0, batch.rows()).toArray(), batch.rows(), logits);
        return device.floats(logits);
    }

    @Override
    public void close() {
        memory.close();
    }
}
