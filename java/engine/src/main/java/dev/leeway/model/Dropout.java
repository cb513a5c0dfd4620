package dev.leeway.model;

import dev.leeway.ffi.DType;
import dev.leeway.ffi.Region;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan.Purpose;
import dev.leeway.tensor.Tensor;
import java.util.Optional;

/**
 * Dropout in front of low-rank terms ({@code lora_dropout}): on in a pass that is given its {@link TrainingNoise}, off in every other one.
 * It holds the rows' identities and the scratch that all modules share; without dropout in the plan it holds nothing.
 */
final class Dropout {

    private final double probability;
    private int widest;
    private Optional<Buffers> buffers = Optional.empty();
    private Optional<TrainingNoise> noise = Optional.empty();

    /** The rows' identities (N) and a dropped input (N, widest). */
    private record Buffers(Tensor rowIds, Tensor dropped) {
    }

    Dropout(double probability) {
        this.probability = probability;
    }

    /** A module with inputs of this width has a low-rank term. */
    void add(int width) {
        widest = Math.max(widest, width);
    }

    /** Plans the buffers, once all modules are known. */
    void plan(ModelPlan plan) {
        if (plan.keepsActivations() && probability > 0 && widest > 0) {
            buffers = Optional.of(new Buffers(plan.buffer(Purpose.ACTIVATIONS, "batch.row_ids", DType.I64, plan.capacity().rows()),
                plan.activation("dropped", widest)));
        }
    }

    /** The pass over this batch drops what {@code noise} says, and so does its way back. */
    void begin(Device device, Batch batch, Optional<TrainingNoise> noise) {
        this.noise = noise.filter(given -> buffers.isPresent());
        this.noise.ifPresent(given -> device.upload(batch.rowIds(), buffers.orElseThrow().rowIds()));
    }

    /** The passes that follow drop nothing. */
    void end() {
        noise = Optional.empty();
    }

    double probability() {
        return noise.isPresent() ? probability : 0;
    }

    /** The seed of a module's masks. */
    long seed(String module) {
        return noise.map(given -> given.of(module)).orElse(0L);
    }

    /** (N) or nothing. */
    Region rowIds() {
        return Linear.region(noise.flatMap(given -> buffers).map(Buffers::rowIds));
    }

    /** (N, widest) scratch, or nothing. */
    Region dropped() {
        return Linear.region(noise.flatMap(given -> buffers).map(Buffers::dropped));
    }
}
