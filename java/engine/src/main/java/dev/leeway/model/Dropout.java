package dev.leeway.model;

import dev.leeway.ffi.Region;
import dev.leeway.tensor.Tensor;
import java.util.Optional;

/**
 * Dropout in front of low-rank terms ({@code lora_dropout}): on in a pass that is given its {@link TrainingNoise}, off in every other one.
 * It holds the scratch that the linear layers share; without dropout in the plan it holds nothing.
 */
final class Dropout {

    private final double probability;
    private boolean isPlanned;
    private int widest;
    private Optional<Tensor> dropped = Optional.empty();
    private Optional<Pass> pass = Optional.empty();

    /** What a pass draws from: the step's noise and the rows' identities (N). */
    private record Pass(TrainingNoise noise, Tensor rowIds) {
    }

    Dropout(double probability) {
        this.probability = probability;
    }

    /** A linear layer with inputs of this width has a low-rank term. */
    void add(int width) {
        widest = Math.max(widest, width);
    }

    /** Plans the scratch, once all modules are known. */
    void plan(ModelPlan plan) {
        isPlanned = plan.keepsActivations() && probability > 0;
        if (isPlanned && widest > 0) {
            dropped = Optional.of(plan.statistics("dropped", widest));
        }
    }

    /** The pass over these rows (N) drops what {@code noise} says, and so does its way back. */
    void begin(TrainingNoise noise, Tensor rowIds) {
        pass = isPlanned ? Optional.of(new Pass(noise, rowIds)) : Optional.empty();
    }

    /** The passes that follow drop nothing. */
    void end() {
        pass = Optional.empty();
    }

    /** Whether the pass drops: the seed of its draws is an argument of its calls. */
    boolean isOn() {
        return pass.isPresent();
    }

    double probability() {
        return pass.isPresent() ? probability : 0;
    }

    /** The seed of a module's masks. */
    long seed(String module) {
        return pass.isPresent() ? pass.get().noise().of(module) : 0;
    }

    /** (N) or nothing. */
    Region rowIds() {
        return pass.isPresent() ? pass.get().rowIds().region() : Region.NONE;
    }

    /** (N, widest) scratch, or nothing. */
    Region dropped() {
        return pass.isPresent() ? Linear.region(dropped) : Region.NONE;
    }
}
