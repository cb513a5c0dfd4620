package dev.leeway.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException.Kind;
import dev.leeway.faults.Refusal;
import dev.leeway.io.AdapterConfig;
import dev.leeway.io.AdapterDirectory;
import dev.leeway.io.JsonFile;
import dev.leeway.io.LoraScale;
import dev.leeway.io.ModuleSelection;
import dev.leeway.io.Safetensors;
import dev.leeway.io.SafetensorsWriter;
import dev.leeway.io.ShardedWriter;
import dev.leeway.io.StoredTensor;
import dev.leeway.io.StoredType;
import dev.leeway.io.TensorFiles;
import dev.leeway.objective.Column;
import dev.leeway.objective.TokenGradients;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Reward models as directories: whole ones, adapters, and those that begin as language models. */
final class RewardModelTest {

    private static final int PAD = 60;
    private static final AdapterConfig ADAPTER = new AdapterConfig(LoraScale.of(4, 8), new ModuleSelection.AllLinear(), 0, List.of("score"),
        Optional.of(AdapterConfig.SEQ_CLS), "");

    @TempDir
    private Path folder;

    private static Batch batch() {
        return Batch.of(TinyModel.sequences(PAD, 3, 9, 1, 14));
    }

    private static double[] scores(Llama model, Batch batch) {
        return model.score(batch, Set.of(Column.VALUE)).value();
    }

    private static TinyModel tiny(ModelConfig config, Optional<AdapterConfig> adapter) {
        return TinyModel.training(config, adapter, 40, 4, 2);
    }

    private static void assertSameFiles(Path some, Path others, int count) throws IOException {
        try (var files = Files.list(some)) {
            var names = files.map(file -> file.getFileName().toString()).sorted().toList();
            assertEquals(count, names.size(), names.toString());
            for (var name : names) {
                assertEquals(-1, Files.mismatch(some.resolve(name), others.resolve(name)), name);
            }
        }
    }

