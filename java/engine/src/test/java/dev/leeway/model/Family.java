package dev.leeway.model;

import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import java.util.stream.IntStream;

/**
 * One tiny configuration of every family, as {@code config.json} would have it, and by hand what it means: the {@link Oracle.Spec} is
 * written from the families' papers and reference code, not from what {@link ConfigReader} makes of the text.
 */
public enum Family {
    /** Grouped heads, llama3 rotary scaling, untied head. */
    LLAMA("""
        {"model_type": "llama", "vocab_size": 61, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
         "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "rope_theta": 500.0,
         "tie_word_embeddings": false,
         "rope_scaling": {"rope_type": "llama3", "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                          "original_max_position_embeddings": 32}}""") {
        @Override
        Oracle.Spec spec() {
            return base(8, 2).rope(rotary(500, 8, LLAMA3)).eps(1e-5);
        }
    },
    /** All biases, exact GELU, plain rotary, tied head, every head its own key. */
    LLAMA_WITH_BIASES("""
        {"model_type": "llama", "vocab_size": 61, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
         "num_attention_heads": 4, "max_position_embeddings": 64, "rms_norm_eps": 1e-6, "tie_word_embeddings": true,
         "attention_bias": true, "mlp_bias": true,
         "hidden_act": "gelu"}""") {
        @Override
        Oracle.Spec spec() {
            return base(8, 4).tied().activation(Oracle.Activation.GELU_ERF);
        }
    },
    /** Biases of q, k and v alone; a window on the upper layer; linear rotary scaling; heads of a width that no vector divides. */
    QWEN2("""
        {"model_type": "qwen2", "vocab_size": 61, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
         "num_attention_heads": 4, "num_key_value_heads": 1, "head_dim": 10, "max_position_embeddings": 64, "tie_word_embeddings": true,
         "use_sliding_window": true, "sliding_window": 6,
         "max_window_layers": 1, "rope_scaling": {"type": "linear", "factor": 3.0}}""") {
        @Override
        Oracle.Spec spec() {
            return base(10, 1).tied().windows(0, 6).rope(rotary(1e4, 10, (p, f) -> f / 3));
        }
    },
    /** Norms of queries and keys, explicit head_dim. */
    QWEN3("""
        {"model_type": "qwen3", "vocab_size": 61, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
         "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16, "max_position_embeddings": 64, "rope_theta": 1000000.0}""") {
        @Override
        Oracle.Spec spec() {
            return base(16, 2).queryKeyNorm().rope(rotary(1e6, 16, PLAIN));
        }
    },
    /** A sliding window on every layer. */
    MISTRAL("""
        {"model_type": "mistral", "vocab_size": 61, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
         "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64, "sliding_window": 5}""") {
        @Override
        Oracle.Spec spec() {
            return base(8, 2).windows(5, 5);
        }
    },
    /** (1+w) norms, √hidden, GeGLU with tanh, tied. */
    GEMMA("""
        {"model_type": "gemma", "vocab_size": 61, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
         "num_attention_heads": 4, "num_key_value_heads": 1, "head_dim": 16, "max_position_embeddings": 64}""") {
        @Override
        Oracle.Spec spec() {
            return base(16, 1).gemma();
        }
    },
    /** Sandwich norms, soft caps, alternating windows, its own query scale. */
    GEMMA2("""
        {"model_type": "gemma2", "vocab_size": 61, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
         "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 64, "sliding_window": 5,
         "query_pre_attn_scalar": 4,
         "attn_logit_softcapping": 3.0, "final_logit_softcapping": 4.0}""") {
        @Override
        Oracle.Spec spec() {
            return base(8, 2).gemma().sandwich().windows(5, 0).scale(0.5).caps(3, 4);
        }
    },
    /** Two rotary bases, a pattern of windows, query and key norms. */
    GEMMA3("""
        {"model_type": "gemma3_text", "vocab_size": 61, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
         "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8, "max_position_embeddings": 64, "sliding_window": 5,
         "sliding_window_pattern": 2, "query_pre_attn_scalar": 16, "rope_theta": 1000000.0, "rope_local_base_freq": 100.0}""") {
        @Override
        Oracle.Spec spec() {
            return base(8, 2).gemma().sandwich().queryKeyNorm().windows(5, 0).scale(0.25)
                .rope(rotary(100, 8, PLAIN), rotary(1e6, 8, PLAIN));
        }
    };

    /** Tokens of the vocabulary of every one. */
    public static final int VOCABULARY = 61;

    private static final Stretch PLAIN = (pair, frequency) -> frequency;
    /** factor 4, low 1, high 4, 32 positions (Llama 3.1's rule): wavelengths below 8 stay, above 32 are stretched, a ramp between. */
    private static final Stretch LLAMA3 = (pair, frequency) -> {
        double turns = 32 * frequency / (2 * Math.PI);
        double kept = Math.clamp((turns - 1) / (4 - 1), 0, 1);
        return kept * frequency + (1 - kept) * frequency / 4;
    };

    private interface Stretch {
        double apply(int pair, double frequency);
    }

    private final String config;

    Family(String config) {
        this.config = config;
    }

    abstract Oracle.Spec spec();

    /** The text as JSON. */
    public JsonObject json() {
        return JsonFile.parse(name(), config);
    }

    /** What {@link ConfigReader} makes of it. */
    public ModelConfig config() {
        return ConfigReader.read(json());
    }

    /** A reward model of the family. */
    public JsonObject rewardJson() {
        var json = json();
        json.node().putArray("architectures").add("SomethingForSequenceClassification");
        json.node().putObject("id2label").put("0", "LABEL_0");
        return json;
    }

    /** The same for sequences of more than 64 tokens. */
    public ModelConfig config(int positions) {
        var longer = json();
        longer.node().put("max_position_embeddings", positions);
        return ConfigReader.read(longer);
    }

    private static Oracle.Spec base(int headDim, int kvHeads) {
        return new Oracle.Spec(VOCABULARY, 32, 48, 4, kvHeads, headDim).rope(rotary(1e4, headDim, PLAIN));
    }

    private static double[] rotary(double theta, int headDim, Stretch stretch) {
        return IntStream.range(0, headDim / 2).mapToDouble(pair -> stretch.apply(pair, 1 / Math.pow(theta, (double) (2 * pair) / headDim)))
            .toArray();
    }
}
