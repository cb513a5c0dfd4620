package dev.leeway.laws;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException.Kind;
import dev.leeway.faults.Refusal;
import dev.leeway.ffi.DType;
import dev.leeway.io.AdapterConfig;
import dev.leeway.io.LoraScale;
import dev.leeway.io.ModuleSelection;
import dev.leeway.model.Batch;
import dev.leeway.model.Family;
import dev.leeway.model.ModelConfig;
import dev.leeway.model.TinyModel;
import dev.leeway.model.TrainingNoise;
import dev.leeway.objective.BradleyTerry;
import dev.leeway.objective.DirectPreference;
import dev.leeway.objective.Objective;
import dev.leeway.objective.PairLoss;
import dev.leeway.objective.SupervisedFineTuning;
import dev.leeway.objective.TokenScores;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan;
import dev.leeway.tensor.TestDevice;
import dev.leeway.train.AdamW;
import dev.leeway.train.Method;
import dev.leeway.train.Reference;
import dev.leeway.train.ReferenceCache;
import dev.leeway.train.ReferenceLogProbs;
import dev.leeway.train.Schedule;
import dev.leeway.train.TrainingSession;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Where the reference's log-probs come from changes no bit of a run: the model with its adapter off, a second model, or numbers that were
 * computed before training and kept in a file.
 */
final class ReferenceTest {

    private static final int ROWS = 120;
    private static final int STEPS = 4;
    private static final double TEMPERATURE = 0.7;

    @TempDir
    private Path folder;

    private final List<String> notes = new ArrayList<>();

    private static List<Batch> micros() {
        return List.of(Batch.of(TinyModel.pairs(Family.VOCABULARY, 1, 0, 20, 9, 5, 30)), Batch.of(TinyModel.pairs(Family.VOCABULARY, 2, 2,
            17, 40)));
    }

    /** Dropout is on, so that a reference that dropped would show. */
    private static Optional<AdapterConfig> adapter() {
        var plain = AdapterConfig.of(LoraScale.of(4, 8), new ModuleSelection.Regex(".*_proj|lm_head|.*embed_tokens"));
        return Optional.of(new AdapterConfig(plain.scale(), plain.targetModules(), 0.2, List.of(), plain.taskType(), ""));
    }

    /** A session with a reference model that holds the base's weights; the adapter is far from zero. */
    private static TrainingSession open(Family family, Optional<AdapterConfig> adapter, DType dtype, Device device) {
        var settings = new TrainingSession.Settings(adapter, 64, ROWS, 8, AdamW.Settings.standard(), 0).withDtype(dtype)
            .withReferenceModel();
        var session = TrainingSession.open(family.config(), settings, device);
        TinyModel.randomize(session.model(), 5);
        TinyModel.randomize(session.referenceModel(), 5);
        return session;
    }

    private static List<Reference> references(TrainingSession session, List<Batch> batches) {
        var off = Reference.adapterOff(session.model());
        return List.of(off, Reference.frozen(session.referenceModel()), ReferenceLogProbs.compute(off, TEMPERATURE, batches),
            ReferenceLogProbs.compute(Reference.frozen(session.referenceModel()), TEMPERATURE, batches));
    }

    @ParameterizedTest
    @EnumSource
    void everySourceGivesTheSameBits(Family family) {
        for (var dtype : List.of(DType.F32, DType.BF16)) {
            try (var device = TestDevice.open(2); var session = open(family, adapter(), dtype, device)) {
                var first = references(session, micros()).getFirst();
                first.setTemperature(TEMPERATURE);
                for (var batch : micros()) {
                    var expected = Arrays.copyOf(first.score(batch, new TokenScores()).logProb(), batch.rows());
                    var policy = session.model().score(batch, new SupervisedFineTuning().needs()).logProb();
                    assertTrue(!Arrays.equals(expected, policy), "the adapter moves the log-probs");
                    for (var other : references(session, micros())) {
                        other.setTemperature(TEMPERATURE);
                        var found = other.score(batch, new TokenScores()).logProb();
                        assertArrayEquals(expected, Arrays.copyOf(found, batch.rows()), other.getClass().getSimpleName());
                    }
                }
            }
        }
    }

    private static Objective dpo() {
        return new DirectPreference(PairLoss.SIGMOID, DirectPreference.Settings.of(0.1));
    }

    private record Run(List<Double> losses, int weights) {
    }

    private static Run train(TrainingSession session, Reference reference) {
        var losses = new ArrayList<Double>();
        session.trainer(Method.of(dpo()).withReference(reference).withTemperature(TEMPERATURE),
            new Schedule(Schedule.Kind.CONSTANT, 0, STEPS, 0), 1e-2, new TrainingNoise(3, 0, 5))
            .train(Small.repeating(micros()), report -> losses.add(report.loss()));
        return new Run(losses, Small.hash(session.model()));
    }

