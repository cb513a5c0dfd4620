package dev.leeway.model;

import dev.leeway.ffi.Call;
import dev.leeway.ffi.DType;
import dev.leeway.ffi.Ops;
import dev.leeway.ffi.Region;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan.Purpose;
import dev.leeway.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Copies of the weight matrices in the layout that a back end decodes fastest from. They are made anew for every generation, since the
 * weights may have moved since the last one, and serve it alone; they change speed, never a bit.
 */
final class PackedWeights {

    private final List<Tensor> matrices = new ArrayList<>();
    private final Map<Tensor, Tensor> copies = new LinkedHashMap<>();
    private boolean fresh;

    /** A matrix (O,I) that products read. */
    void add(Tensor matrix) {
        matrices.add(matrix);
    }

    /** Plans the copies, where the back end has such a layout. */
    void plan(Device device, ModelPlan plan) {
        for (var matrix : matrices) {
            long bytes = device.ask((same, answer) -> same.call(Ops.PACKED_BYTES).i64("in", matrix.size(1)).i64("out", matrix.size(0))
                .at("bytes", answer).dtype("dtype", matrix.dtype()).run());
            if (bytes > 0) {
                copies.put(matrix, plan.buffer(Purpose.CACHE, matrix.name() + ".packed", DType.U8, bytes));
            }
        }
    }

    /** Makes the copies from the weights as they are now, and has products use them until {@link #forget}. */
    void refresh(Device device) {
        copies.forEach((matrix, copy) ->
            describePlain(device.call(Ops.PACK_WEIGHT).i64("in", matrix.size(1)).i64("out", matrix.size(0)), matrix,
            Region.NONE).at("packed", copy.region()).run());
        fresh = true;
    }

    boolean isFresh() {
        return fresh;
    }

    /** Products read the weights themselves again. */
    void forget() {
        fresh = false;
    }

    /** Fills in the header's {@code leeway_weight} for an fp32 matrix. */
    Call describe(Call call, Tensor matrix) {
        var copy = fresh ? copies.get(matrix) : null;
        return describePlain(call, matrix, copy == null ? Region.NONE : copy.region());
    }

    /** Fills in the header's {@code leeway_weight}, with a copy or without one. */
    static Call describePlain(Call call, Tensor matrix, Region packed) {
        return call.at("weight.data", matrix.region()).at("weight.absmax", Region.NONE).at("weight.packed", packed)
            .dtype("weight.dtype", matrix.dtype()).i32("weight.reserved", 0);
    }
}
