package dev.leeway.model;

import dev.leeway.ffi.DType;
import dev.leeway.tensor.MemoryPlan.Purpose;
import dev.leeway.tensor.Tensor;

/**
 * What one decoder layer computes and its backward pass reads again. Training has one set a layer; without a backward pass all layers share one.
 * Widths: C hidden, H·D queries, K·D keys and values, F intermediate.
 */
final class LayerActivations {

    final RmsNorm.Normed attentionInput;
    final Tensor q;
    final Tensor k;
    final Tensor v;
    /** Normed queries and keys where the model norms them (rotated in place); else q and k themselves. */
    final Tensor rotatedQ;
    final Tensor rotatedK;
    final Tensor rstdQ;
    final Tensor rstdK;
    final Tensor attention;
    final Tensor lse;
    final Tensor attentionOutput;
    final RmsNorm.Normed mlpInput;
    final Tensor gate;
    final Tensor up;
    final Tensor activated;
    final Tensor mlpOutput;
    /** Outputs behind the second norm of each block where the model has one; else the outputs themselves. */
    final Tensor normedAttentionOutput;
    final Tensor normedMlpOutput;
    final Tensor rstdAttentionOutput;
    final Tensor rstdMlpOutput;

    LayerActivations(String layer, ModelConfig config, ModelPlan plan) {
        var heads = config.attention();
        int hidden = config.hiddenSize();
        attentionInput = normed(layer + ".input_layernorm", hidden, plan);
        q = plan.activation(layer + ".q", (long) heads.heads() * heads.headDim());
        k = plan.activation(layer + ".k", (long) heads.kvHeads() * heads.headDim());
        v = plan.activation(layer + ".v", (long) heads.kvHeads() * heads.headDim());
        boolean normsQueries = heads.queryKeyNorm();
        rotatedQ = normsQueries ? plan.activation(layer + ".q_norm", (long) heads.heads() * heads.headDim()) : q;
        rotatedK = normsQueries ? plan.activation(layer + ".k_norm", (long) heads.kvHeads() * heads.headDim()) : k;
        rstdQ = statistics(layer + ".q_norm.rstd", normsQueries ? heads.heads() : 0, plan);
        rstdK = statistics(layer + ".k_norm.rstd", normsQueries ? heads.kvHeads() : 0, plan);
        attention = plan.activation(layer + ".attention", (long) heads.heads() * heads.headDim());
        lse = statistics(layer + ".lse", heads.heads(), plan);
        attentionOutput = plan.activation(layer + ".o", hidden);
        boolean sandwich = config.norm().sandwich();
        normedAttentionOutput = sandwich ? plan.activation(layer + ".o_norm", hidden) : attentionOutput;
        rstdAttentionOutput = statistics(layer + ".o_norm.rstd", sandwich ? 1 : 0, plan);
        mlpInput = normed(layer + ".post_attention_layernorm", hidden, plan);
        gate = plan.activation(layer + ".gate", config.intermediateSize());
        up = plan.activation(layer + ".up", config.intermediateSize());
        activated = plan.activation(layer + ".activated", config.intermediateSize());
        mlpOutput = plan.activation(layer + ".down", hidden);
        normedMlpOutput = sandwich ? plan.activation(layer + ".down_norm", hidden) : mlpOutput;
        rstdMlpOutput = statistics(layer + ".down_norm.rstd", sandwich ? 1 : 0, plan);
    }

    static RmsNorm.Normed normed(String name, int width, ModelPlan plan) {
        return new RmsNorm.Normed(plan.activation(name + ".sum", width), plan.activation(name + ".y", width), statistics(name + ".rstd", 1, plan));
    }

    private static Tensor statistics(String name, int width, ModelPlan plan) {
        return plan.buffer(Purpose.ACTIVATIONS, name, DType.F32, plan.capacity().rows(), width);
    }
}
