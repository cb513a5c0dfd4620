package dev.leeway.laws;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.ffi.DType;
import dev.leeway.io.AdapterConfig;
import dev.leeway.model.Batch;
import dev.leeway.model.ConfigReader;
import dev.leeway.model.Family;
import dev.leeway.model.Initializer;
import dev.leeway.model.TinyModel;
import dev.leeway.model.TrainingNoise;
import dev.leeway.objective.Column;
import dev.leeway.objective.SupervisedFineTuning;
import dev.leeway.objective.TokenGradients;
import dev.leeway.rollout.Completion;
import dev.leeway.rollout.Generator;
import dev.leeway.rollout.InferenceSession;
import dev.leeway.rollout.Prompt;
import dev.leeway.rollout.SamplingParameters;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan.Phase;
import dev.leeway.tensor.TestDevice;
import dev.leeway.train.AdamW;
import dev.leeway.train.Schedule;
import dev.leeway.train.TrainingSession;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A session that trains and generates does both in the same memory, by turns. Tests run with assertions, so each turn begins with that
 * memory full of NaN: what was expected to survive would show.
 */
@Tag("device")
final class PhasesTest {

    private static final int STEPS = 4;

    /** What is trained. */
    private enum Kind {
        FULL(Family.QWEN3, DType.F32, Optional.empty(), false),
        FULL_BF16(Family.LLAMA, DType.BF16, Optional.empty(), true),
        LORA(Family.LLAMA, DType.F32, Small.everywhere(), true),
        LORA_BF16(Family.GEMMA2, DType.BF16, Small.lora(4), false);

        private final Family family;
        private final DType dtype;
        private final Optional<AdapterConfig> adapter;
        private final boolean recomputes;

        Kind(Family family, DType dtype, Optional<AdapterConfig> adapter, boolean recomputes) {
            this.family = family;
            this.dtype = dtype;
            this.adapter = adapter;
            this.recomputes = recomputes;
        }

        TrainingSession.Settings settings(int lanes) {
            var settings = new TrainingSession.Settings(adapter, 16, 32, 4, AdamW.Settings.standard(), lanes).withDtype(dtype);
            return recomputes ? settings.withGradientCheckpointing() : settings;
        }

        TrainingSession open(int lanes, Device device) {
            var session = TrainingSession.open(family.config(), settings(lanes), device);
            new Initializer(1, 0.3).fillBase(session.model());
            new Initializer(2, 0.3).fillAdapter(session.model());
            return session;
        }
    }

    private static List<Completion> generate(Generator generator) {
        var prompts = List.of(Prompt.single(new int[] {5}, 0), Prompt.group(new int[] {7, 9, 11}, 1, 2),
            Prompt.single(new int[] {1, 2, 3, 4, 5, 6, 7}, 3));
        return generator.generate(prompts, new Generator.Request(SamplingParameters.temperature(0.9, 11), 6, Set.of(1_000_000))).stream()
            .flatMap(List::stream).toList();
    }

    private static List<Batch> micros() {
        return List.of(Batch.of(TinyModel.sequences(Family.VOCABULARY, 3, 9, 4)), Batch.of(TinyModel.sequences(Family.VOCABULARY, 4, 13)));
    }

    private record Run(List<Double> losses, int weights, List<List<Completion>> samples) {
    }

    private static Run train(Kind kind, int lanes) {
        var losses = new ArrayList<Double>();
        var samples = new ArrayList<List<Completion>>();
        try (var device = TestDevice.open(2); var session = kind.open(lanes, device)) {
            session.trainer(new SupervisedFineTuning(0.1, 1e-4), new Schedule(Schedule.Kind.LINEAR, 0, STEPS, 0), 1e-2,
                new TrainingNoise(3, 0)).train(Small.repeating(micros()), report -> {
                    losses.add(report.loss());
                    if (lanes > 0) {
                        samples.add(generate(session.generator()));
                    }
                });
            return new Run(losses, Small.hash(session.model()), samples);
        }
    }

    @ParameterizedTest
    @EnumSource
    void samplesBetweenStepsChangeNothing(Kind kind) {
        var alone = train(kind, 0);
        var sampling = train(kind, 2);
        assertEquals(alone.losses(), sampling.losses());
        assertEquals(alone.weights(), sampling.weights());
    }

    @ParameterizedTest
    @EnumSource
    void samplesAreThoseOfASessionThatDoesNotTrain(Kind kind) {
        try (var device = TestDevice.open(2); var session = kind.open(2, device);
                var other = InferenceSession.open(kind.family.config(), kind.adapter, new InferenceSession.Size(16, 2, 16), kind.dtype,
                    device)) {
            new Initializer(1, 0.3).fillBase(other.model());
            new Initializer(2, 0.3).fillAdapter(other.model());
            session.model().score(micros().getFirst(), Set.of(Column.LOG_PROB));
            var expected = generate(other.generator());
            for (int turn = 0; turn < 2; turn++) {
                var found = generate(session.generator());
                for (int i = 0; i < expected.size(); i++) {
                    assertArrayEquals(expected.get(i).tokens(), found.get(i).tokens());
                    assertArrayEquals(expected.get(i).logProbs(), found.get(i).logProbs());
                }
                session.model().score(micros().getLast(), Set.of(Column.LOG_PROB));
            }
        }
    }

