package dev.leeway.cli;

import java.util.List;
import java.util.stream.Stream;

/**
 * A run whose memory is measured.
 *
 * @param name what is special about it
 * @param shape of the model
 * @param rank of a LoRA; 0 = all weights are trained
 * @param batch rows of a micro-batch
 * @param length tokens of a row
 * @param accumulation micro-batches of a step
 * @param lanes samples at once
 * @param evaluated rows of the evaluation
 * @param recomputes gradient_checkpointing
 * @param compares whether a second, frozen model is kept beside the one that is trained
 */
record MeasuredConfiguration(String name, Shape shape, int rank, int batch, int length, int accumulation, int lanes, int evaluated,
        boolean recomputes, boolean compares) {

    private MeasuredConfiguration(String name, Shape shape, int rank, int batch, int length, int accumulation, int lanes, int evaluated,
            boolean recomputes) {
        this(name, shape, rank, batch, length, accumulation, lanes, evaluated, recomputes, false);
    }

    /** Sizes under Hugging Face's names. */
    record Shape(String modelType, int hiddenSize, int layers, int heads, int kvHeads, int intermediateSize, int vocabSize, boolean tied) {
    }

    /** Different in kind, each at least 300 MB. */
    static final List<MeasuredConfiguration> ALL = List.of(
        full("short-rows", new Shape("llama", 512, 8, 8, 8, 2048, 16_000, true), 4, 64),
        full("long-rows", new Shape("llama", 384, 6, 6, 2, 1536, 8_000, true), 1, 2048),
        full("large-vocabulary-untied", new Shape("llama", 256, 2, 4, 4, 688, 100_000, false), 2, 128),
        full("embedding-heavy-tied", new Shape("llama", 512, 1, 8, 8, 1024, 80_000, true), 2, 64),
        full("deep-narrow", new Shape("llama", 256, 24, 4, 4, 688, 4_096, true), 4, 256),
        new MeasuredConfiguration("accumulation-and-evaluation", new Shape("qwen3", 512, 6, 8, 4, 1536, 12_000, true), 0, 2, 128, 8, 0, 16,
            false),
        new MeasuredConfiguration("lora", new Shape("llama", 768, 8, 12, 12, 3072, 32_000, true), 16, 4, 128, 1, 0, 0, false),
        new MeasuredConfiguration("lora-long-untied", new Shape("llama", 512, 8, 8, 2, 2048, 48_000, false), 64, 1, 1536, 1, 0, 0,
            false),
        new MeasuredConfiguration("sampling", new Shape("llama", 512, 6, 8, 8, 2048, 16_000, true), 0, 2, 512, 1, 16, 0, false),
        new MeasuredConfiguration("gradient-checkpointing", new Shape("llama", 320, 20, 5, 5, 1024, 8_000, true), 0, 1, 2048, 1, 0, 0,
            true));

    /** The smallest ones in which the JVM's own growth doesn't decide. */
    static final List<MeasuredConfiguration> FEW = List.of(
        full("small", new Shape("llama", 384, 4, 6, 6, 1024, 8_000, true), 2, 128),
        new MeasuredConfiguration("small-lora", new Shape("llama", 512, 6, 8, 8, 1536, 8_000, true), 16, 8, 128, 1, 0, 0,
            false),
        new MeasuredConfiguration("small-sampling", new Shape("llama", 256, 4, 4, 4, 688, 4_000, true), 0, 1, 512, 1, 48, 0,
            false),
        new MeasuredConfiguration("small-reference", new Shape("llama", 384, 4, 6, 6, 1024, 8_000, true), 0, 2, 128, 1, 0, 0, false,
            true));

    private static MeasuredConfiguration full(String name, Shape shape, int batch, int length) {
        return new MeasuredConfiguration(name, shape, 0, batch, length, 1, 0, 0, false);
    }

    static MeasuredConfiguration named(String name) {
        return Stream.concat(ALL.stream(), FEW.stream()).filter(one -> one.name.equals(name)).findFirst().orElseThrow();
    }

    /** Whether a model's directory must be there before. */
    boolean loads() {
        return rank > 0 || compares;
    }

    int vocabulary() {
        return shape.vocabSize();
    }

    String json() {
        var architecture = shape.modelType().equals("qwen3") ? "Qwen3ForCausalLM" : "LlamaForCausalLM";
        return """
            {"model_type": "%s", "architectures": ["%s"], "vocab_size": %d, "hidden_size": %d, "intermediate_size": %d,
             "num_hidden_layers": %d, "num_attention_heads": %d, "num_key_value_heads": %d, "head_dim": %d, "hidden_act": "silu",
             "max_position_embeddings": 4096, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": %s}""".formatted(
            shape.modelType(), architecture, shape.vocabSize(), shape.hiddenSize(), shape.intermediateSize(), shape.layers(),
            shape.heads(), shape.kvHeads(), shape.hiddenSize() / shape.heads(), shape.tied());
    }
}
