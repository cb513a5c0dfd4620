package dev.leeway.io;

import static dev.leeway.io.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AdapterConfigTest {

    private static AdapterConfig config(String more) {
        return AdapterConfig.from(JsonFile.parse("adapter_config.json",
                "{\"peft_type\": \"LORA\", \"r\": 8, \"lora_alpha\": 16" + more + "}"));
    }

    private static boolean selects(String targets, String module) {
        return config(", \"target_modules\": " + targets).targetModules().selects(module);
    }

    @Test
    void listedTargetsAreWholeNamesOrEndings() {
        assertTrue(selects("[\"q_proj\"]", "model.layers.0.self_attn.q_proj"));
        assertTrue(selects("[\"layers.0.self_attn.q_proj\"]", "model.layers.0.self_attn.q_proj"));
        assertTrue(selects("[\"q_proj\"]", "q_proj"));
        assertFalse(selects("[\"proj\"]", "model.layers.0.self_attn.q_proj"));
        assertFalse(selects("[\"q_proj\"]", "model.layers.0.self_attn.q_proj.inner"));
        assertFalse(selects("[\"q.proj\"]", "model.q_proj"));
    }

    @Test
    void aStringTargetMatchesTheFullName() {
        assertTrue(selects("\".*\\\\.[qv]_proj\"", "model.layers.0.self_attn.v_proj"));
        assertFalse(selects("\"[qv]_proj\"", "model.layers.0.self_attn.v_proj"));
        assertFalse(selects("\".*q\"", "model.layers.0.self_attn.q_proj"));
        assertRefused(() -> config(", \"target_modules\": \"(\""), "adapter_config.json", "\"(\" is no regular expression");
    }

    @Test
    void allLinearMeansEveryLinearLayerButTheHead() {
        assertInstanceOf(ModuleSelection.AllLinear.class, config(", \"target_modules\": \"All-Linear\"").targetModules());
        assertTrue(selects("\"all-linear\"", "model.layers.3.mlp.down_proj"));
        assertFalse(selects("\"all-linear\"", "lm_head"));
        assertFalse(selects("\"all-linear\"", "score"));
    }

    @Test
    void excludedModulesAreNotSelected() {
        var targets = config(", \"target_modules\": [\"q_proj\"], \"exclude_modules\": \".*layers\\\\.0\\\\..*\"").targetModules();
        assertFalse(targets.selects("model.layers.0.self_attn.q_proj"));
        assertTrue(targets.selects("model.layers.1.self_attn.q_proj"));
    }

    @Test
    void scalingIsAlphaOverRankOrItsRoot() {
        assertEquals(2.0, LoraScale.of(8, 16).scaling("x"));
        assertEquals(8.0, LoraScale.rankStabilized(4, 16).scaling("x"));
    }

    @Test
    void patternsMatchTheEndOfTheNameAndTheFirstMatchDecides() {
        var scale = config("""
                , "target_modules": ["q_proj"],
                "rank_pattern": {"layers\\\\.[01]\\\\..*q_proj": 2, "q_proj": 4, "proj": 64, "^model.lm": 32},
                "alpha_pattern": {"self_attn.q_proj": 5}""").scale();
        assertEquals(2, scale.rank("model.layers.1.self_attn.q_proj"));
        assertEquals(4, scale.rank("model.layers.2.self_attn.q_proj"));
        assertEquals(8, scale.rank("model.layers.2.self_attn.v_proj"));
        assertEquals(32, scale.rank("model.lm"));
        assertEquals(8, scale.rank("outer.model.lm"));
        assertEquals(5 / 4.0, scale.scaling("model.layers.2.self_attn.q_proj"));
        assertEquals(2.0, scale.scaling("model.layers.2.mlp.up_proj"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"use_dora\": true", "\"bias\": \"lora_only\"", "\"fan_in_fan_out\": true", "\"layer_replication\": [[0, 4]]",
        "\"layers_to_transform\": 0", "\"layers_to_transform\": [1]", "\"layers_pattern\": \"h\"", "\"lora_bias\": true",
        "\"use_qalora\": true", "\"use_bdlora\": {\"nblocks\": 2}",
        "\"trainable_token_indices\": [5]", "\"target_parameters\": [\"experts\"]",
        "\"init_lora_weights\": \"pissa\"", "\"init_lora_weights\": \"olora\"", "\"init_lora_weights\": \"loftq\"",
        "\"megatron_config\": {\"a\": 1}", "\"alora_invocation_tokens\": [1]", "\"ensure_weight_tying\": true", "\"invented_later\": 3"})
    void optionsThatMayChangeNumbersAreRefusedByName(String option) {
        var name = option.substring(0, option.indexOf(':'));
        assertRefused(() -> config(", \"target_modules\": [\"q\"], " + option), "adapter_config.json sets " + name, "not support");
    }

    @Test
    void unsupportedOptionsAreNamedAllAtOnce() {
        assertRefused(() -> config(", \"bias\": \"all\", \"use_dora\": true"), "\"bias\": \"all\", \"use_dora\": true");
    }

    @Test
    void optionsThatAreOffOrOnlyDescribeAreAccepted() {
        var read = config("""
                , "target_modules": ["q"], "bias": "none", "use_dora": false, "layer_replication": null, "loftq_config": {"loftq_bits": 4},
                "layers_pattern": [], "trainable_token_indices": null, "peft_version": "0.19.1", "qalora_group_size": 16,
                "init_lora_weights": "gaussian", "revision": "main", "auto_mapping": {"a": "b"}, "task_type": null, "lora_dropout": 0.1""");
        assertEquals(0.1, read.loraDropout());
        assertEquals(Optional.empty(), read.taskType());
    }

    @Test
    void wrongValuesAreRefusedWithTheFile() {
        assertRefused(() -> config(", \"target_modules\": null"), "adapter_config.json: target_modules must be a list of names");
        assertRefused(() -> config(", \"target_modules\": [1]"), "adapter_config.json: target_modules[0] must be a string, found 1");
        assertRefused(() -> config(", \"target_modules\": [\"q\"], \"lora_dropout\": 1"), "adapter_config.json: lora_dropout", "below 1");
        assertRefused(() -> config(", \"target_modules\": [\"q\"], \"rank_pattern\": {\"q\": 0}"),
                "adapter_config.json: rank_pattern \"q\"");
        assertRefused(() -> AdapterConfig.from(JsonFile.parse("f", "{\"peft_type\": \"IA3\"}")),
                "f: peft_type must be \"LORA\", found \"IA3\"");
        assertRefused(() -> AdapterConfig.from(JsonFile.parse("f", "{\"peft_type\": \"LORA\", \"lora_alpha\": 1, \"target_modules\": []}")),
                "f: r is missing");
    }

    @Test
    void anyConfigurationWithChangedCharactersIsReadOrRefused() {
        var text = JsonFile.pretty(AdapterConfig.of(LoraScale.of(4, 8), ModuleSelection.names("q_proj", "v_proj")).toJson());
        var syntax = "{}[]\",:-e.019ntf ";
        var random = new Random(20260102);
        int refused = 0;
        for (int trial = 0; trial < 4000; trial++) {
            var mutated = new StringBuilder(text);
            for (int i = 0; i < 3; i++) {
                mutated.setCharAt(random.nextInt(text.length()), syntax.charAt(random.nextInt(syntax.length())));
            }
            try {
                AdapterConfig.from(JsonFile.parse("f", mutated.toString()));
            } catch (LeewayException expected) {
                refused++;
            }
        }
        assertTrue(refused > 2000, "only " + refused + " of 4000 mutations were refused: the mutations don't reach the checks");
    }

    @Test
    void everyComponentSurvivesWritingAndReading() {
        var scale = new LoraScale(3, 6.5, true, new LinkedHashMap<>(Map.of("v_proj", 5)), new LinkedHashMap<>(Map.of("k_proj", 0.25)));
        for (var targets : List.of(ModuleSelection.names("q_proj", "a"), new ModuleSelection.Regex(".*x"), new ModuleSelection.AllLinear(),
                new ModuleSelection.Except(ModuleSelection.names("q"), new ModuleSelection.Regex("a|b")))) {
            var config = new AdapterConfig(scale, targets, 0.05, List.of("score"), Optional.of("SEQ_CLS"), "org/base");
            assertEquals(config, AdapterConfig.from(new JsonObject("f", "", config.toJson())));
        }
    }

    @Test
    void writtenKeysAreSortedAndAWholeAlphaIsAnInteger() {
        var json = AdapterConfig.of(LoraScale.of(4, 8), ModuleSelection.names("q_proj")).toJson();
        assertEquals(json.propertyNames().stream().sorted().toList(), List.copyOf(json.propertyNames()));
        assertEquals("8", json.get("lora_alpha").toString());
        assertEquals("none", json.get("bias").stringValue());
    }
}