    /** Planted: the way back of a batch that was scored before the model generated. */
    @Test
    void theWayBackIsRefusedWhereTheModelHasGeneratedInBetween() {
        try (var device = TestDevice.open(2); var session = Kind.LORA.open(2, device)) {
            var batch = micros().getFirst();
            session.model().score(batch, Set.of(Column.LOG_PROB));
            generate(session.generator());
            assertTrue(assertThrows(IllegalStateException.class, () -> session.model().backward(batch, new TokenGradients())).getMessage()
                .contains("the model has generated since it scored the batch"));
        }
    }

    /** Planted: the same, but the value model has begun the turn, whose passes lie in that memory as well. */
    @Test
    void theWayBackIsRefusedWhoeverTrainsFirstBehindAGeneration() {
        var value = new TrainingSession.Settings.ValueModel(ConfigReader.read(Family.LLAMA.rewardJson()), AdamW.Settings.standard());
        try (var device = TestDevice.open(2);
                var session = TrainingSession.open(Family.LLAMA.config(), Kind.FULL.settings(2).withValueModel(value), device)) {
            new Initializer(1, 0.3).fillBase(session.model());
            new Initializer(2, 0.3).fillBase(session.valueModel().orElseThrow());
            var batch = micros().getFirst();
            session.model().score(batch, Set.of(Column.LOG_PROB));
            session.valueModel().orElseThrow().score(batch, Set.of(Column.VALUE));
            session.model().backward(batch, new TokenGradients());
            generate(session.generator());
            session.valueModel().orElseThrow().score(batch, Set.of(Column.VALUE));
            assertTrue(assertThrows(IllegalStateException.class, () -> session.model().backward(batch, new TokenGradients())).getMessage()
                .contains("the model has generated since it scored the batch"));
            session.model().score(batch, Set.of(Column.LOG_PROB));
            session.model().backward(batch, new TokenGradients());
        }
    }

    /** Planted: a batch is scored as soon as a token is drawn, and the keys of the sequence that grows are gone. */
    @Test
    void aGenerationThatScoringHasInterruptedIsRefusedAndTheNextOneIsNot() {
        try (var device = TestDevice.open(2); var session = Kind.FULL.open(2, device)) {
            var expected = generate(session.generator());
            var request = new Generator.Request(SamplingParameters.greedy(), 4, Set.of());
            assertTrue(assertThrows(IllegalStateException.class, () -> session.generator().complete(List.of(new int[] {5, 6}), request,
                (prompt, completion, token) -> {
                    session.model().score(micros().getFirst(), Set.of(Column.LOG_PROB));
                    return Generator.Verdict.GO_ON;
                })).getMessage().contains("score before or behind a generation"));
            var found = generate(session.generator());
            for (int i = 0; i < expected.size(); i++) {
                assertArrayEquals(expected.get(i).tokens(), found.get(i).tokens());
            }
        }
    }

    /** 40 lanes of a session whose micro-batches have 32 rows. */
    @Test
    void moreSequencesGrowAtOnceThanAMicroBatchHasRows() {
        var prompts = IntStream.range(0, 40).mapToObj(i -> new int[] {i % Family.VOCABULARY, 3}).toList();
        var request = new Generator.Request(SamplingParameters.greedy(), 3, Set.of());
        try (var device = TestDevice.open(2); var session = Kind.FULL.open(40, device); var narrow = Kind.FULL.open(2, device)) {
            var found = session.generator().complete(prompts, request);
            var expected = narrow.generator().complete(prompts, request);
            for (int i = 0; i < expected.size(); i++) {
                assertArrayEquals(expected.get(i).tokens(), found.get(i).tokens());
                assertArrayEquals(expected.get(i).logProbs(), found.get(i).logProbs());
            }
        }
    }

    /** Planted: what a pass left is read behind a generation. */
    @Test
    void whatAPassLeftIsNaNOnceTheModelHasGenerated() {
        try (var device = TestDevice.open(2); var session = Kind.FULL.open(2, device)) {
            session.model().score(micros().getFirst(), Set.of(Column.LOG_PROB));
            var stream = session.model().stream(1);
            assertTrue(Float.isFinite(device.floats(stream)[0]));
            generate(session.generator());
            session.model().forward(micros().getLast());
            var behind = device.floats(stream);
            assertTrue(Float.isFinite(behind[0]));
            assertTrue(Float.isNaN(behind[behind.length - 1]), "rows that the last pass does not have");
        }
    }

    @Test
    void bothPhasesAreToldAndTheirMemoryIsTheLargerOnes() {
        try (var device = TestDevice.open(2)) {
            var config = Family.LLAMA.config();
            var both = TrainingSession.footprint(config, Kind.FULL.settings(8), device);
            var alone = TrainingSession.footprint(config, Kind.FULL.settings(0), device);
            assertEquals(0, alone.savedBytes());
            assertEquals(both.phases().values().stream().mapToLong(Long::longValue).max().orElseThrow(), both.totalBytes());
            assertEquals(alone.totalBytes(), both.phases().get(Phase.TRAINING));
            assertTrue(both.savedBytes() > 0);
            try (var session = TrainingSession.open(config, Kind.FULL.settings(8), device)) {
                assertEquals(both.totalBytes() - device.info().scratchBytes(), session.bytes());
            }
        }
    }
}
