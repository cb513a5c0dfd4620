package dev.leeway.model;

import dev.leeway.tensor.Device;
import dev.leeway.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The trunk of a model: embedding, layers, final norm. Its output is the normed stream (N,C) that the heads read. */
final class Decoder {

    private final Embedding embedding;
    private final List<DecoderLayer> layers = new ArrayList<>();
    private final RmsNorm finalNorm;
    private final RmsNorm.Normed output;
    private final Optional<LayerActivations> decodingActivations;
    private final Optional<RmsNorm.Normed> decodingOutput;
    private final Turns turns;
    private final Optional<BackwardScratch> scratch;
    private final boolean recomputes;
    private final Map<RopeConfig, RopeTable> ropes = new HashMap<>();

    Decoder(ModelConfig config, int positions, Device device, ModelPlan plan) {
        embedding = new Embedding(config, plan);
        recomputes = plan.capacity().gradientCheckpointing();
        var activations = LayerActivations.ofLayers(config, plan);
        for (int i = 0; i < config.numHiddenLayers(); i++) {
            var rope = ropes.computeIfAbsent(config.layers().get(i).rope(), kind ->
                new RopeTable("rope." + ropes.size(), kind, positions, plan));
            layers.add(new DecoderLayer(i, config, rope, activations.get(i), plan));
        }
        finalNorm = DecoderLayer.blockNorm("model.norm", config, plan);
        output = LayerActivations.normed("norm", config.hiddenSize(), plan);
        decodingActivations = plan.ofDecoding().map(other -> LayerActivations.ofDecoding(config, other));
        decodingOutput = plan.ofDecoding().map(other -> LayerActivations.normed("decode.norm", config.hiddenSize(), other));
        turns = plan.turns();
        scratch = plan.keepsActivations() ? Optional.of(new BackwardScratch(config, device, plan)) : Optional.empty();
    }

    Embedding embedding() {
        return embedding;
    }

    /** (N,C) the normed stream behind the last layer. */
    Tensor output() {
        return normed().y();
    }

    private RmsNorm.Normed normed() {
        return turns.choose(output, decodingOutput);
    }

    private LayerActivations activations(int layer) {
        return turns.choose(layers.get(layer).activations(), decodingActivations);
    }

    /** (N,C) where a head writes the gradient of {@link #output} before {@link #backward}. */
    Tensor outputGradient() {
        return scratch().input;
    }

    /** (N,C) the stream that layer {@code i} received; for i = number of layers, the stream before the final norm. Training plans only. */
    Tensor stream(int i) {
        return i == layers.size() ? output.x() : layers.get(i).activations().attentionInput.x();
    }

    /** Makes every low-rank term part of its weight. */
    void mergeAdapter(Device device) {
        embedding.merge(device);
        layers.stream().flatMap(DecoderLayer::linears).forEach(linear -> linear.merge(device));
    }

    void fillTables(Device device) {
        ropes.values().forEach(rope -> rope.fill(device));
    }

    void forward(Device device, Placement placement, Tensor tokens) {
        var a = activations(0);
        embedding.forward(device, placement, tokens, a.attentionInput.x());
        layers.getFirst().forwardFromStream(device, placement, a);
        for (int i = 1; i < layers.size(); i++) {
            var before = a;
            a = activations(i);
            layers.get(i).forward(device, placement, before, a);
        }
        finalNorm.forward(device, placement.rows(), a.mlpOutput.y(), a.mlpInput.x(), normed());
    }

    /** From {@link #outputGradient} down to the embedding, adding to the gradients of all trained parameters. */
    void backward(Device device, Placement.Packed packed, Tensor tokens) {
        var gradients = scratch();
        gradients.begin(packed.rows());
        finalNorm.backward(device, gradients.written(), output, gradients.norm, gradients.input, gradients.stream);
        for (int i = layers.size() - 1; i >= 0; i--) {
            var layer = layers.get(i);
            if (recomputes && layer != layers.getLast()) { // whose activations the forward pass left
                layer.forwardFromStream(device, packed, layer.activations());
            }
            layer.backward(device, packed, gradients);
        }
        embedding.backward(device, packed.rows(), tokens, gradients.stream, gradients.dyb);
    }

    /** Refuses a way back that was not planned. */
    void requireTraining() {
        scratch();
    }

    private BackwardScratch scratch() {
        return scratch.orElseThrow(() -> new IllegalStateException("this model is planned for forward passes alone"));
    }
}
