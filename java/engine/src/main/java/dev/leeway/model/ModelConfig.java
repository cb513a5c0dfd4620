package dev.leeway.model;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What distinguishes one decoder of the Llama family from another, in Hugging Face's words. {@link ConfigReader} makes it from {@code
 * config.json}.
 *
 * @param modelType {@code model_type}: llama, qwen2, qwen3, mistral, gemma, gemma2, gemma3_text
 * @param vocabSize tokens of the embedding
 * @param hiddenSize width of the residual stream
 * @param intermediateSize width of the gated MLP
 * @param maxPositionEmbeddings positions the rotary tables may serve
 * @param tieWordEmbeddings whether the head is the embedding
 * @param embeddingScale what an embedding is multiplied with: √hidden for Gemma, else 1
 * @param finalLogitSoftcapping cap of the logits, 0 = none
 * @param activation of the MLP's gate
 * @param mlpBias whether gate, up and down have biases
 * @param norm the RMSNorm's kind
 * @param attention heads, biases, scale and cap of attention
 * @param layers one entry a layer: its window and rotary embedding
 * @param score the head of a sequence classifier with one label (reward model); empty for a language model
 */
public record ModelConfig(String modelType, int vocabSize, int hiddenSize, int intermediateSize, int maxPositionEmbeddings,
        boolean tieWordEmbeddings, double embeddingScale, double finalLogitSoftcapping, Activation activation, boolean mlpBias,
        Norm norm, AttentionConfig attention, List<LayerConfig> layers, Optional<Score> score) {

    /** The gate's activation, in the order of {@code leeway_activation}. */
    public enum Activation {
        /** SwiGLU. */
        SILU,
        /** GeGLU with the tanh form. */
        GELU_TANH,
        /** GeGLU with the error function. */
        GELU_ERF
    }

    /**
     * RMSNorm.
     *
     * @param eps {@code rms_norm_eps}
     * @param weightOffset 1 where the weight is stored as its difference from one (Gemma), else 0
     * @param sandwich whether attention and MLP are normed after as well as before (Gemma 2 and 3)
     */
    public record Norm(double eps, double weightOffset, boolean sandwich) {
    }

    /**
     * Attention.
     *
     * @param heads {@code num_attention_heads}
     * @param kvHeads {@code num_key_value_heads}
     * @param headDim {@code head_dim}
     * @param inputBias whether q, k and v have biases
     * @param outputBias whether o has one
     * @param queryKeyNorm whether q and k are normed per head before rotation (Qwen 3, Gemma 3)
     * @param scale what q·k is multiplied with
     * @param softcap {@code attn_logit_softcapping}, 0 = none
     */
    public record AttentionConfig(int heads, int kvHeads, int headDim, boolean inputBias, boolean outputBias, boolean queryKeyNorm,
            double scale, double softcap) {
    }

    /**
     * A layer's kind of attention.
     *
     * @param window sliding window in tokens, 0 = full attention
     * @param rope its rotary embedding
     */
    public record LayerConfig(int window, RopeConfig rope) {
    }

    /**
     * The head of a reward model: transformers' {@code score}, a linear layer with one output.
     *
     * @param bias whether it has one, which transformers' own never has: {@code score_bias}, which {@link ModelDirectory} learns from the
     *     weights
     * @param padTokenId {@code pad_token_id}: the score is read at the last token that is another one, as in transformers; empty = at the
     *     last token
     */
    public record Score(boolean bias, OptionalInt padTokenId) {
    }

    /** Number of decoder layers. */
    public int numHiddenLayers() {
        return layers.size();
    }

    /** Whether this is a sequence classifier (reward model) and not a language model. */
    public boolean isClassifier() {
        return score.isPresent();
    }
}
