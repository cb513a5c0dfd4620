package dev.leeway.model;

import dev.leeway.ffi.DType;
import dev.leeway.ffi.Ops;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan.Purpose;
import dev.leeway.tensor.Tensor;

/** Cosines and sines of a rotary embedding for the positions a model may see, computed in double and rounded once. */
final class RopeTable {

    private final RopeConfig config;
    private final int positions;
    private final Tensor cosine;
    private final Tensor sine;

    RopeTable(String name, RopeConfig config, int positions, ModelPlan plan) {
        this.config = config;
        this.positions = positions;
        this.cosine = plan.buffer(Purpose.WEIGHTS, name + ".cosine", DType.F32, positions, config.rotaryDim() / 2);
        this.sine = plan.buffer(Purpose.WEIGHTS, name + ".sine", DType.F32, positions, config.rotaryDim() / 2);
    }

    /** Computes the tables; called once their memory exists. */
    void fill(Device device) {
        var frequencies = config.inverseFrequencies();
        var cosines = new float[positions * frequencies.length];
        var sines = new float[cosines.length];
        for (int p = 0; p < positions; p++) {
            for (int j = 0; j < frequencies.length; j++) {
                cosines[p * frequencies.length + j] = (float) (config.attentionFactor() * Math.cos(p * frequencies[j]));
                sines[p * frequencies.length + j] = (float) (config.attentionFactor() * Math.sin(p * frequencies[j]));
            }
        }
        device.upload(cosines, cosine);
        device.upload(sines, sine);
    }

    /** Rotates x (N, heads, headDim) in place by its positions, or back. */
    void rotate(Device device, Rotation rotation, Tensor positionsOfRows, Tensor x) {
        device.call(Ops.ROPE).i64("rows", rotation.rows()).i64("heads", rotation.heads()).i64("head_dim", rotation.headDim())
            .i64("rotary_dim", config.rotaryDim()).i64("stride", (long) rotation.heads() * rotation.headDim()).i64("table_rows", positions)
            .at("positions", positionsOfRows.region()).at("cosine", cosine.region()).at("sine", sine.region()).at("x", x.region())
            .i32("inverse", rotation.inverse() ? 1 : 0).dtype("dtype", x.dtype()).run();
    }

    /** The shape of what is rotated; inverse rotates back, which is the gradient. */
    record Rotation(long rows, int heads, int headDim, boolean inverse) {
    }
}
