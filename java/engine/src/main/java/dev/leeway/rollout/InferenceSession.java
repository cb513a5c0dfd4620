package dev.leeway.rollout;

import dev.leeway.io.AdapterConfig;
import dev.leeway.model.Capacity;
import dev.leeway.model.Llama;
import dev.leeway.model.ModelConfig;
import dev.leeway.model.ModelPlan;
import dev.leeway.model.ModelPlan.Trained;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan;
import java.util.Optional;

/** A model planned for scoring and generation alone, with its memory. Weights are undefined until they are loaded. */
public final class InferenceSession implements AutoCloseable {

    private final Llama model;
    private final Generator generator;
    private final MemoryPlan.Allocation memory;

    private InferenceSession(ModelConfig config, Optional<AdapterConfig> adapter, int maxLength, int lanes, Device device) {
        var plan = new MemoryPlan();
        int positions = Math.min(maxLength, config.maxPositionEmbeddings());
        int rows = Math.max(positions, lanes);
        model = new Llama(config, positions, device, new ModelPlan(plan, Capacity.inference(rows, lanes).withDecoding(), Trained.NOTHING, adapter));
        generator = new Generator(model, rows, lanes, plan);
        memory = plan.allocate(device);
        model.prepare();
    }

    /**
     * Plans and allocates a session.
     *
     * @param maxLength longest sequence, prompt and completion together
     * @param lanes sequences that are generated, or scored, at once
     */
    public static InferenceSession open(ModelConfig config, Optional<AdapterConfig> adapter, int maxLength, int lanes, Device device) {
        return new InferenceSession(config, adapter, maxLength, lanes, device);
    }

    /** The model. */
    public Llama model() {
        return model;
    }

    /** The generator. */
    public Generator generator() {
        return generator;
    }

    @Override
    public void close() {
        memory.close();
    }
}
