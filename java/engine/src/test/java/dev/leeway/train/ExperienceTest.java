package dev.leeway.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.leeway.LeewayException;
import dev.leeway.model.Batch;
import dev.leeway.objective.Column;
import dev.leeway.objective.Normalisers;
import dev.leeway.rollout.Completion;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ExperienceTest {

    private static final Experience TWO = Experience.of(new int[] {1, 5}, new Completion(new int[] {6, 7},
        new float[] {-0.5f, -0.25f}, new float[2],
        Completion.Finish.STOP), 40);
    private static final Experience ONE = new Experience(new int[] {1}, new int[] {9}, new double[] {-2}, 41);

    @Test
    void whatIsKnownOfATokenStandsWhereItIsPredicted() {
        var batch = Batch.of(List.of(TWO.sequence(new double[] {3, 4}), ONE.sequence(-1)));
        assertArrayEquals(new int[] {1, 5, 6, 7, 1, 9}, batch.tokens());
        assertArrayEquals(new boolean[] {false, true, true, false, true, false}, batch.mask());
        var targets = batch.objectiveTargets();
        assertEquals(3, targets.advantage(0, 1));
        assertEquals(4, targets.advantage(0, 2));
        assertEquals(-1, targets.advantage(1, 4));
        var old = batch.old().orElseThrow().logProb();
        assertArrayEquals(new double[] {-0.5, -0.25, -2}, new double[] {old[1], old[2], old[4]});
        assertArrayEquals(new long[] {40, 41}, batch.unitIds());
    }

    @Test
    void aDroppedCompletionIsASequenceWithoutTrainedTokens() {
        var batch = Batch.of(List.of(TWO.dropped(), ONE.sequence(-1)));
        assertArrayEquals(new boolean[] {false, false, false, false, true, false}, batch.mask());
        var step = Normalisers.of(List.of(batch.objectiveTargets()));
        assertEquals(1, step.completionTokens());
        assertEquals(2, step.sequences());
    }

    @Test
    void valuesStandBeforeEachTokenAndBehindTheLast() {
        var batch = Experience.valueBatch(List.of(TWO, ONE), List.of(new double[] {0.1, 0.2, 0.3}, new double[] {0.4}),
            List.of(new double[] {1, 2, 3}, new double[] {4}));
        assertArrayEquals(new boolean[] {false, true, true, true, true, false}, batch.mask());
        assertArrayEquals(new double[] {0, 1, 2, 3, 4, 0}, batch.objectiveTargets().advantages());
        assertArrayEquals(new double[] {0, 0.1, 0.2, 0.3, 0.4, 0}, batch.old().orElseThrow().column(Column.TOKEN_VALUE));
    }

    @Test
    void lengthsThatDoNotFitAreRefused() {
        assertThrows(LeewayException.class, () -> new Experience(new int[0], new int[1], new double[1], 1));
        assertThrows(LeewayException.class, () -> new Experience(new int[1], new int[1], new double[2], 1));
        assertThrows(LeewayException.class, () -> TWO.sequence(new double[3]));
        assertThrows(LeewayException.class, () -> Experience.valueBatch(List.of(ONE), List.of(new double[3]), List.of(new double[3])));
        assertThrows(LeewayException.class, () -> Experience.valueBatch(List.of(ONE), List.of(new double[2]), List.of(new double[1])));
    }
}
