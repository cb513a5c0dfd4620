package dev.leeway.model;

import dev.leeway.tensor.Device;
import dev.leeway.tensor.Tensor;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * One layer of the decoder: stream += attention(norm(stream)), stream += mlp(norm(stream)), with a second norm behind each block for Gemma
 * 2 and 3.
 *
 * <p>Each norm adds the block output that came before it, so a layer receives the stream and the output still to be added, and leaves the
 * same pair.
 */
final class DecoderLayer {

    private final RmsNorm inputNorm;
    private final AttentionBlock attention;
    private final Optional<RmsNorm> attentionOutputNorm;
    private final RmsNorm mlpNorm;
    private final MlpBlock mlp;
    private final Optional<RmsNorm> mlpOutputNorm;
    private final LayerActivations activations;

    DecoderLayer(int layer, ModelConfig config, RopeTable rope, LayerActivations activations, ModelPlan plan) {
        var module = "model.layers." + layer;
        boolean sandwich = config.norm().sandwich();
        inputNorm = blockNorm(module + ".input_layernorm", config, plan);
        attention = new AttentionBlock(layer, config, rope, plan);
        attentionOutputNorm = sandwich ? Optional.of(blockNorm(module + ".post_attention_layernorm", config, plan)) : Optional.empty();
        mlpNorm = blockNorm(module + (sandwich ? ".pre_feedforward_layernorm" : ".post_attention_layernorm"), config, plan);
        mlp = new MlpBlock(module + ".mlp", config, plan);
        mlpOutputNorm = sandwich ? Optional.of(blockNorm(module + ".post_feedforward_layernorm", config, plan)) : Optional.empty();
        this.activations = activations;
    }

    static RmsNorm blockNorm(String module, ModelConfig config, ModelPlan plan) {
        return new RmsNorm(module, 1, config.hiddenSize(), config.norm(), plan);
    }

    Stream<Linear> linears() {
        return Stream.concat(attention.linears(), mlp.linears());
    }

    /** What it leaves in passes over packed batches. */
    LayerActivations activations() {
        return activations;
    }

    /** From the stream that is already in attentionInput.sum: the embeddings for the first layer, or the pass before. */
    void forwardFromStream(Device device, Placement placement, LayerActivations a) {
        inputNorm.forward(device, placement.rows(), a.attentionInput);
        blocks(device, placement, a);
    }

    /** A later layer: the stream and the last block output of the layer before. */
    void forward(Device device, Placement placement, LayerActivations before, LayerActivations a) {
        inputNorm.forward(device, placement.rows(), before.mlpOutput.y(), before.mlpInput.x(), a.attentionInput);
        blocks(device, placement, a);
    }

    private void blocks(Device device, Placement placement, LayerActivations a) {
        long rows = placement.rows();
        attention.forward(device, placement, a);
        norm(device, rows, attentionOutputNorm, a.attentionOutput);
        mlpNorm.forward(device, rows, a.attentionOutput.y(), a.attentionInput.x(), a.mlpInput);
        mlp.forward(device, rows, a);
        norm(device, rows, mlpOutputNorm, a.mlpOutput);
    }

    /** Norms where there is a norm; without a lambda, which would be allocated for every layer. */
    static void norm(Device device, long rows, Optional<RmsNorm> norm, RmsNorm.Normed normed) {
        if (norm.isPresent()) {
            norm.get().forward(device, rows, normed);
        }
    }

    /** scratch.stream holds the gradient of the stream behind this layer, and then of the stream before it. */
    void backward(Device device, Placement.Packed packed, BackwardScratch scratch) {
        var a = activations;
        mlp.backward(device, packed.rows(), a, through(device, mlpOutputNorm, a.mlpOutput, scratch), scratch);
        mlpNorm.backward(device, scratch.added(), a.mlpInput, scratch.norm, scratch.input, scratch.stream);
        attention.backward(device, packed, a, through(device, attentionOutputNorm, a.attentionOutput, scratch), scratch);
        inputNorm.backward(device, scratch.added(), a.attentionInput, scratch.norm, scratch.input, scratch.stream);
    }

    /** The gradient of a block's output: the stream's own, or its way back through the block's second norm. */
    private static Tensor through(Device device, Optional<RmsNorm> norm, RmsNorm.Normed output, BackwardScratch scratch) {
        if (norm.isEmpty()) {
            return scratch.stream;
        }
        norm.get().backward(device, scratch.written(), output, scratch.norm, scratch.stream, scratch.output);
        return scratch.output;
    }
}