    /** A reference that ran behind the policy would leave its own activations for the way back. */
    @Test
    void aRunWithAnyReferenceEndsInTheSameBits() {
        var runs = new ArrayList<Run>();
        for (int i = 0; i < 4; i++) {
            try (var device = TestDevice.open(2); var session = open(Family.LLAMA, adapter(), DType.F32, device)) {
                runs.add(train(session, references(session, micros()).get(i)));
            }
        }
        runs.forEach(run -> assertEquals(runs.getFirst(), run));
        assertTrue(runs.getFirst().losses().getLast() < runs.getFirst().losses().getFirst());
    }

    /** What is computed again on the way back must be the policy's, though the reference used the same activations in between. */
    @Test
    void aRunThatComputesItsActivationsAgainEndsInTheSameBits() {
        var runs = new ArrayList<Run>();
        for (boolean recomputes : new boolean[] {false, true}) {
            var kept = new TrainingSession.Settings(adapter(), 64, ROWS, 8, AdamW.Settings.standard(), 0);
            try (var device = TestDevice.open(2); var session = TrainingSession.open(Family.QWEN3.config(),
                recomputes ? kept.withGradientCheckpointing() : kept, device)) {
                TinyModel.randomize(session.model(), 5);
                runs.add(train(session, Reference.adapterOff(session.model())));
            }
        }
        assertEquals(runs.getFirst(), runs.getLast());
    }

    @Test
    void aReferenceThatIsNoNumberIsNamedBeforeAnythingMoves() {
        try (var device = TestDevice.open(1); var session = open(Family.LLAMA, adapter(), DType.F32, device)) {
            var norm = session.referenceModel().parameters().stream().filter(one -> one.name().equals("model.norm.weight")).findFirst()
                .orElseThrow();
            var values = device.floats(norm.value());
            values[3] = Float.NaN;
            device.upload(values, norm.value());
            int before = Small.hash(session.model());
            Refusal.assertRefused(Kind.NUMERICS, () -> train(session, Reference.frozen(session.referenceModel())), "step 1",
                "a log-prob of the reference is not finite (micro-batch 1, row 1, row 2)", "weights unchanged");
            assertEquals(before, Small.hash(session.model()));
        }
    }

    @Test
    void aFullFineTuningNeedsNoSecondModelWhenItsReferenceIsComputedBefore() {
        try (var device = TestDevice.open(2); var session = open(Family.QWEN3, Optional.empty(), DType.F32, device);
            var again = open(Family.QWEN3, Optional.empty(), DType.F32, device)) {
            var second = train(session, Reference.frozen(session.referenceModel()));
            var before = train(again, ReferenceLogProbs.compute(Reference.frozen(again.model()), TEMPERATURE, micros()));
            assertEquals(second, before);
        }
    }

    private ReferenceLogProbs cached(TrainingSession session, double temperature, List<Batch> batches) {
        return new ReferenceCache(folder.resolve("reference.safetensors"), notes::add)
            .get(Reference.adapterOff(session.model()), temperature, batches);
    }

    private static void requireSame(Reference expected, Reference found) {
        for (var batch : micros()) {
            assertArrayEquals(Arrays.copyOf(expected.score(batch, new TokenScores()).logProb(), batch.rows()),
                Arrays.copyOf(found.score(batch, new TokenScores()).logProb(), batch.rows()));
        }
    }

    /** What the adapter became in the meantime is no part of the reference, so the file of a run that goes on fits. */
    @Test
    void aFileOfLogProbsIsUsedAgainByTheRunThatGoesOn() throws IOException {
        try (var device = TestDevice.open(2); var session = open(Family.LLAMA, adapter(), DType.F32, device)) {
            var computed = cached(session, TEMPERATURE, micros());
            assertEquals(6, computed.sequences());
            var written = Files.getLastModifiedTime(folder.resolve("reference.safetensors"));
            train(session, computed);
            requireSame(computed, cached(session, TEMPERATURE, micros()));
            assertEquals(List.of(), notes);
            assertEquals(written, Files.getLastModifiedTime(folder.resolve("reference.safetensors")));
        }
    }

