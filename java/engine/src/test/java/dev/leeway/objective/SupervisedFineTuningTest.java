package dev.leeway.objective;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.leeway.LeewayException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class SupervisedFineTuningTest {

    private static final Targets FIRST = Targets.of(new boolean[] {true, false, true}, new int[] {0, 3}, new long[] {1});
    private static final Targets SECOND = Targets.of(new boolean[] {true, true}, new int[] {0, 1, 2}, new long[] {2, 3});

    private static Weighed weigh(Targets targets, Normalisers normalisers, double... logProb) {
        return new SupervisedFineTuning().weigh(Scored.of(new TokenScores().with(Column.LOG_PROB, logProb), targets), normalisers);
    }

    @Test
    void theLossIsTheMeanOverTheTrainedTokensOfTheWholeStep() {
        var step = Normalisers.of(List.of(FIRST, SECOND));
        assertEquals(List.of(4L, 3L, 3L), List.of(step.tokens(), step.sequences(), step.units()));
        var first = weigh(FIRST, step, -1, -100, -2);
        var second = weigh(SECOND, step, -3, -4);
        assertEquals((1 + 2 + 3 + 4) / 4.0, first.loss() + second.loss(), 1e-15);
        assertArrayEquals(new double[] {-0.25, 0, -0.25}, first.gradients().column(Column.LOG_PROB).orElseThrow());
    }

    @Test
    void aColumnThatWasNotAskedForIsAnError() {
        assertThrows(IllegalStateException.class, () -> new TokenScores().logProb());
    }

    private static TokenScores scores(double[] logProb, double[] soft, double[] lse) {
        return new TokenScores().with(Column.LOG_PROB, logProb).with(Column.SOFT_LOSS, soft).with(Column.LOG_SUM_EXP, lse);
    }

    /** By hand for two trained tokens of four: ((0.9·1 + 0.1·5 + 0.01·9) + (0.9·2 + 0.1·7 + 0.01·16)) / 4. */
    @Test
    void smoothingAndZLossAddTheirColumns() {
        var objective = new SupervisedFineTuning(0.1, 0.01);
        assertEquals(Set.of(Column.LOG_PROB, Column.SOFT_LOSS, Column.LOG_SUM_EXP), objective.needs());
        var scores = scores(new double[] {-1, -100, -2}, new double[] {5, 60, 7}, new double[] {3, 50, -4});
        var weighed = objective.weigh(Scored.of(scores, FIRST), Normalisers.of(List.of(FIRST, SECOND)));
        assertEquals((0.9 + 0.5 + 0.09 + 1.8 + 0.7 + 0.16) / 4, weighed.loss(), 1e-15);
        assertArrayEquals(new double[] {-0.225, 0, -0.225}, weighed.gradients().column(Column.LOG_PROB).orElseThrow(), 1e-16);
        assertArrayEquals(new double[] {0.025, 0, 0.025}, weighed.gradients().column(Column.SOFT_LOSS).orElseThrow(), 1e-16);
        assertArrayEquals(new double[] {0.015, 0, -0.02}, weighed.gradients().column(Column.LOG_SUM_EXP).orElseThrow(), 1e-16);
    }

    /** The loss is a polynomial of degree 2 in its columns, so central differences are exact but for rounding. */
    @Test
    void gradientsAreTheDifferencesOfTheLoss() {
        var objective = new SupervisedFineTuning(0.3, 0.02);
        var step = Normalisers.of(List.of(FIRST));
        var columns = List.of(new double[] {-1.5, -3, -0.2}, new double[] {4.5, 3, 6.2}, new double[] {2.5, 3, -1.2});
        var kinds = List.of(Column.LOG_PROB, Column.SOFT_LOSS, Column.LOG_SUM_EXP);
        var gradients = objective.weigh(Scored.of(scores(columns.get(0), columns.get(1), columns.get(2)), FIRST), step).gradients();
        for (int k = 0; k < 3; k++) {
            for (int t = 0; t < 3; t++) {
                double kept = columns.get(k)[t];
                columns.get(k)[t] = kept + 0.125;
                double above = objective.weigh(Scored.of(scores(columns.get(0), columns.get(1), columns.get(2)), FIRST), step).loss();
                columns.get(k)[t] = kept - 0.125;
                double below = objective.weigh(Scored.of(scores(columns.get(0), columns.get(1), columns.get(2)), FIRST), step).loss();
                columns.get(k)[t] = kept;
                assertEquals((above - below) / 0.25, gradients.column(kinds.get(k)).orElseThrow()[t], 1e-14);
            }
        }
    }

    @Test
    void withoutOptionsNothingElseIsAskedForAndBadOptionsAreRefused() {
        assertEquals(Set.of(Column.LOG_PROB), new SupervisedFineTuning().needs());
        assertThrows(LeewayException.class, () -> new SupervisedFineTuning(1, 0));
        assertThrows(LeewayException.class, () -> new SupervisedFineTuning(-0.1, 0));
        assertThrows(LeewayException.class, () -> new SupervisedFineTuning(0, Double.NaN));
    }
}
