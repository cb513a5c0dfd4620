package dev.leeway.model;

import dev.leeway.ffi.DType;
import dev.leeway.ffi.Ops;
import dev.leeway.ffi.Region;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.Tensor;
import java.util.Optional;

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
    void forward(Device device, long rows, Tensor x, Tensor y, Tensor rstd) {
        forward(device, rows, x, Region.NONE, Region.NONE, y, rstd);
    }

    /** sum = x + residual, y = norm(sum). */
    void forward(Device device, long rows, Tensor x, Tensor residual, Normed normed) {
        forward(device, rows, x, residual.region(), normed.sum().region(), normed.y(), normed.rstd());
    }

    /**
     * Outputs of a norm that adds a residual.
     *
     * @param sum (N,C) the new residual stream
     * @param y (N,C) the normed stream
     * @param rstd (N)
     */
    record Normed(Tensor sum, Tensor y, Tensor rstd) {
    }

    private void forward(Device device, long rows, Tensor x, Region residual, Region sum, Tensor y, Tensor rstd) {
        device.call(Ops.RMSNORM_FORWARD).i64("rows", rows).i64("groups", groups).i64("width", width).i64("stride", (long) groups * width)
            .at("x", x.region()).at("residual", residual).at("weight", weight.value().region()).at("sum", sum).at("y", y.region())
            .at("rstd", rstd.region()).f32("eps", config.eps()).f32("weight_offset", config.weightOffset()).dtype("dtype", y.dtype()).run();
    }

    /** Bytes of scratch that a backward pass over norms of this shape takes. */
    static long workspaceBytes(Device device, long rows, int groups, int width, DType dtype) {
        return device.ask((same, answer) -> same.call(Ops.RMSNORM_WORKSPACE).i64("rows", rows).i64("groups", groups).i64("width", width)
            .at("bytes", answer).dtype("dtype", dtype).run());
    }

    /**
     * ds = the gradient of what was normed, plus dsum.
     *
     * @param s what was normed
     * @param dsum the gradient that reaches the residual stream behind the norm, if any; may be ds
     */
    void backward(Device device, long rows, Saved saved, Tensor dy, Optional<Tensor> dsum, Tensor ds) {
        var dweight = weight.gradient();
        device.call(Ops.RMSNORM_BACKWARD).i64("rows", rows).i64("groups", groups).i64("width", width).i64("stride", (long) groups * width)
            .at("s", saved.s().region()).at("weight", weight.value().region()).at("rstd", saved.rstd().region()).at("dy", dy.region())
            .at("dsum", Linear.region(dsum)).at("ds", ds.region()).at("dweight", Linear.region(dweight))
            .at("workspace", dweight.isPresent() ? saved.workspace().region() : Region.NONE)
            .i64("workspace_bytes", saved.workspace().bytes())
            .f32("weight_offset", config.weightOffset()).dtype("dtype", ds.dtype()).run();
    }

    /**
     * What a backward pass needs of the forward pass.
     *
     * @param s what was normed
     * @param rstd its reciprocal root mean square
     * @param workspace at least {@link #workspaceBytes}
     */
    record Saved(Tensor s, Tensor rstd, Tensor workspace) {
    }
}
