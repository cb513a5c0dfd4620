package dev.leeway.model;

import dev.leeway.io.JsonObject;
import dev.leeway.model.ModelConfig.Activation;
import dev.leeway.model.ModelConfig.AttentionConfig;
import dev.leeway.model.ModelConfig.LayerConfig;
import dev.leeway.model.ModelConfig.Norm;
import dev.leeway.model.ModelConfig.Score;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads {@code config.json} with the defaults that transformers 4.57 has for each {@code model_type}. */
public final class ConfigReader {

    private static final List<String> KNOWN = List.of("llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3_text");
    /** How the names of architectures with a {@code score} head end. */
    static final String CLASSIFIER = "ForSequenceClassification";
    /** Our own key: transformers' classifiers have no bias. */
    static final String SCORE_BIAS = "score_bias";
    private static final String SLIDING = "sliding_attention";
    private static final String FULL = "full_attention";
    /** The largest axis that the products take. */
    private static final int LARGEST_SIZE = 1 << 28;
    private static final int MOST_LAYERS = 10_000;

    private final JsonObject json;
    private final String type;

    private ConfigReader(JsonObject json) {
        this.json = json;
        this.type = json.requireString("model_type");
    }

    /** The model that a {@code config.json} describes; a kind or a setting that this engine lacks is refused by name. */
    public static ModelConfig read(JsonObject json) {
        var reader = new ConfigReader(json);
        if (!KNOWN.contains(reader.type)) {
            throw json.wrong("model_type", "must be one of " + String.join(", ", KNOWN) + "; got " + reader.type);
        }
        return reader.config();
    }

    private ModelConfig config() {
        int hidden = positive("hidden_size");
        var attention = attention(hidden);
        int positions = json.has("max_position_embeddings") ? positive("max_position_embeddings") : defaultPositions();
        return new ModelConfig(type, positive("vocab_size"), hidden, positive("intermediate_size"), positions,
            json.optionalBoolean("tie_word_embeddings").orElse(isGemma()), isGemma() ? Math.sqrt(hidden) : 1,
            number("final_logit_softcapping", type.equals("gemma2") ? 30 : 0), activation(), type.equals("llama") && flag("mlp_bias"),
            new Norm(number("rms_norm_eps", 1e-6), isGemma() ? 1 : 0, isSandwich()), attention, layers(attention.headDim()), score());
    }

    private boolean isGemma() {
        return type.startsWith("gemma");
    }

    private boolean isSandwich() {
        return type.equals("gemma2") || type.equals("gemma3_text");
    }

    private AttentionConfig attention(int hidden) {
        int heads = positive("num_attention_heads");
        int kvHeads = json.optionalInt("num_key_value_heads")
            .orElse(json.names().contains("num_key_value_heads") ? heads : defaultKvHeads(heads));
        int headDim = json.optionalInt("head_dim").orElse(isGemma() ? 256 : type.equals("qwen3") ? 128 : hidden / heads);
        if (kvHeads <= 0 || heads % kvHeads != 0) {
            throw json.wrong("num_key_value_heads", "must divide num_attention_heads " + heads + "; got " + kvHeads);
        }
        if (headDim < 2 || headDim > 256 || headDim % 2 != 0) {
            throw json.wrong("head_dim", "must be even, from 2 to 256; got " + headDim);
        }
        boolean bias = !type.equals("mistral") && flag("attention_bias");
        double scale = isSandwich() ? Math.pow(number("query_pre_attn_scalar", 256), -0.5) : 1 / Math.sqrt(headDim);
        return new AttentionConfig(heads, kvHeads, headDim, bias || type.equals("qwen2"), bias && !type.equals("qwen2"),
            type.equals("qwen3") || type.equals("gemma3_text"), scale, number("attn_logit_softcapping", type.equals("gemma2") ? 50 : 0));
    }

    private int defaultPositions() {
        return switch (type) {
            case "llama" -> 2048;
            case "gemma", "gemma2" -> 8192;
            case "qwen2", "qwen3" -> 32768;
            default -> 131072;
        };
    }

    private int defaultKvHeads(int heads) {
        return switch (type) {
            case "mistral" -> 8;
            case "qwen2", "qwen3" -> 32;
            case "gemma" -> 16;
            case "gemma2", "gemma3_text" -> 4;
            default -> heads;
        };
    }

    private Activation activation() {
        // Gemma 2 and 3 read hidden_activation; transformers 4.57 reads hidden_act for all others, Gemma 1 too.
        var name = json.optionalString(isSandwich() ? "hidden_activation" : "hidden_act").orElse(isGemma() ? "gelu_pytorch_tanh" : "silu");
        return switch (name) {
            case "silu", "swish" -> Activation.SILU;
            case "gelu_pytorch_tanh", "gelu_new" -> Activation.GELU_TANH;
            case "gelu" -> Activation.GELU_ERF;
            default -> throw json.wrong(isSandwich() ? "hidden_activation" : "hidden_act", "must be silu, gelu or gelu_pytorch_tanh; got "
                + name);
        };
    }

