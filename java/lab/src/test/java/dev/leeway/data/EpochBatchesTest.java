package dev.leeway.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class EpochBatchesTest {

    private static final int ROWS = 23;

    /** Row i has i + 2 tokens. */
    private static List<Example> rows() {
        return IntStream.range(0, ROWS).mapToObj(i -> {
            var mask = new boolean[i + 2];
            mask[1] = true;
            return new Example(new int[i + 2], mask, i);
        }).toList();
    }

    private static EpochBatches batches(EpochBatches.Steps steps) {
        return new EpochBatches(rows(), Order.shuffled(7, ROWS), steps);
    }

    @Test
    void stepsFollowTheArithmeticOfTransformers() {
        // 23 rows in batches of 4 are 6 batches, of which 2 are accumulated: 3 steps an epoch.
        var steps = new EpochBatches.Steps(4, 2, 2.5, -1);
        assertEquals(3, steps.perEpoch(ROWS));
        assertEquals(8, steps.total(ROWS), "2.5 epochs of 3 steps, rounded up");
        assertEquals(100, new EpochBatches.Steps(4, 2, 2.5, 100).total(ROWS), "max_steps overrides the epochs");
        assertEquals(1, new EpochBatches.Steps(64, 1, 1, -1).perEpoch(ROWS));
    }

    @Test
    void everyEpochVisitsEachRowOnceInAnOrderOfItsOwn() {
        var batches = batches(new EpochBatches.Steps(4, 2, 2, -1));
        var first = IntStream.range(0, 3).boxed().flatMap(step -> batches.step(step).stream())
            .flatMapToLong(micro -> Arrays.stream(micro.unitIds())).toArray();
        var second = IntStream.range(3, 6).boxed().flatMap(step -> batches.step(step).stream())
            .flatMapToLong(micro -> Arrays.stream(micro.unitIds())).toArray();
        assertEquals(false, Arrays.equals(first, second));
        Arrays.sort(first);
        Arrays.sort(second);
        assertEquals(List.of(IntStream.range(0, ROWS).asLongStream().boxed().toArray()), List.of(Arrays.stream(first).boxed().toArray()));
        assertEquals(true, Arrays.equals(first, second));
    }

    @Test
    void theLastStepOfAnEpochIsSmaller() {
        var sizes = batches(new EpochBatches.Steps(4, 2, 1, -1)).step(2).stream().map(micro -> micro.sequences()).toList();
        assertEquals(List.of(4, 3), sizes);
    }

    @Test
    void noMicroBatchExceedsWhatIsPlannedHoweverManyStepsThereAre() {
        var batches = batches(new EpochBatches.Steps(4, 2, 2, 2_000_000_000));
        int largest = IntStream.range(0, 600).boxed().flatMap(step -> batches.step(step).stream()).mapToInt(micro -> micro.rows()).max()
            .orElseThrow();
        int most = batches.mostTokens();
        assertTrue(largest <= most, largest + " tokens were met, " + most + " are planned");
        var whole = batches(new EpochBatches.Steps(Integer.MAX_VALUE, 1, 1, -1));
        assertEquals(whole.step(0).getFirst().rows(), whole.mostTokens(), "all rows are one micro-batch");
        assertEquals(1, whole.step(0).size());
    }

    @Test
    void moreStepsThanCanBeCountedAreRefused() {
        var refused = assertThrows(LeewayException.class, () -> new EpochBatches.Steps(1, 1, 1e300, -1).total(ROWS));
        assertEquals(LeewayException.Kind.USAGE, refused.kind());
    }
}