    @Test
    void aFileThatIsTornOrBelongsToAnotherRunIsReplacedWithASentence() throws IOException {
        try (var device = TestDevice.open(2); var session = open(Family.LLAMA, adapter(), DType.F32, device)) {
            var file = folder.resolve("reference.safetensors");
            var computed = cached(session, TEMPERATURE, micros());
            var bytes = Files.readAllBytes(file);
            for (int where : new int[] {bytes.length - 3, bytes.length / 2, 40}) {
                var flipped = bytes.clone();
                flipped[where] ^= 4;
                Files.write(file, flipped);
                requireSame(computed, cached(session, TEMPERATURE, micros()));
                assertArrayEquals(bytes, Files.readAllBytes(file), "the file is whole again");
            }
            Files.write(file, Arrays.copyOf(bytes, bytes.length - 8));
            cached(session, TEMPERATURE, micros());
            assertEquals(4, notes.size());
            notes.forEach(note -> assertTrue(note.startsWith(file + " is not used: ") && note.endsWith("computed again"), note));
            notes.clear();
            cached(session, 1, micros());
            cached(session, 1, micros().subList(0, 1));
            TinyModel.randomize(session.model(), 6);
            cached(session, 1, micros().subList(0, 1));
            assertTrue(notes.get(0).contains("another temperature") && notes.get(1).contains("for other rows")
                && notes.get(2).contains("another model"), notes.toString());
            assertEquals(3, notes.size());
        }
    }

    /** The weights are the same; a wider window gives them other log-probs. */
    @Test
    void aFileOfAnotherConfigurationIsReplacedWithASentence() {
        var c = Family.LLAMA.config();
        var windowed = c.layers().stream().map(layer -> new ModelConfig.LayerConfig(layer.window() + 7, layer.rope())).toList();
        var other = new ModelConfig(c.modelType(), c.vocabSize(), c.hiddenSize(), c.intermediateSize(), c.maxPositionEmbeddings(),
            c.tieWordEmbeddings(), c.embeddingScale(), c.finalLogitSoftcapping(), c.activation(), c.mlpBias(), c.norm(), c.attention(),
            windowed, c.score());
        for (var config : List.of(c, other)) {
            var settings = new TrainingSession.Settings(adapter(), 64, ROWS, 8, AdamW.Settings.standard(), 0);
            try (var device = TestDevice.open(2); var session = TrainingSession.open(config, settings, device)) {
                TinyModel.randomize(session.model(), 5);
                requireSame(ReferenceLogProbs.compute(Reference.adapterOff(session.model()), TEMPERATURE, micros()),
                    cached(session, TEMPERATURE, micros()));
            }
        }
        assertEquals(1, notes.size(), notes.toString());
        assertTrue(notes.getFirst().contains("another configuration"), notes.toString());
    }

    @Test
    void aRowThatWasNotComputedBeforeIsRefusedByItsName() {
        try (var device = TestDevice.open(1); var session = open(Family.LLAMA, adapter(), DType.F32, device)) {
            var some = ReferenceLogProbs.compute(Reference.adapterOff(session.model()), 1, micros().subList(0, 1));
            Refusal.assertRefused(Kind.DATA, () -> some.score(micros().get(1), new TokenScores()), "row 3 as it is now (17 tokens)");
            Refusal.assertRefused(Kind.USAGE, () -> train(session, some), "computed at temperature 1.0", "trained at 0.7");
        }
    }

    @Test
    void aRunWithoutAReferenceThatStaysIsRefusedBeforeItBegins() {
        try (var device = TestDevice.open(1); var session = open(Family.LLAMA, Optional.empty(), DType.F32, device)) {
            var schedule = new Schedule(Schedule.Kind.CONSTANT, 0, 1, 0);
            Refusal.assertRefused(Kind.USAGE, () -> session.trainer(dpo(), schedule, 1e-3), "DirectPreference compares the policy",
                "pre-compute");
            Refusal.assertRefused(Kind.USAGE, () -> train(session, Reference.frozen(session.model())), "the policy itself can't be");
            Refusal.assertRefused(Kind.USAGE, () -> Reference.adapterOff(session.model()), "adapter switched off, and it has none");
            Refusal.assertRefused(Kind.USAGE, () -> session.trainer(new BradleyTerry(0), schedule, 1e-3), "BradleyTerry reads [VALUE]",
                "gives probabilities and no value");
        }
    }

    /** The second model adds its weights, and little else, to a plan; nothing of it counts as anything but the reference. */
    @Test
    void thePlanCountsTheSecondModelUnderItsOwnPurpose() {
        try (var device = TestDevice.open(1)) {
            var settings = new TrainingSession.Settings(Optional.empty(), 64, ROWS, 8, AdamW.Settings.standard(), 0);
            var without = TrainingSession.footprint(Small.CONFIG, settings, device).bytes();
            var with = new TreeMap<>(TrainingSession.footprint(Small.CONFIG, settings.withReferenceModel(), device).bytes());
            long reference = with.remove(MemoryPlan.Purpose.REFERENCE);
            assertEquals(without, with);
            long weights = without.get(MemoryPlan.Purpose.WEIGHTS);
            assertTrue(reference > weights && reference < weights + without.get(MemoryPlan.Purpose.ACTIVATIONS), reference + " B");
        }
    }
}