    private List<LayerConfig> layers(int headDim) {
        int count = positive("num_hidden_layers", MOST_LAYERS);
        var global = readRope(json, type.equals("gemma3_text") ? 1e6 : 1e4, headDim);
        var local = new RopeConfig(number("rope_local_base_freq", 1e4), headDim, new RopeConfig.None());
        int window = window();
        if (window < 0) {
            throw json.wrong("sliding_window", "must not be negative; got " + window);
        }
        var kinds = json.optionalStrings("layer_types");
        if (kinds.isPresent() && kinds.get().size() != count) {
            throw json.wrong("layer_types", "must have one entry for each of " + count + " layers; got " + kinds.get().size());
        }
        kinds.flatMap(all -> all.stream().filter(kind -> !kind.equals(SLIDING) && !kind.equals(FULL)).findFirst()).ifPresent(kind -> {
            throw json.wrong("layer_types", "must hold %s and %s alone; got %s".formatted(FULL, SLIDING, kind));
        });
        if (flag("use_bidirectional_attention")) {
            throw json.wrong("use_bidirectional_attention", "must be false: this engine's attention is causal");
        }
        var layers = new ArrayList<LayerConfig>();
        for (int i = 0; i < count; i++) {
            int layer = i;
            boolean sliding = window > 0 && kinds.map(all -> all.get(layer).equals(SLIDING)).orElseGet(() -> slidesByDefault(layer));
            layers.add(new LayerConfig(sliding ? window : 0, sliding && type.equals("gemma3_text") ? local : global));
        }
        return List.copyOf(layers);
    }

    private int window() {
        return switch (type) {
            case "mistral", "gemma2", "gemma3_text" -> json.names().contains("sliding_window") ? json.optionalInt("sliding_window")
                .orElse(0) : 4096;
            case "qwen2", "qwen3" -> flag("use_sliding_window") ? json.optionalInt("sliding_window").orElse(4096) : 0;
            default -> 0;
        };
    }

    private boolean slidesByDefault(int layer) {
        return switch (type) {
            case "gemma2" -> layer % 2 == 0;
            case "gemma3_text" -> (layer + 1) % json.optionalInt("sliding_window_pattern").orElse(6) != 0;
            case "qwen2", "qwen3" -> layer >= json.optionalInt("max_window_layers").orElse(28);
            default -> true;
        };
    }

    /** The rotary embedding of a configuration: {@code rope_theta}, {@code partial_rotary_factor} and {@code rope_scaling}. */
    public static RopeConfig readRope(JsonObject json, double defaultTheta, int headDim) {
        double theta = json.optionalDouble("rope_theta").orElse(defaultTheta);
        if (!(theta > 0)) {
            throw json.wrong("rope_theta", "must be positive; got " + theta);
        }
        int rotary = (int) (headDim * json.optionalDouble("partial_rotary_factor").orElse(1));
        if (rotary < 2 || rotary > headDim || rotary % 2 != 0) {
            throw json.wrong("partial_rotary_factor", "must give an even number of at most head_dim " + headDim + " elements; gives "
                + rotary);
        }
        Optional<JsonObject> scaling = json.optionalObject("rope_scaling");
        if (scaling.isEmpty()) {
            return new RopeConfig(theta, rotary, new RopeConfig.None());
        }
        var options = scaling.get();
        var kind = options.optionalString("rope_type").or(() -> options.optionalString("type")).orElse("default");
        return new RopeConfig(theta, rotary, switch (kind) {
            case "default" -> new RopeConfig.None();
            case "linear" -> new RopeConfig.Linear(options.requireDouble("factor"));
            case "llama3" -> new RopeConfig.Llama3(options.requireDouble("factor"), options.requireDouble("low_freq_factor"),
                options.requireDouble("high_freq_factor"), options.requireInt("original_max_position_embeddings"));
            case "yarn" -> yarn(options, json.optionalInt("max_position_embeddings").orElse(2048));
            default -> throw options.wrong("rope_type", "must be default, linear, llama3 or yarn; got " + kind);
        });
    }

    private static RopeConfig.Yarn yarn(JsonObject options, int positions) {
        int original = options.optionalInt("original_max_position_embeddings").orElse(positions);
        double factor = options.requireDouble("factor");
        if (options.has("mscale") || options.has("mscale_all_dim")) {
            throw options.wrong("mscale", "is DeepSeek's variant of yarn, which this engine lacks");
        }
        return new RopeConfig.Yarn(factor, original, options.optionalDouble("beta_fast").orElse(32), options.optionalDouble("beta_slow")
            .orElse(1),
            options.optionalBoolean("truncate").orElse(true),
            options.optionalDouble("attention_factor").orElse(RopeConfig.Yarn.defaultAttentionFactor(factor)));
    }

    private Optional<Score> score() {
        var architectures = json.optionalStrings("architectures").orElse(List.of());
        if (architectures.stream().noneMatch(name -> name.endsWith(CLASSIFIER))) {
            return Optional.empty();
        }
        int count = json.optionalObject("id2label").map(map -> map.names().size()).orElse(json.optionalInt("num_labels").orElse(2));
        if (count != 1) {
            throw json.wrong("id2label", "must have exactly one label: this engine's sequence classifiers are reward models; got " + count);
        }
        return Optional.of(new Score(flag(SCORE_BIAS), json.optionalInt("pad_token_id")));
    }

    private int positive(String name) {
        return positive(name, LARGEST_SIZE);
    }

    private int positive(String name, int largest) {
        int value = json.requireInt(name);
        if (value <= 0 || value > largest) {
            throw json.wrong(name, "must be from 1 to " + largest + "; got " + value);
        }
        return value;
    }

    private boolean flag(String name) {
        return json.optionalBoolean(name).orElse(false);
    }

    /** A number that may be missing (then the default) or null (then 0: absent caps and windows are written so). */
    private double number(String name, double absent) {
        return json.names().contains(name) ? json.optionalDouble(name).orElse(0) : absent;
    }
}
