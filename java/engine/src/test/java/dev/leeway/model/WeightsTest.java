package dev.leeway.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.leeway.LeewayException.Kind;
import dev.leeway.faults.Refusal;
import dev.leeway.io.AdapterConfig;
import dev.leeway.io.AdapterDirectory;
import dev.leeway.io.JsonFile;
import dev.leeway.io.LoraScale;
import dev.leeway.io.ModuleSelection;
import dev.leeway.io.StoredTensor;
import dev.leeway.io.StoredType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class WeightsTest {

    private static final AdapterConfig ADAPTER = AdapterConfig.of(LoraScale.of(4, 8), ModuleSelection.names("q_proj", "down_proj"));

    @TempDir
    private Path folder;

    private static TinyModel model(Family family, Optional<AdapterConfig> adapter) {
        return TinyModel.inference(family.config(), adapter, 16, 2);
    }

    private static Map<String, StoredTensor> export(TinyModel tiny, Arena arena) {
        var tensors = new LinkedHashMap<String, StoredTensor>();
        Weights.export(tiny.device(), tiny.model().parameters(), arena).forEach(tensor -> tensors.put(tensor.name(), tensor));
        return tensors;
    }

    private static Map<String, byte[]> contents(Path directory) throws IOException {
        var contents = new TreeMap<String, byte[]>();
        try (var files = Files.list(directory)) {
            for (var file : files.toList()) {
                contents.put(file.getFileName().toString(), Files.readAllBytes(file));
            }
        }
        return contents;
    }

    private static void assertSameFiles(Path first, Path second) throws IOException {
        var before = contents(first);
        var after = contents(second);
        assertEquals(before.keySet(), after.keySet());
        before.forEach((name, bytes) -> assertArrayEquals(bytes, after.get(name), name));
    }

    @ParameterizedTest
    @EnumSource
    void savingLoadingAndSavingGivesTheSameBytes(Family family) throws IOException {
        var first = Files.createDirectories(folder.resolve("first"));
        Files.writeString(folder.resolve("tokenizer.json"), "{}");
        try (var tiny = model(family, Optional.empty())) {
            ModelDirectory.save(tiny.model(), first, family.json(), folder);
        }
        var second = folder.resolve("second");
        try (var tiny = model(family, Optional.empty())) {
            tiny.randomize(99);
            var directory = ModelDirectory.open(first);
            assertEquals(family.config(), directory.config());
            directory.loadInto(tiny.model());
            directory.save(tiny.model(), second);
        }
        assertSameFiles(first, second);
        assertEquals(List.of("config.json", "model.safetensors", "tokenizer.json"), List.copyOf(contents(second).keySet()));
    }

    @Test
    void savingAnAdapterLoadingAndSavingItGivesTheSameBytes() throws IOException {
        var base = folder.resolve("base");
        var first = folder.resolve("first");
        var second = folder.resolve("second");
        try (var tiny = model(Family.LLAMA, Optional.of(ADAPTER))) {
            ModelDirectory.save(tiny.model(), base, Family.LLAMA.json(), folder);
            ModelDirectory.open(base).saveAdapter(tiny.model(), ADAPTER, first);
        }
        try (var saved = AdapterDirectory.open(first); var tiny = model(Family.LLAMA, Optional.of(saved.config()))) {
            tiny.randomize(99);
            ModelDirectory.loadAdapter(tiny.model(), saved);
            ModelDirectory.open(base).saveAdapter(tiny.model(), saved.config(), second);
        }
        assertSameFiles(first, second);
    }

    @Test
    void anAdapterOfAnotherModelIsRefused() {
        var path = folder.resolve("adapter");
        var base = folder.resolve("base");
        try (var tiny = model(Family.LLAMA, Optional.of(ADAPTER))) {
            ModelDirectory.save(tiny.model(), base, Family.LLAMA.json(), folder);
            ModelDirectory.open(base).saveAdapter(tiny.model(), ADAPTER, path);
        }
        try (var saved = AdapterDirectory.open(path)) {
            try (var wider = model(Family.QWEN3, Optional.of(ADAPTER))) {
                Refusal.assertRefused(Kind.DATA, () -> ModelDirectory.loadAdapter(wider.model(), saved), path.toString(), "q_proj",
                    "[32, 4]", "[64, 4]");
            }
            var fewer = AdapterConfig.of(LoraScale.of(4, 8), ModuleSelection.names("down_proj"));
            try (var other = model(Family.LLAMA, Optional.of(fewer))) {
                Refusal.assertRefused(Kind.DATA, () -> ModelDirectory.loadAdapter(other.model(), saved), "q_proj", "no place for",
                    "another model");
            }
            var more = AdapterConfig.of(LoraScale.of(4, 8), new ModuleSelection.AllLinear());
            try (var other = model(Family.LLAMA, Optional.of(more))) {
                Refusal.assertRefused(Kind.DATA, () -> ModelDirectory.loadAdapter(other.model(), saved), "has no", "lora_A");
            }
        }
    }

    @Test
    void anAdapterThatNamesNoLayerOfTheModelIsRefused() {
        var adapter = AdapterConfig.of(LoraScale.of(4, 8), ModuleSelection.names("query_key_value"));
        Refusal.assertRefused(Kind.USAGE, () -> model(Family.LLAMA, Optional.of(adapter)), "query_key_value", "q_proj");
    }

    @Test
    void aMissingTensorIsNamed() {
        try (var arena = Arena.ofConfined(); var tiny = model(Family.LLAMA, Optional.empty())) {
            var tensors = export(tiny, arena);
            tensors.remove("model.layers.1.mlp.up_proj.weight");
            Refusal.assertRefused(Kind.DATA, () -> Weights.loadBase(tiny.model(), tensors, "dir"), "dir",
                "no model.layers.1.mlp.up_proj.weight");
        }
    }

    @Test
    void aWrongShapeIsShownBesideTheExpectedOne() {
        try (var arena = Arena.ofConfined(); var tiny = model(Family.LLAMA, Optional.empty())) {
            var tensors = export(tiny, arena);
            tensors.put("model.norm.weight", StoredTensor.ofFloats("model.norm.weight", List.of(3L), 1, 2, 3));
            Refusal.assertRefused(Kind.DATA, () -> Weights.loadBase(tiny.model(), tensors, "dir"), "model.norm.weight", "[3]", "[32]");
        }
    }

    @Test
    void aStoredNanIsNamedBeforeAnythingIsComputed() {
        try (var arena = Arena.ofConfined(); var tiny = model(Family.LLAMA, Optional.empty())) {
            var tensors = export(tiny, arena);
            var values = new float[32];
            values[5] = Float.NaN;
            values[31] = Float.NEGATIVE_INFINITY;
            tensors.put("model.norm.weight", StoredTensor.ofFloats("model.norm.weight", List.of(32L), values));
            Refusal.assertRefused(Kind.NUMERICS, () -> Weights.loadBase(tiny.model(), tensors, "dir"),
                "dir: model.norm.weight has 2 elements");
        }
    }

    @Test
    void aTensorOfIntegersIsNoWeight() {
        try (var arena = Arena.ofConfined(); var tiny = model(Family.LLAMA, Optional.empty())) {
            var tensors = export(tiny, arena);
            tensors.put("model.norm.weight", new StoredTensor("model.norm.weight", StoredType.I32, List.of(32L), arena.allocate(128, 64)));
            Refusal.assertRefused(Kind.DATA, () -> Weights.loadBase(tiny.model(), tensors, "dir"), "model.norm.weight", "I32");
        }
    }

    @Test
    void aTensorThatTheConfigHasNoPlaceForIsRefused() {
        try (var arena = Arena.ofConfined(); var tiny = model(Family.LLAMA, Optional.empty())) {
            var tensors = export(tiny, arena);
            var name = "model.layers.2.mlp.up_proj.weight";
            tensors.put(name, StoredTensor.ofFloats(name, List.of(1L), 1));
            Refusal.assertRefused(Kind.DATA, () -> Weights.loadBase(tiny.model(), tensors, "dir"), name, "llama, 2 layers");
        }
    }

    @Test
    void aStoredHeadThatIsTiedAndRotaryBuffersAreIgnored() {
        try (var arena = Arena.ofConfined(); var tiny = model(Family.GEMMA, Optional.empty())) {
            var tensors = export(tiny, arena);
            tensors.put("lm_head.weight", tensors.get("model.embed_tokens.weight").renamed("lm_head.weight"));
            var buffer = "model.layers.0.self_attn.rotary_emb.inv_freq";
            tensors.put(buffer, StoredTensor.ofFloats(buffer, List.of(1L), 1));
            Weights.loadBase(tiny.model(), tensors, "dir");
        }
    }

    @Test
    void aDirectoryWithoutConfigIsRefused() {
        Refusal.assertRefused(Kind.DATA, () -> ModelDirectory.open(folder), folder.toString(), "config.json");
        Refusal.assertRefused(Kind.DATA, () -> ModelDirectory.open(folder.resolve("nothing")), "nothing", "no directory");
    }

    @Test
    void startingWeightsAreAFunctionOfSeedAndName() {
        try (var tiny = model(Family.GEMMA2, Optional.of(ADAPTER)); var other = model(Family.GEMMA2, Optional.of(ADAPTER))) {
            fill(tiny, 5);
            fill(other, 5);
            var weights = tiny.weights();
            other.weights().forEach((name, values) -> assertArrayEquals(weights.get(name), values, name));
            assertArrayEquals(new double[32], weights.get("model.layers.0.input_layernorm.weight"),
                "the identity, stored as its difference from one");
            assertArrayEquals(new double[32 * 4], weights.get("base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight"));
            requireSpread(weights.get("model.embed_tokens.weight"), 0.02);
            requireSpread(weights.get("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"), 1 / Math.sqrt(32) / Math.sqrt(3));
        }
    }

    private static void fill(TinyModel tiny, long seed) {
        var start = new Initializer(seed, 0.02);
        start.fillBase(tiny.model());
        start.fillAdapter(tiny.model());
    }

    /** The root mean square of n independent values is within 5/√n of its expectation, relative, but for one case in a million. */
    private static void requireSpread(double[] values, double expected) {
        double squares = 0;
        for (double value : values) {
            squares += value * value;
        }
        assertEquals(1, Math.sqrt(squares / values.length) / expected, 5 / Math.sqrt(values.length));
    }

    @Test
    void aConfigIsWrittenAsItWasReadButForTheTypeOfTheWeights() {
        var json = Family.QWEN2.json();
        json.node().put("torch_dtype", "bfloat16");
        json.node().put("unknown_to_us", 3);
        try (var tiny = model(Family.QWEN2, Optional.empty())) {
            ModelDirectory.save(tiny.model(), folder.resolve("out"), json, folder);
        }
        var written = JsonFile.read(folder.resolve("out/config.json"));
        assertEquals("float32", written.requireString("torch_dtype"));
        assertEquals(3, written.requireInt("unknown_to_us"));
    }
}
