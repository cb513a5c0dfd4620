package dev.leeway.laws;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.leeway.ffi.DType;
import dev.leeway.io.AdapterConfig;
import dev.leeway.model.Capacity;
import dev.leeway.model.Llama;
import dev.leeway.model.ModelConfig;
import dev.leeway.model.ModelPlan;
import dev.leeway.model.TinyModel;
import dev.leeway.rollout.Completion;
import dev.leeway.rollout.Generator;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan;
import dev.leeway.tensor.TestDevice;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** A model with random weights planned for forward passes over {@link #ROWS} tokens, with a generator of its own lanes, rows and pages. */
record Rollouts(Device device, Llama model, Generator generator, MemoryPlan.Allocation memory) implements AutoCloseable {

    static final int ROWS = 1000;
    private static final int SEQUENCES = 8;

    static Rollouts open(ModelConfig config, DType dtype, int lanes, int generatorRows) {
        return open(config, dtype, lanes, generatorRows, OptionalInt.empty(), Optional.empty());
    }

    static Rollouts open(ModelConfig config, DType dtype, int lanes, int generatorRows, OptionalInt pages,
            Optional<AdapterConfig> adapter) {
        var device = TestDevice.open(2);
        var plan = new MemoryPlan();
        var capacity = Capacity.inference(ROWS, Math.max(SEQUENCES, lanes)).withDecoding();
        var model = new Llama(config, config.maxPositionEmbeddings(), device,
            new ModelPlan(plan, capacity, ModelPlan.Trained.NOTHING, adapter, dtype));
        var generator = new Generator(model, generatorRows, lanes, pages, plan);
        var memory = plan.allocate(device);
        model.prepare();
        TinyModel.randomize(model, 1);
        return new Rollouts(device, model, generator, memory);
    }

    /** All bits of both are the same. */
    static void requireSame(Completion expected, Completion found, String what) {
        assertArrayEquals(expected.tokens(), found.tokens(), what);
        assertArrayEquals(expected.logProbs(), found.logProbs(), what);
        assertArrayEquals(expected.entropies(), found.entropies(), what);
        assertEquals(expected.finish(), found.finish(), what);
    }

    static void requireSame(List<Completion> expected, List<Completion> found, String what) {
        assertEquals(expected.size(), found.size(), what);
        for (int i = 0; i < expected.size(); i++) {
            requireSame(expected.get(i), found.get(i), what + ", completion " + i);
        }
    }

    @Override
    public void close() {
        generator.close();
        memory.close();
        device.close();
    }
}
