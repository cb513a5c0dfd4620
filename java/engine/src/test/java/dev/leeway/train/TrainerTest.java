package dev.leeway.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException.Kind;
import dev.leeway.faults.Refusal;
import dev.leeway.io.AdapterConfig;
import dev.leeway.io.LoraScale;
import dev.leeway.io.ModuleSelection;
import dev.leeway.model.Batch;
import dev.leeway.model.Family;
import dev.leeway.model.Parameter;
import dev.leeway.model.TinyModel;
import dev.leeway.objective.Column;
import dev.leeway.objective.Normalisers;
import dev.leeway.objective.Objective;
import dev.leeway.objective.Scope;
import dev.leeway.objective.Scored;
import dev.leeway.objective.SupervisedFineTuning;
import dev.leeway.objective.TokenGradients;
import dev.leeway.objective.Weighed;
import dev.leeway.tensor.Device;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class TrainerTest {

    private final Device device = Device.open("cpu", 2);
    private final TrainingSession session = open(Optional.empty());
    private final List<Batch> batches = List.of(Batch.of(TinyModel.sequences(Family.VOCABULARY, 1, 20, 9)),
        Batch.of(TinyModel.sequences(Family.VOCABULARY, 2, 15)));

    private TrainingSession open(Optional<AdapterConfig> adapter) {
        var opened = TrainingSession.open(Family.LLAMA.config(),
            new TrainingSession.Settings(adapter, 64, 64, 4, AdamW.Settings.standard(), 0), device);
        TinyModel.randomize(opened.model(), 5);
        return opened;
    }

    @AfterEach
    void close() {
        session.close();
        device.close();
    }

    private record Steps(List<Batch> micros) implements BatchSource {
        @Override
        public List<Batch> step(int step) {
            return micros;
        }

        @Override
        public double epochs(int steps) {
            return steps / 2.0;
        }
    }

    private static Schedule constant(int steps) {
        return new Schedule(Schedule.Kind.CONSTANT, 0, steps, 0);
    }

    private int hash() {
        return session.model().parameters().stream().mapToInt(parameter -> Arrays.hashCode(device.floats(parameter.value())))
            .reduce(1, (hash, next) -> 31 * hash + next);
    }

    private Parameter named(String name) {
        return session.model().parameters().stream().filter(parameter -> parameter.name().equals(name)).findFirst().orElseThrow();
    }

    private List<StepReport> train(Objective objective, Schedule schedule, List<Batch> micros) {
        var reports = new ArrayList<StepReport>();
        session.trainer(objective, schedule, 1e-2).train(new Steps(micros), reports::add);
        return reports;
    }

    @Test
    void trainingOnTheSameRowsLowersTheirLoss() {
        var reports = train(new SupervisedFineTuning(), new Schedule(Schedule.Kind.LINEAR, 2, 30, 0), batches);
        assertEquals(30, reports.size());
        assertTrue(reports.getLast().loss() < 0.2 * reports.getFirst().loss(),
            () -> reports.getFirst().loss() + " -> " + reports.getLast().loss());
        var third = reports.get(2);
        assertEquals(3, third.step());
        assertEquals(1.5, third.epoch());
        assertEquals(44, third.tokens());
        assertEquals(batches.stream().mapToLong(batch -> batch.trainedRows().length).sum(), third.trainedTokens());
        assertEquals(0, reports.getFirst().learningRate());
        assertEquals(1e-2, third.learningRate());
        assertEquals(reports.getFirst().loss(), reports.get(1).loss(), "the first step of a warm-up moves nothing");
    }

    @Test
    void theLossOfAStepIsWhatEvaluationSays() {
        var trainer = session.trainer(new SupervisedFineTuning(), constant(1), 1e-2);
        double before = trainer.evaluate(batches).loss();
        int hash = hash();
        assertEquals(before, trainer.evaluate(batches).loss());
        assertEquals(hash, hash());
        assertEquals(before, train(new SupervisedFineTuning(), constant(1), batches).getFirst().loss());
    }

    @Test
    void anAdapterIsTrainedAndTheBaseStays() {
        try (var adapted = open(Optional.of(AdapterConfig.of(LoraScale.of(4, 8), ModuleSelection.names("q_proj", "up_proj"))))) {
            var base = adapted.model().parameters().stream().filter(parameter -> !parameter.isAdapter()).toList();
            var before = base.stream().map(parameter -> device.floats(parameter.value())).toList();
            var reports = new ArrayList<StepReport>();
            adapted.trainer(new SupervisedFineTuning(), constant(30), 1e-2).train(new Steps(batches), reports::add);
            assertTrue(reports.getLast().loss() < 0.8 * reports.getFirst().loss());
            for (int i = 0; i < base.size(); i++) {
                assertArrayEquals(before.get(i), device.floats(base.get(i).value()), base.get(i).name());
            }
            assertEquals(8, adapted.model().trainedParameters().size());
        }
    }

    @Test
    void aWeightThatIsNoNumberEndsTheStepBeforeAnythingMoves() {
        var norm = device.floats(named("model.norm.weight").value());
        norm[3] = Float.NaN;
        device.upload(norm, named("model.norm.weight").value());
        int before = hash();
        Refusal.assertRefused(Kind.NUMERICS, () -> train(new SupervisedFineTuning(), constant(1), batches), "step 1",
            "weight model.norm.weight has 1 element that is NaN or infinite");
        assertEquals(before, hash());
    }

    /** A finite loss whose gradient at one row is what a test wants. */
    private record Poisoned(double value) implements Objective {
        @Override
        public Set<Column> needs() {
            return Set.of(Column.LOG_PROB);
        }

        @Override
        public Scope scope() {
            return Scope.TOKEN;
        }

        @Override
        public Weighed weigh(Scored scored, Normalisers normalisers) {
            var gradient = new double[scored.policy().logProb().length];
            Arrays.fill(gradient, value);
            return new Weighed(1, new TokenGradients().with(Column.LOG_PROB, gradient), Map.of());
        }
    }

    @Test
    void aGradientThatIsNoNumberIsNamedAndNothingMoves() {
        int before = hash();
        Refusal.assertRefused(Kind.NUMERICS, () -> train(new Poisoned(Double.NaN), constant(1), batches), "step 1",
            "the objective's derivative by LOG_PROB is not finite", "micro-batch 1, row 1, row 2", "weights unchanged");
        assertEquals(before, hash());
        Refusal.assertRefused(Kind.NUMERICS, () -> train(new Poisoned(1e300), constant(1), batches), "step 1",
            "gradient of lm_head.weight has ", "micro-batch 1, row 1, row 2", "weights unchanged");
        assertEquals(before, hash());
        var moments = device.floats(session.optimizer().states().getFirst().m());
        assertArrayEquals(new float[moments.length], moments, "the moments stay as well");
    }

    @Test
    void aStepAfterARefusedOneIsAsIfNothingHadHappened() {
        assertThrows(RuntimeException.class, () -> train(new Poisoned(Double.NaN), constant(1), batches));
        train(new SupervisedFineTuning(), constant(2), batches);
        int after = hash();
        try (var fresh = open(Optional.empty())) {
            fresh.trainer(new SupervisedFineTuning(), constant(2), 1e-2).train(new Steps(batches), report -> { });
            var expected = fresh.model().parameters().stream().mapToInt(parameter -> Arrays.hashCode(device.floats(parameter.value())))
                .reduce(1, (hash, next) -> 31 * hash + next);
            assertEquals(expected, after);
        }
    }

    @Test
    void aStepWithoutTrainedTokensIsRefused() {
        var silent = List.of(Batch.of(List.of(new Batch.Sequence(new int[] {1, 2, 3}, new boolean[3], 7))));
        int before = hash();
        Refusal.assertRefused(Kind.DATA, () -> train(new SupervisedFineTuning(), constant(1), silent), "step 1", "no trained token",
            "1 rows");
        Refusal.assertRefused(Kind.DATA, () -> session.trainer(new SupervisedFineTuning(), constant(1), 1).evaluate(silent),
            "no trained token");
        assertEquals(before, hash());
    }

    @Test
    void theFirstTokenOfASequenceIsNeverATarget() {
        var batch = Batch.of(List.of(Batch.Sequence.allTrained(new int[] {5}, 0), Batch.Sequence.allTrained(new int[] {1, 2, 3}, 1)));
        assertArrayEquals(new int[] {1, 2}, batch.trainedRows());
        assertArrayEquals(new int[] {-1, 2, 3, -1}, batch.targets());
        assertArrayEquals(new int[] {0, 0, 1, 2}, batch.positions());
        assertArrayEquals(new int[] {0, 1, 4}, batch.sequenceStarts());
    }

    @Test
    void aModelPlannedForForwardPassesAloneCannotBeTrained() {
        try (var tiny = TinyModel.inference(Family.LLAMA.config(), Optional.empty(), 64, 4)) {
            tiny.model().score(batches.getFirst(), Set.of(Column.LOG_PROB));
            var gradients = new TokenGradients().with(Column.LOG_PROB, new double[batches.getFirst().rows()]);
            assertThrows(IllegalStateException.class, () -> tiny.model().backward(batches.getFirst(), gradients));
        }
    }
}