    /** Saves a reward model of the family; returns its scores. */
    private double[] saveRewardModel(Family family, Path target) {
        try (var tiny = tiny(ConfigReader.read(family.rewardJson()), Optional.empty())) {
            ModelDirectory.save(tiny.model(), target, family.rewardJson(), folder);
            return scores(tiny.model(), batch());
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatIsLoadedScoresTheSameAndIsSavedAsTheSameBytes(Family family) throws IOException {
        var expected = saveRewardModel(family, folder.resolve("one"));
        var directory = ModelDirectory.open(folder.resolve("one"));
        try (var tiny = tiny(directory.config(), Optional.empty())) {
            tiny.randomize(99);
            directory.loadInto(tiny.model());
            assertArrayEquals(expected, scores(tiny.model(), batch()));
            directory.save(tiny.model(), folder.resolve("two"));
        }
        assertSameFiles(folder.resolve("one"), folder.resolve("two"), 2);
    }

    @Test
    void aModelInShardsIsTheSameModel() {
        var expected = saveRewardModel(Family.QWEN2, folder.resolve("one"));
        var shards = folder.resolve("shards");
        assertTrue(shards.toFile().mkdir());
        try (var files = TensorFiles.open(folder.resolve("one"))) {
            ShardedWriter.write(shards, files.tensors(), 10_000);
        }
        JsonFile.write(shards.resolve("config.json"), JsonFile.read(folder.resolve("one/config.json")).node());
        assertTrue(Files.exists(shards.resolve(TensorFiles.INDEX)));
        var directory = ModelDirectory.open(shards);
        try (var tiny = tiny(directory.config(), Optional.empty())) {
            tiny.randomize(99);
            directory.loadInto(tiny.model());
            assertArrayEquals(expected, scores(tiny.model(), batch()));
        }
    }

    @ParameterizedTest
    @CsvSource({"LLAMA,LlamaForSequenceClassification", "LLAMA_WITH_BIASES,LlamaForSequenceClassification",
        "QWEN2,Qwen2ForSequenceClassification", "QWEN3,Qwen3ForSequenceClassification", "MISTRAL,MistralForSequenceClassification",
        "GEMMA,GemmaForSequenceClassification", "GEMMA2,Gemma2ForSequenceClassification", "GEMMA3,Gemma3TextForSequenceClassification"})
    void aLanguageModelBecomesARewardModelWithAFreshHead(Family family, String architecture) {
        try (var language = tiny(family.config(), Optional.empty())) {
            ModelDirectory.save(language.model(), folder.resolve("base"), family.json(), folder);
            var start = ModelDirectory.open(folder.resolve("base")).asRewardModel(OptionalInt.of(PAD));
            assertTrue(start.hasFreshScore());
            try (var tiny = tiny(start.config(), Optional.empty())) {
                start.loadInto(tiny.model());
                new Initializer(5, 0.02).fillScore(tiny.model());
                language.weights().forEach((name, expected) -> {
                    if (!name.equals("lm_head.weight")) {
                        assertArrayEquals(expected, tiny.weights().get(name), name);
                    }
                });
                start.save(tiny.model(), folder.resolve("saved"));
                var expected = scores(tiny.model(), batch());
                var saved = ModelDirectory.open(folder.resolve("saved"));
                assertFalse(saved.hasFreshScore());
                assertEquals(List.of(architecture), saved.json().requireStrings("architectures"));
                assertEquals(PAD, saved.json().requireInt("pad_token_id"));
                tiny.randomize(99);
                saved.loadInto(tiny.model());
                assertArrayEquals(expected, scores(tiny.model(), batch()));
            }
        }
    }

    /** The standard deviation of 32 numbers has itself one of 1/√64 of it: 4.5 of these are 0.56 of 0.02. */
    @Test
    void aFreshHeadIsNormalWithTheConfigsRangeAndTheSeedDecidesIt() {
        var json = Family.LLAMA.rewardJson();
        json.node().put("score_bias", true);
        try (var tiny = tiny(ConfigReader.read(json), Optional.empty())) {
            var before = tiny.weights();
            var drawn = new ArrayList<double[]>();
            for (long seed : new long[] {5, 5, 6}) {
                new Initializer(seed, 0.02).fillScore(tiny.model());
                drawn.add(tiny.weights().get("score.weight"));
            }
            assertArrayEquals(drawn.get(0), drawn.get(1));
            assertNotEquals(drawn.get(0)[0], drawn.get(2)[0]);
            double squares = 0;
            for (double weight : drawn.getFirst()) {
                squares += weight * weight / drawn.getFirst().length;
            }
            assertEquals(0.02, Math.sqrt(squares), 0.56 * 0.02);
            assertArrayEquals(new double[] {0}, tiny.weights().get("score.bias"));
            var after = tiny.weights();
            before.forEach((name, values) -> {
                if (!name.startsWith("score.")) {
                    assertArrayEquals(values, after.get(name), name);
                }
            });
        }
    }

    @Test
    void aRewardModelIsItsOwnStart() {
        saveRewardModel(Family.QWEN3, folder.resolve("one"));
        var directory = ModelDirectory.open(folder.resolve("one"));
        assertEquals(directory, directory.asRewardModel(OptionalInt.of(PAD)));
        assertFalse(directory.json().has("pad_token_id"));
    }

    /** Transformers reads the score at the last token that is not the padding token, padding at the end or not. */
    @Test
    void theScoreIsReadAtTheLastTokenThatIsNotPadding() {
        var padded = Family.LLAMA.rewardJson();
        padded.node().put("pad_token_id", PAD);
        var texts = List.of(new int[] {7, PAD, 8}, new int[] {7, PAD, 8, PAD, PAD}, new int[] {PAD, PAD}, new int[] {PAD});
        var batch = Batch.of(texts.stream().map(tokens -> Batch.Sequence.allTrained(tokens, 0)).toList());
        try (var tiny = tiny(ConfigReader.read(padded), Optional.empty())) {
            var found = scores(tiny.model(), batch);
            assertEquals(found[0], found[1]);
            assertEquals(found[2], found[3]);
            assertNotEquals(found[0], found[2]);
        }
    }

    @Test
    void aBiasOfTheFileIsReadTrainedAndWritten() throws IOException {
        saveRewardModel(Family.QWEN3, folder.resolve("plain"));
        var biased = folder.resolve("biased");
        assertTrue(biased.toFile().mkdir());
        JsonFile.write(biased.resolve("config.json"), JsonFile.read(folder.resolve("plain/config.json")).node());
        try (var files = TensorFiles.open(folder.resolve("plain")); var arena = Arena.ofConfined()) {
            var tensors = new ArrayList<>(files.tensors());
            tensors.add(new StoredTensor("score.bias", StoredType.F32, List.of(1L), arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1.5f)));
            SafetensorsWriter.write(biased.resolve("model.safetensors"), tensors, Map.of("format", "pt"));
        }
        var without = ModelDirectory.open(folder.resolve("plain"));
        var with = ModelDirectory.open(biased);
        assertFalse(without.config().score().orElseThrow().bias());
        try (var plain = tiny(without.config(), Optional.empty()); var tiny = tiny(with.config(), Optional.empty())) {
            without.loadInto(plain.model());
            with.loadInto(tiny.model());
            var expected = scores(plain.model(), batch());
            var found = scores(tiny.model(), batch());
            for (int s = 0; s < 3; s++) {
                assertEquals(expected[s] + 1.5, found[s], Math.ulp((float) found[s]) + Math.ulp((float) expected[s]));
            }
            tiny.model().zeroGradients();
            tiny.model().backward(batch(), new TokenGradients().with(Column.VALUE, new double[] {0.5, -2, 4}));
            assertArrayEquals(new double[] {2.5}, tiny.gradients().get("score.bias"));
            with.save(tiny.model(), folder.resolve("again"));
            assertEquals(-1, Files.mismatch(biased.resolve("model.safetensors"), folder.resolve("again/model.safetensors")));
        }
    }

    @Test
    void anAdapterHoldsTheHeadAndIsSavedAsTheSameBytes() throws IOException {
        var start = start(Family.GEMMA2);
        double[] expected;
        try (var tiny = tiny(start.config(), Optional.of(ADAPTER))) {
            start.loadInto(tiny.model());
            expected = scores(tiny.model(), batch());
            start.saveAdapter(tiny.model(), ADAPTER, folder.resolve("one"));
        }
        try (var file = Safetensors.open(folder.resolve("one").resolve(AdapterDirectory.WEIGHTS))) {
            assertTrue(file.find("base_model.model.score.weight").isPresent());
            assertEquals(2 * 2 * 7 + 1, file.tensors().size());
        }
        var written = JsonFile.read(folder.resolve("one").resolve(AdapterDirectory.CONFIG));
        assertEquals("SEQ_CLS", written.requireString("task_type"));
        assertEquals(List.of("score"), written.requireStrings("modules_to_save"));
        assertArrayEquals(expected, loadedScores(start, folder.resolve("one"), folder.resolve("two")));
        assertSameFiles(folder.resolve("one"), folder.resolve("two"), 2);
    }

    /** A language model of the family, saved, as the start of a reward model. */
    private ModelDirectory start(Family family) {
        try (var language = tiny(family.config(), Optional.empty())) {
            ModelDirectory.save(language.model(), folder.resolve("base"), family.json(), folder);
        }
        return ModelDirectory.open(folder.resolve("base")).asRewardModel(OptionalInt.of(PAD));
    }

    /** The scores of base and adapter, which is saved again. */
    private double[] loadedScores(ModelDirectory base, Path from, Path to) {
        try (var adapter = AdapterDirectory.open(from); var tiny = tiny(base.config(), Optional.of(adapter.config()))) {
            tiny.randomize(99);
            base.loadInto(tiny.model());
            ModelDirectory.loadAdapter(tiny.model(), adapter);
            base.saveAdapter(tiny.model(), adapter.config(), to);
            return scores(tiny.model(), batch());
        }
    }

    /** Before 0.5, PEFT wrote the head of a classifier and did not name it; later it names what it takes for one, twice. */
    @ParameterizedTest
    @CsvSource({"null", "'[\"score\",\"classifier\",\"score\"]'"})
    void peftsWaysToNameTheHeadAreRead(String modulesToSave) {
        var start = start(Family.LLAMA);
        double[] expected;
        try (var tiny = tiny(start.config(), Optional.of(ADAPTER))) {
            start.loadInto(tiny.model());
            expected = scores(tiny.model(), batch());
            start.saveAdapter(tiny.model(), ADAPTER, folder.resolve("one"));
        }
        var config = folder.resolve("one").resolve(AdapterDirectory.CONFIG);
        var json = JsonFile.read(config).node();
        json.set("modules_to_save", JsonFile.parse("", "{\"x\": " + modulesToSave + "}").node().get("x"));
        JsonFile.write(config, json);
        assertArrayEquals(expected, loadedScores(start, folder.resolve("one"), folder.resolve("two")));
    }

    @Test
    void aRewardModelsAdapterOnALanguageModelIsRefused() {
        Refusal.assertRefused(Kind.USAGE, () -> tiny(Family.LLAMA.config(), Optional.of(ADAPTER)), "task_type SEQ_CLS", "leeway score");
    }

    @ParameterizedTest
    @EnumSource(names = {"LLAMA", "GEMMA3"})
    void aMergedRewardModelScoresAsBaseAndAdapterDid(Family family) {
        var start = start(family);
        try (var tiny = tiny(start.config(), Optional.of(ADAPTER))) {
            start.loadInto(tiny.model());
            start.saveAdapter(tiny.model(), ADAPTER, folder.resolve("adapter"));
            try (var adapter = AdapterDirectory.open(folder.resolve("adapter"))) {
                var found = new Merge(start, adapter, tiny.device()).into(folder.resolve("merged"),
                    List.of(new int[] {1, 2, 3}, new int[] {9}));
                assertTrue(found.largestLogit() > 0.01, found.toString());
                assertTrue(found.largestDifference() <= 2 * 8e-6 * Math.max(1, found.largestLogit()), "the bound of MergeTest: " + found);
            }
        }
        assertTrue(ModelDirectory.open(folder.resolve("merged")).config().isClassifier());
    }

    /** A causal model's value of a position is the score of the sequence that ends there. */
    @ParameterizedTest
    @EnumSource
    void theValueOfAPositionIsTheScoreOfThePrefixThatEndsThere(Family family) {
        try (var tiny = TinyModel.training(ConfigReader.read(family.rewardJson()), Optional.empty(), 40, 40, 2)) {
            var whole = TinyModel.sequences(60, 3, 5, 8);
            var packed = Batch.of(whole);
            packed.mask()[packed.rows() - 1] = true;
            var values = tiny.model().score(packed, Set.of(Column.TOKEN_VALUE)).column(Column.TOKEN_VALUE).clone();
            for (int n = 0; n < packed.rows(); n++) {
                int s = n < 5 ? 0 : 1;
                var tokens = java.util.Arrays.copyOf(whole.get(s).tokens(), packed.positions()[n] + 1);
                double expected = packed.mask()[n] ? scores(tiny.model(), Batch.of(List.of(Batch.Sequence.allTrained(tokens, 0))))[0] : 0;
                assertEquals(expected, values[n], "position " + n);
            }
        }
    }

    @Test
    void gradientsByValuesOfLastPositionsAreThoseByScores() {
        try (var tiny = TinyModel.training(ConfigReader.read(Family.LLAMA.rewardJson()), Optional.empty(), 40, 40, 2)) {
            var batch = Batch.of(TinyModel.sequences(60, 3, 5, 8));
            java.util.Arrays.fill(batch.mask(), false);
            batch.mask()[4] = true;
            batch.mask()[12] = true;
            tiny.model().score(batch, Set.of(Column.VALUE));
            tiny.model().zeroGradients();
            tiny.model().backward(batch, new TokenGradients().with(Column.VALUE, new double[] {0.5, -2}));
            var expected = tiny.gradients();
            var slopes = new double[13];
            slopes[4] = 0.5;
            slopes[12] = -2;
            tiny.model().score(batch, Set.of(Column.TOKEN_VALUE));
            tiny.model().zeroGradients();
            tiny.model().backward(batch, new TokenGradients().with(Column.TOKEN_VALUE, slopes));
            expected.forEach((name, gradient) -> assertArrayEquals(gradient, tiny.gradients().get(name), name));
        }
    }

    @Test
    void moreValuesThanWerePlannedForAreRefused() {
        try (var tiny = tiny(ConfigReader.read(Family.LLAMA.rewardJson()), Optional.empty())) {
            var batch = Batch.of(TinyModel.sequences(60, 3, 5, 8));
            Refusal.assertRefused(Kind.USAGE, () -> tiny.model().score(batch, Set.of(Column.TOKEN_VALUE)), "planned for 4 values");
        }
    }
}
