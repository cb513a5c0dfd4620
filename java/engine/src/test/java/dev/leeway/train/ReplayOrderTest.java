package dev.leeway.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class ReplayOrderTest {

    private static final ReplayOrder SAME = new ReplayOrder(24, 4, 3, false, 7);
    private static final ReplayOrder FRESH = new ReplayOrder(24, 4, 3, true, 7);

    private static int[] iteration(ReplayOrder order, int first) {
        return IntStream.range(first, first + 4).mapToObj(order::completions).flatMapToInt(Arrays::stream).toArray();
    }

    @Test
    void everyIterationGoesThroughTheWholeRolloutOnce() {
        var all = IntStream.range(0, 24).toArray();
        for (var order : new ReplayOrder[] {SAME, FRESH}) {
            for (int first = 0; first < 48; first += 4) {
                assertArrayEquals(all, Arrays.stream(iteration(order, first)).sorted().toArray());
            }
        }
    }

    @Test
    void iterationsRepeatTheirStepsOrAreShuffledAnew() {
        assertArrayEquals(iteration(SAME, 0), iteration(SAME, 4));
        assertArrayEquals(iteration(SAME, 0), iteration(SAME, 8));
        assertArrayEquals(iteration(SAME, 0), iteration(FRESH, 0));
        assertFalse(Arrays.equals(iteration(FRESH, 0), iteration(FRESH, 4)));
        assertFalse(Arrays.equals(iteration(SAME, 0), iteration(SAME, 12)));
        assertFalse(Arrays.equals(iteration(SAME, 0), iteration(new ReplayOrder(24, 4, 3, false, 8), 0)));
    }

    @Test
    void aRolloutServesItsStepsAndOnlyTheFirstIsOnPolicy() {
        assertEquals(12, SAME.stepsPerRollout());
        assertEquals(0, SAME.rollout(11));
        assertEquals(1, SAME.rollout(12));
        assertTrue(SAME.isOnPolicy(12));
        assertFalse(SAME.isOnPolicy(13));
        assertTrue(SAME.needsOld());
        assertFalse(new ReplayOrder(8, 1, 1, false, 0).needsOld());
    }

    /** The first of 24 in a permutation that is fair: in 2400 rollouts each place comes first 100 times, give or take five times √100. */
    @Test
    void permutationsAreFair() {
        var counts = new int[24];
        var once = new ReplayOrder(24, 1, 1, false, 3);
        for (int step = 0; step < 2400; step++) {
            counts[once.completions(step)[0]]++;
        }
        for (int count : counts) {
            assertEquals(100, count, 50, Arrays.toString(counts));
        }
        assertEquals(24, new HashSet<>(Arrays.stream(once.completions(5)).boxed().toList()).size());
    }

    @Test
    void unequalPartsAreRefused() {
        assertThrows(LeewayException.class, () -> new ReplayOrder(10, 4, 1, false, 0));
        assertThrows(LeewayException.class, () -> new ReplayOrder(0, 1, 1, false, 0));
        assertThrows(LeewayException.class, () -> new ReplayOrder(8, 0, 1, false, 0));
        assertThrows(LeewayException.class, () -> new ReplayOrder(8, 1, 0, false, 0));
    }
}
