package dev.leeway.model;

import dev.leeway.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * What one decoder layer computes and its backward pass reads again. Training has one set a layer; without a backward pass, or where it
 * computes layers again, all layers share one. Widths: C hidden, H·D queries, K·D keys and values, F intermediate.
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

    private LayerActivations(String layer, ModelConfig config, ModelPlan plan) {
        var heads = config.attention();
        int hidden = config.hiddenSize();
        attentionInput = normed(layer + ".input_layernorm", hidden, plan);
        q = plan.activation(layer + ".q", (long) heads.heads() * heads.headDim());
        k = plan.activation(layer + ".k", (long) heads.kvHeads() * heads.headDim());
        v = plan.activation(layer + ".v", (long) heads.kvHeads() * heads.headDim());
        boolean normsQueries = heads.queryKeyNorm();
        rotatedQ = normsQueries ? plan.activation(layer + ".q_norm", (long) heads.heads() * heads.headDim()) : q;
        rotatedK = normsQueries ? plan.activation(layer + ".k_norm", (long) heads.kvHeads() * heads.headDim()) : k;
        rstdQ = plan.statistics(layer + ".q_norm.rstd", normsQueries ? heads.heads() : 0);
        rstdK = plan.statistics(layer + ".k_norm.rstd", normsQueries ? heads.kvHeads() : 0);
        attention = plan.activation(layer + ".attention", (long) heads.heads() * heads.headDim());
        lse = plan.statistics(layer + ".lse", heads.heads());
        attentionOutput = plan.activation(layer + ".o", hidden);
        boolean sandwich = config.norm().sandwich();
        normedAttentionOutput = sandwich ? plan.activation(layer + ".o_norm", hidden) : attentionOutput;
        rstdAttentionOutput = plan.statistics(layer + ".o_norm.rstd", sandwich ? 1 : 0);
        mlpInput = normed(layer + ".post_attention_layernorm", hidden, plan);
        gate = plan.activation(layer + ".gate", config.intermediateSize());
        up = plan.activation(layer + ".up", config.intermediateSize());
        activated = plan.activation(layer + ".activated", config.intermediateSize());
        mlpOutput = plan.activation(layer + ".down", hidden);
        normedMlpOutput = sandwich ? plan.activation(layer + ".down_norm", hidden) : mlpOutput;
        rstdMlpOutput = plan.statistics(layer + ".down_norm.rstd", sandwich ? 1 : 0);
    }

    /** The same tensors but for the stream that enters the layer, which is its own. */
    private LayerActivations(LayerActivations shared, Tensor stream) {
        attentionInput = new RmsNorm.Normed(stream, shared.attentionInput.y(), shared.attentionInput.rstd());
        q = shared.q;
        k = shared.k;
        v = shared.v;
        rotatedQ = shared.rotatedQ;
        rotatedK = shared.rotatedK;
        rstdQ = shared.rstdQ;
        rstdK = shared.rstdK;
        attention = shared.attention;
        lse = shared.lse;
        attentionOutput = shared.attentionOutput;
        mlpInput = shared.mlpInput;
        gate = shared.gate;
        up = shared.up;
        activated = shared.activated;
        mlpOutput = shared.mlpOutput;
        normedAttentionOutput = shared.normedAttentionOutput;
        normedMlpOutput = shared.normedMlpOutput;
        rstdAttentionOutput = shared.rstdAttentionOutput;
        rstdMlpOutput = shared.rstdMlpOutput;
    }

    /** One set a layer, as many as the plan's capacity asks for; the stream that enters a layer is its own in all training. */
    static List<LayerActivations> ofLayers(ModelConfig config, ModelPlan plan) {
        var layers = new ArrayList<LayerActivations>();
        for (int i = 0; i < config.numHiddenLayers(); i++) {
            var name = "layers." + i;
            if (i == 0 || !plan.capacity().sharesActivations()) {
                layers.add(new LayerActivations(name, config, plan));
            } else if (plan.keepsActivations()) {
                layers.add(new LayerActivations(layers.getFirst(), plan.activation(name + ".stream", config.hiddenSize())));
            } else {
                layers.add(layers.getFirst());
            }
        }
        return layers;
    }

    static RmsNorm.Normed normed(String name, int width, ModelPlan plan) {
        return new RmsNorm.Normed(plan.activation(name + ".sum", width), plan.activation(name + ".y", width),
            plan.statistics(name + ".rstd", 1));
    }
}
