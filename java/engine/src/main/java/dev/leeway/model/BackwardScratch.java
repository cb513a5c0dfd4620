package dev.leeway.model;

import dev.leeway.ffi.DType;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan.Purpose;
import dev.leeway.tensor.Tensor;

/** Gradients of activations on their way down; one set serves all layers. */
final class BackwardScratch {

    /** (N,C) the gradient of the residual stream. */
    final Tensor stream;
    /** (N,C) the gradient of a block's input, behind its norm. */
    final Tensor input;
    /** (N,C) the gradient of a block's output, before its second norm. */
    final Tensor output;
    /** (N,F) */
    final Tensor activated;
    final Tensor q;
    final Tensor k;
    final Tensor v;
    /** (N,H·D) the gradient of attention's output. */
    final Tensor attention;
    /** (N,H) dout · out. */
    final Tensor delta;
    /** (N,R) dy B of a low-rank term. */
    final Tensor dyb;
    /** Partial sums of norm weights. */
    final Tensor norm;
    /** Rows of the pass under way, for gradients that are written and for those that are added to. */
    private Linear.Rows written;
    private Linear.Rows added;

    BackwardScratch(ModelConfig config, Device device, ModelPlan plan) {
        var heads = config.attention();
        long queries = (long) heads.heads() * heads.headDim();
        long keys = (long) heads.kvHeads() * heads.headDim();
        stream = plan.activation("gradient.stream", config.hiddenSize());
        input = plan.activation("gradient.input", config.hiddenSize());
        output = plan.activation("gradient.output", config.norm().sandwich() ? config.hiddenSize() : 0);
        activated = plan.activation("gradient.activated", config.intermediateSize());
        q = plan.activation("gradient.q", queries);
        k = plan.activation("gradient.k", keys);
        v = plan.activation("gradient.v", keys);
        attention = plan.activation("gradient.attention", queries);
        delta = plan.statistics("gradient.delta", heads.heads());
        dyb = plan.statistics("gradient.dyb", Math.max(1, plan.largestRank()));
        norm = plan.buffer(Purpose.ACTIVATIONS, "gradient.norm", DType.U8, normWorkspace(config, device, plan));
        begin(0);
    }

    /** A pass over so many rows begins. */
    void begin(long rows) {
        written = new Linear.Rows(rows, dyb, false);
        added = new Linear.Rows(rows, dyb, true);
    }

    Linear.Rows written() {
        return written;
    }

    Linear.Rows added() {
        return added;
    }

    private static long normWorkspace(ModelConfig config, Device device, ModelPlan plan) {
        long rows = plan.capacity().rows();
        long block = RmsNorm.workspaceBytes(device, rows, 1, config.hiddenSize(), plan.dtype());
        var heads = config.attention();
        return heads.queryKeyNorm()
            ? Math.max(block, RmsNorm.workspaceBytes(device, rows, heads.heads(), heads.headDim(), plan.dtype())) : block;
    }
}
