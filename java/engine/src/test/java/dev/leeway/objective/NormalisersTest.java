package dev.leeway.objective;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Counts over the micro-batches of a step. */
final class NormalisersTest {

    /** Two pairs of sequences with 3 and 2 positions: the chosen one's first target belongs to its prompt, its last one is masked. */
    private static Targets pair(long unit) {
        var mask = new boolean[] {true, true, false, true, true};
        return Targets.of(mask, new int[] {0, 3, 5}, new long[] {unit, unit})
            .withCompletion(new boolean[] {false, true, false, true, true}).withRewards(new double[] {1, -1});
    }

    @Test
    void everyDenominatorIsCountedOverTheWholeStep() {
        var zero = Targets.of(new boolean[] {true}, new int[] {0, 1}, new long[] {9}).withRewards(new double[] {0});
        var step = Normalisers.of(List.of(pair(4), pair(5), zero));
        assertEquals(9, step.tokens());
        assertEquals(7, step.completionTokens());
        assertEquals(5, step.chosenTokens());
        assertEquals(3, step.chosenCompletionTokens());
        assertEquals(2, step.longestCompletion());
        assertEquals(5, step.sequences());
        assertEquals(3, step.units());
        assertEquals(2, step.desirable());
        assertEquals(2, step.undesirable());
    }

    /** A step that is larger than the data, or lies across the end of an epoch. */
    @Test
    void aRowThatAStepHoldsTwiceIsTwoUnits() {
        assertEquals(3, Normalisers.of(List.of(pair(4), pair(5), pair(4))).units());
    }

    @Test
    void givenDenominatorsReplaceCountedOnesAndNothingElse() {
        var step = Normalisers.of(List.of(pair(4))).withTokens(29).withCompletionTokens(31).withLongestCompletion(37)
            .withMeasured(new double[] {1.5, 2});
        assertEquals(List.of(29L, 31L, 37L, 2L, 1L), List.of(step.tokens(), step.completionTokens(), step.longestCompletion(),
            step.sequences(), step.units()));
        assertEquals(2, step.measured(1));
        assertThrows(IllegalStateException.class, () -> step.measured(2));
    }

    @Test
    void aCompletionOutsideTheMaskIsAnError() {
        var targets = Targets.of(new boolean[] {true, false}, new int[] {0, 2}, new long[] {1});
        assertThrows(IllegalArgumentException.class, () -> targets.withCompletion(new boolean[] {true, true}));
        assertThrows(IllegalArgumentException.class, () -> targets.withCompletion(new boolean[] {true}));
    }
}
