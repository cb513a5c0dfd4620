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

    /** Rotates x (N, heads · D) in place by its rows' positions, or back, which is the gradient. */
    void rotate(Device device, Placement placement, int heads, Tensor x, boolean inverse) {
        long stride = x.size(1);
        device.call(Ops.ROPE).i64("rows", placement.rows()).i64("heads", heads).i64("head_dim", stride / heads)
            .i64("rotary_dim", config.rotaryDim()).i64("stride", stride).i64("table_rows", positions)
            .at("positions", placement.positions().region()).at("cosine", cosine.region()).at("sine", sine.region()).at("x", x.region())
            .i32("inverse", inverse ? 1 : 0).dtype("dtype", x.dtype()).run();
    }
}
