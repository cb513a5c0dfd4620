package dev.leeway.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException.Kind;
import dev.leeway.faults.Refusal;
import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import dev.leeway.model.ModelConfig.Activation;
import dev.leeway.model.ModelConfig.LayerConfig;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Defaults are those of the configuration classes of transformers 4.57. */
final class ConfigReaderTest {

    /** The keys that have no default, with 16 heads of 32, and {@code more}. */
    private static JsonObject json(String type, int layers, String more) {
        return JsonFile.parse("config.json", """
            {"model_type": "%s", "vocab_size": 100, "hidden_size": 512, "intermediate_size": 64,
             "num_hidden_layers": %d, "num_attention_heads": 32%s}
            """.formatted(type, layers, more.isEmpty() ? "" : ", " + more));
    }

    private static ModelConfig read(String type, String more) {
        return ConfigReader.read(json(type, 2, more));
    }

    private static void refused(String type, String more, String... parts) {
        Refusal.assertRefused(Kind.DATA, () -> read(type, more), parts);
    }

    @ParameterizedTest
    @CsvSource({
        // type, kv heads, head dim, positions, tied, qk norm, q/k/v bias, sandwich, offset, cap of attention, cap of logits
        "llama,      32,  16,   2048, false, false, false, false, 0,  0,  0",
        "mistral,     8,  16, 131072, false, false, false, false, 0,  0,  0",
        "qwen2,      32,  16,  32768, false, false, true,  false, 0,  0,  0",
        "qwen3,      32, 128,  32768, false, true,  false, false, 0,  0,  0",
        "gemma,      16, 256,   8192, true,  false, false, false, 1,  0,  0",
        "gemma2,      4, 256,   8192, true,  false, false, true,  1, 50, 30",
        "gemma3_text, 4, 256, 131072, true,  true,  false, true,  1,  0,  0"})
    void aFamilyHasItsDefaults(String type, int kvHeads, int headDim, int positions, boolean tied, boolean queryKeyNorm, boolean bias,
            boolean sandwich, double offset, double attentionCap, double logitCap) {
        var config = read(type, "");
        var attention = config.attention();
        assertEquals(kvHeads, attention.kvHeads());
        assertEquals(headDim, attention.headDim());
        assertEquals(positions, config.maxPositionEmbeddings());
        assertEquals(tied, config.tieWordEmbeddings());
        assertEquals(queryKeyNorm, attention.queryKeyNorm());
        assertEquals(bias, attention.inputBias());
        assertFalse(attention.outputBias());
        assertEquals(sandwich, config.norm().sandwich());
        assertEquals(offset, config.norm().weightOffset());
        assertEquals(1e-6, config.norm().eps());
        assertEquals(attentionCap, attention.softcap());
        assertEquals(logitCap, config.finalLogitSoftcapping());
        assertEquals(1 / Math.sqrt(type.startsWith("gemma") ? 256 : headDim), attention.scale(), 1e-15);
        assertEquals(type.startsWith("gemma") ? Math.sqrt(512) : 1, config.embeddingScale());
        assertEquals(type.startsWith("gemma") ? Activation.GELU_TANH : Activation.SILU, config.activation());
        assertEquals(Optional.empty(), config.score());
        assertEquals(type.equals("gemma3_text") ? 1e6 : 1e4, ConfigReader.read(json(type, 6, "")).layers().getLast().rope().theta());
    }

    private static List<Integer> windows(String type, int layers, String more) {
        return ConfigReader.read(json(type, layers, more)).layers().stream().map(LayerConfig::window).toList();
    }

    @Test
    void windowsFollowTheFamiliesPatterns() {
        assertEquals(List.of(0, 0), windows("llama", 2, "\"sliding_window\": 7"));
        assertEquals(List.of(4096, 4096), windows("mistral", 2, ""));
        assertEquals(List.of(0, 0), windows("mistral", 2, "\"sliding_window\": null"));
        assertEquals(List.of(0, 0), windows("qwen2", 2, "\"sliding_window\": 7, \"max_window_layers\": 0"),
            "use_sliding_window is off by default");
        assertEquals(List.of(0, 7, 7), windows("qwen3", 3,
            "\"use_sliding_window\": true, \"sliding_window\": 7, \"max_window_layers\": 1"));
        assertEquals(List.of(4096, 0, 4096), windows("gemma2", 3, ""));
        assertEquals(List.of(9, 9, 9, 9, 9, 0, 9), windows("gemma3_text", 7, "\"sliding_window\": 9"));
        assertEquals(List.of(9, 0), windows("gemma3_text", 2, "\"sliding_window\": 9, \"sliding_window_pattern\": 2"));
        assertEquals(List.of(0, 9), windows("gemma2", 2,
            "\"sliding_window\": 9, \"layer_types\": [\"full_attention\", \"sliding_attention\"]"));
    }

