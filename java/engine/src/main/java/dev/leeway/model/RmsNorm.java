package dev.leeway.model;

import dev.leeway.ffi.DType;
import dev.leeway.ffi.Ops;
import dev.leeway.ffi.Region;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.Tensor;

/** RMSNorm over the last axis (Zhang and Sennrich 2019), of whole rows or of the heads inside them; it can add a residual first. */
final class RmsNorm {

    private final Parameter weight;
    private final int groups;
    private final int width;
    private final ModelConfig.Norm config;

    /**
     * A norm over {@code groups} stretches of {@code width} elements a row: 1 × hidden for blocks, heads × head_dim for queries and keys.
     */
    RmsNorm(String module, int groups, int width, ModelConfig.Norm config, ModelPlan plan) {
        this.weight = plan.base(module + ".weight", width);
        this.groups = groups;
        this.width = width;
        this.config = config;
    }

    int groups() {
        return groups;
    }

    /** y = norm(x). */
    void forward(Device device, long rows, Normed normed) {
        forward(device, rows, normed.x(), Region.NONE, Region.NONE, normed);
    }

    /** What is normed becomes x + residual; y = norm(x + residual). */
    void forward(Device device, long rows, Tensor x, Tensor residual, Normed normed) {
        forward(device, rows, x, residual.region(), normed.x().region(), normed);
    }

    /**
     * A norm's input and outputs, of which the backward pass reads the input again and rstd.
     *
     * @param x (N,C) what is normed; where a residual is added first, their sum, the new residual stream
     * @param y (N,C) the normed stream
     * @param rstd (N) reciprocal root mean squares
     */
    record Normed(Tensor x, Tensor y, Tensor rstd) {
    }

    private void forward(Device device, long rows, Tensor x, Region residual, Region sum, Normed normed) {
        var y = normed.y();
        device.call(Ops.RMSNORM_FORWARD).i64("rows", rows).i64("groups", groups).i64("width", width).i64("stride", (long) groups * width)
            .at("x", x.region()).at("residual", residual).at("weight", weight.value().region()).at("sum", sum).at("y", y.region())
            .at("rstd", normed.rstd().region()).f32("eps", config.eps()).f32("weight_offset", config.weightOffset())
            .dtype("dtype", y.dtype()).run();
    }

    /** Bytes of scratch that a backward pass over norms of this shape takes. */
    static long workspaceBytes(Device device, long rows, int groups, int width, DType dtype) {
        return device.ask((same, answer) -> same.call(Ops.RMSNORM_WORKSPACE).i64("rows", rows).i64("groups", groups).i64("width", width)
            .at("bytes", answer).dtype("dtype", dtype).run());
    }

    /**
     * Writes (or, accumulating, adds) the gradient of what was normed to ds, which on the residual stream holds the gradient that reaches
     * it behind the norm.
     *
     * @param workspace at least {@link #workspaceBytes}
     */
    void backward(Device device, Linear.Rows rows, Normed normed, Tensor workspace, Tensor dy, Tensor ds) {
        var dweight = weight.gradient();
        device.call(Ops.RMSNORM_BACKWARD).i64("rows", rows.count()).i64("groups", groups).i64("width", width)
            .i64("stride", (long) groups * width).at("s", normed.x().region()).at("weight", weight.value().region())
            .at("rstd", normed.rstd().region()).at("dy", dy.region()).at("dsum", rows.accumulate() ? ds.region() : Region.NONE)
            .at("ds", ds.region()).at("dweight", Linear.region(dweight))
            .at("workspace", dweight.isPresent() ? workspace.region() : Region.NONE).i64("workspace_bytes", workspace.bytes())
            .f32("weight_offset", config.weightOffset()).dtype("dtype", ds.dtype()).run();
    }
}
