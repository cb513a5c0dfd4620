package dev.leeway.model;

import dev.leeway.ffi.Ops;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The trunk of a model: embedding, layers, final norm. Its output is the normed stream (N,C) that the heads read. */
final class Decoder {

    private final ModelConfig config;
    private final Parameter embedding;
    private final List<DecoderLayer> layers = new ArrayList<>();
    private final RmsNorm finalNorm;
    private final RmsNorm.Normed output;
    private final Optional<BackwardScratch> scratch;
    private final boolean recomputes;
    private final Map<RopeConfig, RopeTable> ropes = new HashMap<>();

    Decoder(ModelConfig config, int positions, ModelPlan plan) {
        this.config = config;
        embedding = plan.base("model.embed_tokens.weight", config.vocabSize(), config.hiddenSize());
        recomputes = plan.capacity().gradientCheckpointing();
        var activations = LayerActivations.ofLayers(config, plan);
        for (int i = 0; i < config.numHiddenLayers(); i++) {
            var rope = ropes.computeIfAbsent(config.layers().get(i).rope(), kind ->
                new RopeTable("rope." + ropes.size(), kind, positions, plan));
            layers.add(new DecoderLayer(i, config, rope, activations.get(i), plan));
        }
        finalNorm = DecoderLayer.blockNorm("model.norm", config, plan);
        output = LayerActivations.normed("norm", config.hiddenSize(), plan);
        scratch = plan.keepsActivations() ? Optional.of(new BackwardScratch(config, plan)) : Optional.empty();
    }

    Parameter embedding() {
        return embedding;
    }

    /** (N,C) the normed stream behind the last layer. */
    Tensor output() {
        return output.y();
    }

    /** (N,C) where a head writes the gradient of {@link #output} before {@link #backward}. */
    Tensor outputGradient() {
        return scratch().input;
    }

    /** (N,C) the stream that layer {@code i} received; for i = number of layers, the stream before the final norm. Training plans only. */
    Tensor stream(int i) {
        return i == layers.size() ? output.sum() : layers.get(i).activations().attentionInput.sum();
    }

    /** Makes every low-rank term part of its weight. */
    void mergeAdapter(Device device) {
        layers.stream().flatMap(DecoderLayer::linears).forEach(linear -> linear.merge(device));
    }

    void fillTables(Device device) {
        ropes.values().forEach(rope -> rope.fill(device));
    }

    void forward(Device device, Placement placement, Tensor tokens) {
        var first = layers.getFirst().activations();
        var noise = placement.embeddingNoise();
        device.call(Ops.EMBEDDING_FORWARD).i64("rows", placement.rows()).i64("width", config.hiddenSize())
            .i64("vocabulary", config.vocabSize())
            .at("tokens", tokens.region()).at("table", embedding.value().region()).at("y", first.attentionInput.sum().region())
            .at("noise_bound", Linear.region(noise.map(Placement.EmbeddingNoise::bounds)))
            .at("row_ids", Linear.region(noise.map(Placement.EmbeddingNoise::rowIds)))
            .i64("noise_seed", noise.map(Placement.EmbeddingNoise::seed).orElse(0L)).f32("scale", config.embeddingScale())
            .dtype("dtype", embedding.value().dtype()).run();
        layers.getFirst().forwardFromStream(device, placement);
        for (int i = 1; i < layers.size(); i++) {
            layers.get(i).forward(device, placement, layers.get(i - 1).activations());
        }
        var last = layers.getLast().activations();
        finalNorm.forward(device, placement.rows(), last.normedMlpOutput, last.mlpInput.sum(), output);
    }

    /** From {@link #outputGradient} down to the embedding, adding to the gradients of all trained parameters. */
    void backward(Device device, Placement.Packed packed, Tensor tokens) {
        var gradients = scratch();
        finalNorm.backward(device, packed.rows(), new RmsNorm.Saved(output.sum(), output.rstd(), gradients.norm), gradients.input,
            Optional.empty(), gradients.stream);
        for (var layer : layers.reversed()) {
            if (recomputes && layer != layers.getLast()) { // whose activations the forward pass left
                layer.forwardFromStream(device, packed);
            }
            layer.backward(device, packed, gradients);
        }
        embedding.gradient().ifPresent(gradient -> device.call(Ops.EMBEDDING_BACKWARD).i64("rows", packed.rows())
            .i64("width", config.hiddenSize()).i64("vocabulary", config.vocabSize()).at("tokens", tokens.region())
            .at("dy", gradients.stream.region()).at("dtable", gradient.region()).f32("scale", config.embeddingScale())
            .dtype("dtype", gradients.stream.dtype()).dtype("gradient_dtype", gradient.dtype()).run());
    }

    private BackwardScratch scratch() {
        return scratch.orElseThrow(() -> new IllegalStateException("this model is planned for forward passes alone"));
    }
}
