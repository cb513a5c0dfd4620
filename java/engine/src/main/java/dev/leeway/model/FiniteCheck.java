package dev.leeway.model;

import dev.leeway.ffi.DType;
import dev.leeway.ffi.Ops;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan.Purpose;
import dev.leeway.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/** Counts NaN and infinity in weights, on the device. */
final class FiniteCheck {

    private final Tensor sums;
    private final Tensor counts;

    FiniteCheck(int parameters, ModelPlan plan) {
        sums = plan.buffer(Purpose.GRADIENTS, "weights.sums", DType.F64, parameters);
        counts = plan.buffer(Purpose.GRADIENTS, "weights.nonfinite", DType.I64, parameters);
    }

    /** Those that hold some, each with how many. */
    SequencedMap<String, Long> nonfinite(Device device, List<Parameter> parameters) {
        for (int i = 0; i < parameters.size(); i++) {
            var weight = parameters.get(i).stored();
            device.call(Ops.SUM_SQUARES).i64("count", weight.count()).at("x", weight.region()).at("sum", sums.rows(i, 1))
                .at("nonfinite", counts.rows(i, 1)).dtype("dtype", weight.dtype()).run();
        }
        var found = new long[parameters.size()];
        device.download(counts, found);
        var named = new LinkedHashMap<String, Long>();
        for (int i = 0; i < found.length; i++) {
            if (found[i] > 0) {
                named.put(parameters.get(i).name(), found[i]);
            }
        }
        return named;
    }
}
