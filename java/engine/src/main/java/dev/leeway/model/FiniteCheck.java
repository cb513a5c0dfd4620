package dev.leeway.model;

import dev.leeway.ffi.DType;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan.Purpose;
import dev.leeway.tensor.SumSquares;
import java.util.List;
import java.util.SequencedMap;

/** Counts NaN and infinity in weights, on the device. */
final class FiniteCheck {

    private final SumSquares measure;

    FiniteCheck(int parameters, ModelPlan plan) {
        measure = new SumSquares(plan.buffer(Purpose.GRADIENTS, "weights.sums", DType.F64, parameters),
            plan.buffer(Purpose.GRADIENTS, "weights.nonfinite", DType.I64, parameters));
    }

    /** Those that hold some, each with how many. */
    SequencedMap<String, Long> nonfinite(Device device, List<Parameter> parameters) {
        measure.begin();
        for (int i = 0; i < parameters.size(); i++) {
            measure.add(device, parameters.get(i).stored());
        }
        measure.finish(device);
        return measure.nonfinite(i -> parameters.get(i).name());
    }
}
