package dev.leeway.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.leeway.LeewayException;
import dev.leeway.objective.Column;
import dev.leeway.objective.Distillation;
import dev.leeway.objective.Normalisers;
import dev.leeway.objective.Scored;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A teacher's sparse distributions through the head, and the collision column, against {@link Oracle} in double and its differences. */
final class DistillationTest {

    private static final double WEIGHT = 0.7;
    /** That of {@link SmoothingTest}. */
    private static final double LOSS_BOUND = 8e-6 * 4;
    private static final Batch BATCH = Batch.of(TinyModel.sequences(Family.VOCABULARY, 1, 1, 11, 19));
    private static final SparseTargets TEACHER = teacher();

    /** No to four entries a position, of another mass each; they add up to less than 1. */
    private static SparseTargets teacher() {
        var starts = new int[BATCH.rows() + 1];
        for (int n = 0; n < BATCH.rows(); n++) {
            starts[n + 1] = starts[n] + n % 5;
        }
        int entries = starts[BATCH.rows()];
        var values = new float[entries];
        for (int i = 0; i < entries; i++) {
            values[i] = 0.05f + 0.04f * (i % 4);
        }
        return new SparseTargets(starts, IntStream.range(0, entries).map(i -> i * 7 % Family.VOCABULARY).toArray(), values);
    }

    /** Of every trained row: what {@code row} makes of its logits. */
    private static double[] rows(Oracle oracle, RowFunction row) {
        var all = new double[BATCH.rows()];
        for (int s = 0; s < BATCH.sequences(); s++) {
            int start = BATCH.sequenceStarts()[s];
            var hidden = oracle.hidden(Arrays.copyOfRange(BATCH.tokens(), start, BATCH.sequenceStarts()[s + 1]));
            for (int t = 0; t < hidden.length; t++) {
                all[start + t] = BATCH.mask()[start + t] ? row.of(start + t, oracle.logits(hidden[t])) : 0;
            }
        }
        return all;
    }

    private interface RowFunction {
        double of(int n, double[] z);
    }

    private static double loss(Oracle oracle) {
        return Arrays.stream(rows(oracle, DistillationTest::loss)).sum() / BATCH.trainedRows().length;
    }

    private static double loss(int n, double[] z) {
        double lse = Math.log(Arrays.stream(z).map(Math::exp).sum());
        double taught = 0;
        for (int i = TEACHER.starts()[n]; i < TEACHER.starts()[n + 1]; i++) {
            taught += TEACHER.values()[i] * (lse - z[TEACHER.ids()[i]]);
        }
        return WEIGHT * taught + (1 - WEIGHT) * (lse - z[BATCH.targets()[n]]);
    }

    @ParameterizedTest
    @EnumSource(names = {"LLAMA", "QWEN3", "GEMMA2"})
    void lossAndGradientsEqualTheOracles(Family family) {
        try (var tiny = TinyModel.taught(family.config(), 31, 3)) {
            var objective = new Distillation(WEIGHT);
            tiny.model().zeroGradients();
            var taught = BATCH.withTeacher(TEACHER);
            var scores = tiny.model().score(taught, objective.needs());
            var targets = BATCH.objectiveTargets();
            var weighed = objective.weigh(Scored.of(scores, targets), Normalisers.of(List.of(targets)));
            tiny.model().backward(taught, weighed.gradients());
            var weights = tiny.weights();
            double expected = loss(new Oracle(family.spec(), weights, 0));
            assertEquals(expected, weighed.loss(), LOSS_BOUND * expected);
            OracleGradients.assertEqual(family.name(), weights, tiny.gradients(), changed -> loss(new Oracle(family.spec(), changed, 0)));
        }
    }

    /** lse(2z) − 2 lse(z): the errors of logits up to 8 times 8e-6, twice over from each term. */
    @ParameterizedTest
    @EnumSource(names = {"LLAMA", "GEMMA2"})
    void theCollisionIsThatOfTheDistributionAndLeavesTheOthersAlone(Family family) {
        try (var tiny = TinyModel.training(family.config(), Optional.empty(), 31, 3, 2)) {
            var scores = tiny.model().score(BATCH, Set.of(Column.LOG_PROB, Column.LOG_COLLISION));
            var expected = rows(new Oracle(family.spec(), tiny.weights(), 0), (n, z) -> {
                double lse = Math.log(Arrays.stream(z).map(Math::exp).sum());
                return Math.log(Arrays.stream(z).map(v -> Math.exp(2 * (v - lse))).sum());
            });
            for (int n = 0; n < BATCH.rows(); n++) {
                assertEquals(expected[n], scores.column(Column.LOG_COLLISION)[n], 4 * 8 * 8e-6);
            }
            var alone = tiny.model().score(BATCH, Set.of(Column.LOG_PROB));
            for (int n = 0; n < BATCH.rows(); n++) {
                assertEquals(alone.logProb()[n], scores.logProb()[n]);
            }
        }
    }

    @Test
    void whatIsMissingOrTooMuchIsRefused() {
        try (var tiny = TinyModel.taught(Family.LLAMA.config(), 31, 3)) {
            var needs = new Distillation(1).needs();
            assertThrows(LeewayException.class, () -> tiny.model().score(BATCH, needs));
            assertThrows(LeewayException.class, () -> tiny.model().score(BATCH.withTeacher(TEACHER),
                Set.of(Column.TARGET_LOSS, Column.SOFT_LOSS)));
            int rows = BATCH.rows();
            var outside = new SparseTargets(IntStream.rangeClosed(0, rows).toArray(), filled(rows, Family.VOCABULARY), new float[rows]);
            assertThrows(LeewayException.class, () -> tiny.model().score(BATCH.withTeacher(outside), needs));
            var many = new SparseTargets(
                IntStream.rangeClosed(0, rows).map(n -> 20 * n).toArray(), new int[20 * rows], new float[20 * rows]);
            assertThrows(LeewayException.class, () -> tiny.model().score(BATCH.withTeacher(many), needs));
            assertThrows(LeewayException.class, () -> new SparseTargets(new int[] {0, 1}, new int[] {3}, new float[] {1.5f}));
        }
    }

    private static int[] filled(int length, int value) {
        var values = new int[length];
        Arrays.fill(values, value);
        return values;
    }
}
