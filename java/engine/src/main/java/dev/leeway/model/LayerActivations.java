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
    /** Queries and keys, and what rotates in place: their norms where the model norms them, else themselves. */
    final RmsNorm.Normed q;
    final RmsNorm.Normed k;
    final Tensor v;
    final Tensor attention;
    final Tensor lse;
    /** The output of each block, and what joins the stream: its second norm where the model has one, else itself. */
    final RmsNorm.Normed attentionOutput;
    final RmsNorm.Normed mlpInput;
    final Tensor gate;
    final Tensor up;
    final Tensor activated;
    final RmsNorm.Normed mlpOutput;

    private LayerActivations(String layer, ModelConfig config, ModelPlan plan) {
        var heads = config.attention();
        int hidden = config.hiddenSize();
        long queries = (long) heads.heads() * heads.headDim();
        long keys = (long) heads.kvHeads() * heads.headDim();
        boolean sandwich = config.norm().sandwich();
        attentionInput = normed(layer + ".input_layernorm", hidden, plan);
        var plainQ = plan.activation(layer + ".q", queries);
        var plainK = plan.activation(layer + ".k", keys);
        v = plan.activation(layer + ".v", keys);
        q = maybeNormed(layer + ".q_norm", plainQ, heads.queryKeyNorm() ? heads.heads() : 0, queries, plan);
        k = maybeNormed(layer + ".k_norm", plainK, heads.queryKeyNorm() ? heads.kvHeads() : 0, keys, plan);
        attention = plan.activation(layer + ".attention", queries);
        lse = plan.statistics(layer + ".lse", heads.heads());
        attentionOutput = maybeNormed(layer + ".o_norm", plan.activation(layer + ".o", hidden), sandwich ? 1 : 0, hidden, plan);
        mlpInput = normed(layer + ".post_attention_layernorm", hidden, plan);
        gate = plan.activation(layer + ".gate", config.intermediateSize());
        up = plan.activation(layer + ".up", config.intermediateSize());
        activated = plan.activation(layer + ".activated", config.intermediateSize());
        mlpOutput = maybeNormed(layer + ".down_norm", plan.activation(layer + ".down", hidden), sandwich ? 1 : 0, hidden, plan);
    }

    /** The same tensors but for the stream that enters the layer, which is its own. */
    private LayerActivations(LayerActivations shared, Tensor stream) {
        attentionInput = new RmsNorm.Normed(stream, shared.attentionInput.y(), shared.attentionInput.rstd());
        q = shared.q;
        k = shared.k;
        v = shared.v;
        attention = shared.attention;
        lse = shared.lse;
        attentionOutput = shared.attentionOutput;
        mlpInput = shared.mlpInput;
        gate = shared.gate;
        up = shared.up;
        activated = shared.activated;
        mlpOutput = shared.mlpOutput;
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

    /** The one set with which decoding goes through all layers. */
    static LayerActivations ofDecoding(ModelConfig config, ModelPlan plan) {
        return new LayerActivations("decode", config, plan);
    }

    static RmsNorm.Normed normed(String name, int width, ModelPlan plan) {
        return new RmsNorm.Normed(plan.activation(name + ".sum", width), plan.activation(name + ".y", width),
            plan.statistics(name + ".rstd", 1));
    }

    /** A norm of {@code groups} stretches of x; without groups there is none, and x is what it would give. */
    private static RmsNorm.Normed maybeNormed(String name, Tensor x, int groups, long width, ModelPlan plan) {
        return new RmsNorm.Normed(x, groups > 0 ? plan.activation(name, width) : x, plan.statistics(name + ".rstd", groups));
    }
}
