package dev.leeway.objective;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
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
        assertEquals(new Normalisers(4, 3, 3), step);
        var first = weigh(FIRST, step, -1, -100, -2);
        var second = weigh(SECOND, step, -3, -4);
        assertEquals((1 + 2 + 3 + 4) / 4.0, first.loss() + second.loss(), 1e-15);
        assertArrayEquals(new double[] {-0.25, 0, -0.25}, first.gradients().column(Column.LOG_PROB).orElseThrow());
    }

    @Test
    void aColumnThatWasNotAskedForIsAnError() {
        assertThrows(IllegalStateException.class, () -> new TokenScores().logProb());
    }
}
