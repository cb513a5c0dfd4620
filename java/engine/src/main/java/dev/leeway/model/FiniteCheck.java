package dev.leeway.model;

import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan.Purpose;
import dev.leeway.tensor.SumSquares;
import java.util.List;
import java.util.SequencedMap;

/** Counts NaN and infinity in all weights of a model, on the device. */
final class FiniteCheck {

    private final List<Parameter> parameters;
    private final SumSquares measure;

    FiniteCheck(List<Parameter> parameters, ModelPlan plan) {
        this.parameters = parameters;
        measure = plan.measure("weights", parameters.stream().map(Parameter::stored).toList(), Purpose.GRADIENTS);
    }

    /** Those that hold some, each with how many. */
    SequencedMap<String, Long> nonfinite(Device device) {
        measure.queue(device, 0);
        measure.fetch(device);
        return measure.nonfinite(0, i -> parameters.get(i).name());
    }
}
