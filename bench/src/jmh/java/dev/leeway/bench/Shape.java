package dev.leeway.bench;

import dev.leeway.io.JsonFile;
import dev.leeway.model.ConfigReader;
import dev.leeway.model.ModelConfig;
import java.util.Arrays;
import java.util.stream.Collectors;

/** The sizes that everything is measured at: a Llama with tied embeddings and the batch of one step. */
public enum Shape {
    /** 7 M parameters: small matrices, much elementwise work. */
    TOY("toy", 288, 768, 6, 6, 6, 4096, 8),
    /** 135 M parameters, as SmolLM has them: grouped heads, a large vocabulary. */
    SMALL("135M", 576, 1536, 30, 9, 3, 49152, 4),
    /** 1.2 G parameters, as Llama 3.2 has them. */
    LARGE("1B", 2048, 8192, 16, 32, 8, 128256, 2),
    /** Next to nothing, for whole steps on the emulator. */
    TINY("tiny", 64, 128, 2, 4, 2, 512, 2),
    /** 124 M parameters, as GPT-2 has them, in Llama's form. */
    GPT2("124M", 768, 2048, 12, 12, 12, 50304, 8),
    /** 7.5 G parameters: Llama 3 8B but for its embeddings, which are tied here. */
    HUGE("8B", 4096, 14336, 32, 32, 8, 128256, 1);

    /** Tokens of each sequence of a batch. */
    public static final int LENGTH = 256;

    private final String label;
    private final int hidden;
    private final int intermediate;
    private final int layers;
    private final int heads;
    private final int kvHeads;
    private final int vocabulary;
    private final int batch;

    Shape(String label, int hidden, int intermediate, int layers, int heads, int kvHeads, int vocabulary, int batch) {
        this.label = label;
        this.hidden = hidden;
        this.intermediate = intermediate;
        this.layers = layers;
        this.heads = heads;
        this.kvHeads = kvHeads;
        this.vocabulary = vocabulary;
        this.batch = batch;
    }

    /** The shape that parameters of benchmarks name so. */
    public static Shape named(String label) {
        return Arrays.stream(values()).filter(shape -> shape.label.equals(label)).findFirst()
            .orElseThrow(() -> new IllegalArgumentException("no shape " + label + "; there are "
                + Arrays.stream(values()).map(Shape::label).collect(Collectors.joining(", "))));
    }

    /** Its name in parameters and reports. */
    public String label() {
        return label;
    }

    /** Hidden size, C. */
    public int hidden() {
        return hidden;
    }

    /** Intermediate size, F. */
    public int intermediate() {
        return intermediate;
    }

    /** Decoder layers. */
    public int layers() {
        return layers;
    }

    /** Query heads, H. */
    public int heads() {
        return heads;
    }

    /** Key/value heads, K. */
    public int kvHeads() {
        return kvHeads;
    }

    /** Head dim, D. */
    public int headDim() {
        return hidden / heads;
    }

    /** Vocabulary, V. */
    public int vocabulary() {
        return vocabulary;
    }

    /** Sequences of a step, S. */
    public int batch() {
        return batch;
    }

    /** Tokens of a step, N. */
    public int tokens() {
        return batch * LENGTH;
    }

    /** As a model that takes sequences of up to {@code positions} tokens. */
    public ModelConfig config(int positions) {
        return ConfigReader.read(JsonFile.parse(label + "/config.json", json(positions)));
    }

    /** Its {@code config.json}. */
    public String json(int positions) {
        return """
            {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_act": "silu", "rms_norm_eps": 1e-5, "hidden_size": %d,
             "intermediate_size": %d, "num_hidden_layers": %d, "num_attention_heads": %d, "num_key_value_heads": %d, "vocab_size": %d,
             "rope_theta": 10000.0, "max_position_embeddings": %d, "tie_word_embeddings": true, "torch_dtype": "float32"}
            """.formatted(hidden, intermediate, layers, heads, kvHeads, vocabulary, positions);
    }

    /**
     * Floating-point operations that a token of a training step needs: 6 for each weight that multiplies, and the visible half of
     * attention. What an implementation computes beyond that is its own affair.
     */
    public double trainingFlopsPerToken(int length) {
        return 6 * (weights() + layers * attentionPerToken(length));
    }

    /**
     * The same with all linear layers frozen below an adapter of a rank: 4 for each frozen weight, whose own gradient nobody needs, and 6
     * for each of the adapter's.
     */
    public double loraFlopsPerToken(int length, int rank) {
        double ends = 4.0 * hidden + 2.0 * (hidden + kvHeads * headDim()) + 3.0 * (hidden + intermediate);
        return 4 * weights() + 6 * layers * (attentionPerToken(length) + rank * ends);
    }

    /** Weights that multiply, the head's among them. */
    public double weights() {
        double layer = hidden * (2.0 * hidden + 2.0 * kvHeads * headDim()) + 3.0 * hidden * intermediate;
        return layers * layer + (double) hidden * vocabulary;
    }

    /** Products of a token with the keys and values that it sees, on average, in one layer. */
    private double attentionPerToken(int length) {
        return 2.0 * hidden * (length + 1) / 2;
    }
}