    @Test
    void gemma3TurnsItsWindowedLayersByAnotherBaseAndWithoutScaling() {
        var layers = ConfigReader.read(json("gemma3_text", 6, "\"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": 8.0}")).layers();
        assertEquals(new RopeConfig(1e4, 256, new RopeConfig.None()), layers.getFirst().rope());
        assertEquals(new RopeConfig(1e6, 256, new RopeConfig.Linear(8)), layers.getLast().rope());
    }

    @Test
    void biasesAreWhatTheFamilySaysWithAttentionBias() {
        var llama = read("llama", "\"attention_bias\": true, \"mlp_bias\": true");
        assertTrue(llama.attention().inputBias() && llama.attention().outputBias() && llama.mlpBias());
        var qwen = read("qwen2", "\"attention_bias\": true, \"mlp_bias\": true");
        assertTrue(qwen.attention().inputBias() && !qwen.attention().outputBias() && !qwen.mlpBias());
        assertFalse(read("mistral", "\"attention_bias\": true").attention().inputBias());
    }

    @Test
    void activationsHaveTheirNames() {
        assertEquals(Activation.GELU_ERF, read("llama", "\"hidden_act\": \"gelu\"").activation());
        assertEquals(Activation.GELU_TANH, read("llama", "\"hidden_act\": \"gelu_new\"").activation());
        assertEquals(Activation.SILU, read("llama", "\"hidden_act\": \"swish\"").activation());
        assertEquals(Activation.GELU_ERF, read("gemma", "\"hidden_act\": \"gelu\", \"hidden_activation\": null").activation());
        assertEquals(Activation.GELU_ERF, read("gemma2", "\"hidden_activation\": \"gelu\"").activation());
        refused("llama", "\"hidden_act\": \"relu\"", "config.json: hidden_act", "relu");
    }

    @Test
    void nullMeansNoCapAndAsManyKeysAsHeads() {
        var config = read("gemma2", "\"attn_logit_softcapping\": null, \"final_logit_softcapping\": null, \"num_key_value_heads\": null");
        assertEquals(0, config.attention().softcap());
        assertEquals(0, config.finalLogitSoftcapping());
        assertEquals(32, config.attention().kvHeads());
    }

    @Test
    void whatThisEngineLacksIsRefusedByName() {
        Refusal.assertRefused(Kind.DATA, () -> read("mamba", ""), "config.json: model_type", "llama", "mamba");
        refused("llama", "\"num_key_value_heads\": 5", "num_key_value_heads", "32", "5");
        refused("llama", "\"num_key_value_heads\": 0", "num_key_value_heads");
        refused("llama", "\"head_dim\": 13", "head_dim", "13");
        refused("llama", "\"head_dim\": 258", "head_dim", "258");
        Refusal.assertRefused(Kind.DATA, () -> ConfigReader.read(json("llama", 100_000, "")), "num_hidden_layers", "10000", "100000");
        refused("llama", "\"max_position_embeddings\": 500000000", "max_position_embeddings", "500000000");
        refused("llama", "\"rope_theta\": 0.0", "rope_theta", "0");
        refused("llama", "\"partial_rotary_factor\": 1.5", "partial_rotary_factor");
        refused("llama", "\"max_position_embeddings\": 0", "max_position_embeddings");
        refused("llama", "\"rope_scaling\": {\"rope_type\": \"longrope\"}", "rope_scaling.rope_type", "longrope");
        refused("llama", "\"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 2.0, \"mscale\": 1.0}", "rope_scaling.mscale");
        refused("llama", "\"rope_scaling\": {\"rope_type\": \"linear\"}", "rope_scaling.factor", "missing");
        refused("mistral", "\"sliding_window\": -1", "sliding_window", "-1");
        refused("gemma3_text", "\"layer_types\": [\"full_attention\"]", "layer_types", "2", "1");
        refused("gemma3_text", "\"layer_types\": [\"full_attention\", \"chunked_attention\"]", "layer_types", "chunked_attention");
        refused("gemma3_text", "\"use_bidirectional_attention\": true", "use_bidirectional_attention");
        refused("llama", "\"architectures\": [\"LlamaForSequenceClassification\"]", "id2label", "2");
    }

    @Test
    void aMissingSizeIsNamed() {
        Refusal.assertRefused(Kind.DATA, () -> ConfigReader.read(JsonFile.parse("config.json",
            "{\"model_type\": \"llama\", \"hidden_size\": -4}")),
            "config.json: hidden_size", "-4");
        Refusal.assertRefused(Kind.DATA, () -> ConfigReader.read(JsonFile.parse("config.json", "{\"model_type\": \"llama\"}")),
            "hidden_size", "missing");
        Refusal.assertRefused(Kind.DATA, () -> ConfigReader.read(JsonFile.parse("config.json", "{}")), "model_type", "missing");
    }

    @Test
    void aRewardModelHasOneLabel() {
        var config = read("qwen3", "\"architectures\": [\"Qwen3ForSequenceClassification\"], \"id2label\": {\"0\": \"LABEL_0\"}");
        assertEquals(Optional.of(new ModelConfig.Score(false, OptionalInt.empty())), config.score());
        assertTrue(config.isClassifier());
        var padded = read("qwen3", "\"architectures\": [\"Qwen3ForSequenceClassification\"], \"num_labels\": 1, \"pad_token_id\": 7");
        assertEquals(OptionalInt.of(7), padded.score().orElseThrow().padTokenId());
    }
}
