package dev.leeway.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException.Kind;
import dev.leeway.faults.Refusal;
import dev.leeway.io.AdapterConfig;
import dev.leeway.io.AdapterDirectory;
import dev.leeway.io.JsonFile;
import dev.leeway.io.LoraScale;
import dev.leeway.io.ModuleSelection;
import dev.leeway.io.SafetensorsWriter;
import dev.leeway.io.StoredTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A low-rank term of embed_tokens in the files and with the meaning that PEFT gives it. */
final class EmbeddingAdapterTest {

    private static final String MODULE = "base_model.model.model.embed_tokens";
    private static final int RANK = 3;
    private static final int HIDDEN = 32;
    private static final AdapterConfig CONFIG = AdapterConfig.of(LoraScale.of(RANK, 6), ModuleSelection.names("embed_tokens"));

    @TempDir
    private Path folder;

    private static TinyModel model(Family family, AdapterConfig adapter) {
        return TinyModel.training(family.config(), Optional.of(adapter), 40, 4, 2);
    }

    private static float[] normal(int count, long seed) {
        var random = new Random(seed);
        var values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static StoredTensor tensor(String name, long rows, long columns, float[] values) {
        return StoredTensor.ofFloats(name, List.of(rows, columns), values);
    }

    /** A (R,V) and B (C,R) as PEFT writes them, with what else is in the file. */
    private Path peft(float[] a, float[] b, StoredTensor... others) {
        var tensors = new ArrayList<>(List.of(tensor(MODULE + ".lora_embedding_A", RANK, Family.VOCABULARY, a),
            tensor(MODULE + ".lora_embedding_B", HIDDEN, RANK, b)));
        tensors.addAll(List.of(others));
        var adapter = folder.resolve("peft");
        SafetensorsWriter.write(adapter.resolve(AdapterDirectory.WEIGHTS), tensors, Map.of());
        JsonFile.write(adapter.resolve(AdapterDirectory.CONFIG), CONFIG.toJson());
        return adapter;
    }

    /**
     * What the first layer receives is f (E[id] + 2 Σ B[c][r] A[r][id]), f = √32 for Gemma. Rounded are 2f, its product with A, a chain of
     * R products, the base's product and the sum: at most R + 4 roundings of any term.
     */
    @ParameterizedTest
    @EnumSource
    void theStreamIsWhatPeftComputes(Family family) {
        var a = normal(RANK * Family.VOCABULARY, 1);
        var b = normal(HIDDEN * RANK, 2);
        try (var saved = AdapterDirectory.open(peft(a, b)); var tiny = model(family, saved.config())) {
            ModelDirectory.loadAdapter(tiny.model(), saved);
            var batch = Batch.of(TinyModel.sequences(Family.VOCABULARY, 1, 40));
            tiny.model().forward(batch);
            var found = tiny.device().floats(tiny.model().stream(0));
            var table = tiny.weights().get("model.embed_tokens.weight");
            double factor = family.spec().embeddingScale;
            for (int i = 0; i < found.length; i++) {
                int token = batch.tokens()[i / HIDDEN];
                double expected = table[token * HIDDEN + i % HIDDEN];
                double terms = Math.abs(expected);
                for (int r = 0; r < RANK; r++) {
                    double term = 2.0 * b[i % HIDDEN * RANK + r] * a[r * Family.VOCABULARY + token];
                    expected += term;
                    terms += Math.abs(term);
                }
                assertEquals(factor * expected, found[i], (RANK + 4) * 0x1p-24 * factor * terms, "element " + i);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"LLAMA", "GEMMA"})
    void savingLoadingAndSavingGivesTheSameBytes(Family family) throws IOException {
        var adapter = new AdapterConfig(LoraScale.of(RANK, 6), ModuleSelection.names("embed_tokens", "lm_head", "v_proj"), 0.1, List.of(),
            Optional.empty(), "");
        JsonFile.write(folder.resolve("config.json"), family.json().node());
        var base = ModelDirectory.open(folder);
        try (var tiny = model(family, adapter)) {
            base.saveAdapter(tiny.model(), adapter, folder.resolve("first"));
            try (var saved = AdapterDirectory.open(folder.resolve("first")); var other = model(family, saved.config())) {
                assertEquals(List.of(RANK + 0L, Family.VOCABULARY + 0L), saved.pairs().get("model.embed_tokens").a().shape());
                other.randomize(9);
                ModelDirectory.loadAdapter(other.model(), saved);
                for (var parameter : tiny.model().adapterParameters()) {
                    assertArrayEquals(tiny.weights().get(parameter.name()), other.weights().get(parameter.name()), parameter.name());
                }
                base.saveAdapter(other.model(), saved.config(), folder.resolve("second"));
            }
        }
        for (var name : List.of(AdapterDirectory.WEIGHTS, AdapterDirectory.CONFIG)) {
            assertArrayEquals(Files.readAllBytes(folder.resolve("first").resolve(name)),
                Files.readAllBytes(folder.resolve("second").resolve(name)), name);
        }
    }

    /** A of (512, 4100) is saved whole and loaded in three pieces. */
    @Test
    void aLargeFactorIsLoadedPieceByPiece() {
        JsonFile.write(folder.resolve("config.json"), Family.LLAMA.json().node().deepCopy().put("vocab_size", 4100));
        var base = ModelDirectory.open(folder);
        var adapter = AdapterConfig.of(LoraScale.of(512, 6), ModuleSelection.names("embed_tokens"));
        try (var tiny = TinyModel.training(base.config(), Optional.of(adapter), 8, 1, 2);
                var other = TinyModel.training(base.config(), Optional.of(adapter), 8, 1, 2)) {
            base.saveAdapter(tiny.model(), adapter, folder.resolve("adapter"));
            other.randomize(9);
            try (var saved = AdapterDirectory.open(folder.resolve("adapter"))) {
                ModelDirectory.loadAdapter(other.model(), saved);
            }
            var name = MODULE + ".lora_embedding_A";
            assertArrayEquals(tiny.weights().get(name), other.weights().get(name));
        }
    }

    /** PEFT writes the table below the factors as well, and reads it back over that of the base. */
    @ParameterizedTest
    @EnumSource(names = {"LLAMA", "GEMMA"})
    void theCopyOfTheTableInPeftsFileTakesItsPlace(Family family) {
        var copy = normal(Family.VOCABULARY * HIDDEN, 3);
        var path = peft(new float[RANK * Family.VOCABULARY], new float[HIDDEN * RANK],
            tensor(MODULE + ".base_layer.weight", Family.VOCABULARY, HIDDEN, copy));
        try (var saved = AdapterDirectory.open(path); var tiny = model(family, saved.config())) {
            ModelDirectory.loadAdapter(tiny.model(), saved);
            var table = tiny.weights().get("model.embed_tokens.weight");
            for (int i = 0; i < copy.length; i++) {
                assertEquals(copy[i], table[i]);
            }
        }
    }

    @Test
    void whatDoesNotBelongIntoTheFileIsRefused() {
        var a = new float[RANK * Family.VOCABULARY];
        var b = new float[HIDDEN * RANK];
        var stray = tensor("base_model.model.lm_head.base_layer.weight", 1, 1, new float[1]);
        Refusal.assertRefused(Kind.DATA, () -> AdapterDirectory.open(peft(a, b, stray)), "lm_head", "no factors");
        var twice = List.of(tensor(MODULE + ".lora_A.weight", RANK, 1, new float[RANK]),
            tensor(MODULE + ".lora_B.weight", 1, RANK, new float[RANK]));
        Refusal.assertRefused(Kind.DATA, () -> AdapterDirectory.open(peft(a, b, twice.get(0), twice.get(1))), "embed_tokens", "linear");
        var resized = tensor(MODULE + ".base_layer.weight", 2, HIDDEN, new float[2 * HIDDEN]);
        try (var saved = AdapterDirectory.open(peft(a, b, resized)); var tiny = model(Family.LLAMA, saved.config())) {
            Refusal.assertRefused(Kind.DATA, () -> ModelDirectory.loadAdapter(tiny.model(), saved), "embed_tokens", "[2, 32]", "[61, 32]");
        }
    }

    @Test
    void allLinearLeavesTheEmbeddingsAlone() {
        try (var tiny = model(Family.LLAMA, AdapterConfig.of(LoraScale.of(RANK, 6), new ModuleSelection.AllLinear()))) {
            assertTrue(tiny.model().adapterParameters().stream().noneMatch(parameter -> parameter.name().contains("embed_tokens")));
        }
    }

    /** As PEFT has it, modules_to_save goes before target_modules. */
    @Test
    void aModuleThatIsTrainedAsAWholeGetsNoTermBesides() {
        var both = new AdapterConfig(LoraScale.of(RANK, 6), ModuleSelection.names("embed_tokens", "lm_head", "q_proj"), 0,
            List.of("embed_tokens", "lm_head"), Optional.empty(), "");
        try (var tiny = model(Family.LLAMA, both)) {
            var names = tiny.model().adapterParameters().stream().map(Parameter::name).filter(name -> !name.contains("q_proj")).toList();
            assertEquals(List.of("model.embed_tokens.weight", "lm_head.weight"), names);
        }
    }

    @Test
    void itStartsAsNothingWithANormalB() {
        try (var tiny = model(Family.LLAMA, CONFIG)) {
            new Initializer(4, 0.02).fillAdapter(tiny.model());
            var weights = tiny.weights();
            assertArrayEquals(new double[Family.VOCABULARY * RANK], weights.get(MODULE + ".lora_embedding_A"));
            var b = weights.get(MODULE + ".lora_embedding_B");
            double squares = Arrays.stream(b).map(value -> value * value).sum();
            assertEquals(1, Math.sqrt(squares / b.length), 5 / Math.sqrt(b.length), "of n values, but for one case in a million");
        }
    }

    @Test
    void decodingHasTheTermAndTheModelWithoutTheAdapterHasNot() {
        try (var tiny = TinyModel.inference(Family.GEMMA.config(), Optional.of(CONFIG), 8, 1)) {
            int[] chunk = {3, 1, 4};
            var adapted = tiny.advance(0, chunk);
            tiny.decoding().clear(0);
            var base = tiny.model().withoutAdapter(() -> tiny.advance(0, chunk));
            assertFalse(Arrays.equals(base, adapted));
            var packed = tiny.logits(Batch.of(List.of(Batch.Sequence.allTrained(new int[] {3, 1, 4}, 0))));
            assertArrayEquals(packed[2], adapted);
        }
    }
}
