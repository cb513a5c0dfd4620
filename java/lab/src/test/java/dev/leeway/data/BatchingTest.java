package dev.leeway.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.model.Batch;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How pairs and labelled answers become micro-batches. */
final class BatchingTest {

    private static final int ROWS = 11;

    /** Tokens of the prompt, then of the answer; every token says which row it is of. */
    private static Example example(int prompt, int answer, int row) {
        var tokens = new int[prompt + answer];
        Arrays.fill(tokens, 0, prompt, 100 + row);
        Arrays.fill(tokens, prompt, tokens.length, 200 + row);
        var mask = new boolean[tokens.length];
        Arrays.fill(mask, prompt, tokens.length, true);
        return new Example(tokens, mask, row);
    }

    private static List<LabelledExample> labelled() {
        return IntStream.range(0, ROWS).mapToObj(i -> new LabelledExample(example(1 + i % 3, 1 + i * 5 % 7, i), i % 3 == 0)).toList();
    }

    private static EpochBatches batches(List<? extends Unit> rows, int batchSize, int accumulation, Batching batching) {
        return new EpochBatches(rows, Order.sequential(rows.size()), new EpochBatches.Steps(batchSize, accumulation, 1, -1)).with(batching);
    }

    @Test
    void aBatchCountsPairsAndKeepsThemTogether() {
        var pairs = IntStream.range(0, ROWS).mapToObj(i -> new PreferenceExample(example(2, 1 + i, i), example(2, 2, i))).toList();
        var step = batches(pairs, 4, 2, Batching.PLAIN).step(1);
        assertEquals(List.of(6), step.stream().map(Batch::sequences).toList(), "three pairs are left of 11");
        assertArrayEquals(new long[] {8, 8, 9, 9, 10, 10}, step.getFirst().unitIds());
        assertEquals(0, step.getFirst().objectiveTargets().rewards().length);
    }

    @Test
    void theBetterAnswerCarriesTheMarginOfItsPair() {
        var pair = new PreferenceExample(example(1, 2, 0), example(1, 1, 0), OptionalDouble.of(0.5));
        var targets = batches(List.of(pair), 1, 1, Batching.PLAIN).step(0).getFirst().objectiveTargets();
        assertArrayEquals(new double[] {0.5, 0}, targets.rewards());
    }

    @Test
    void aPromptThatIsTrainedIsNoPartOfTheAnswer() {
        var pair = new PreferenceExample(example(3, 2, 0), example(3, 1, 0));
        var targets = batches(List.of(pair), 1, 1, Batching.CHOSEN_PROMPTS).step(0).getFirst().objectiveTargets();
        // Position n speaks of token n + 1: the better one is trained from its second token on, the worse one behind its prompt.
        assertArrayEquals(new boolean[] {true, true, true, true, false, false, false, true, false}, targets.mask());
        assertArrayEquals(new boolean[] {false, false, true, true, false, false, false, true, false}, targets.completion());
    }

    @Test
    void theAnswersOfAStepMoveOnByOneRow() {
        var step = batches(labelled(), 3, 2, Batching.mismatched(100, Truncation.KEEP_START)).step(0);
        assertEquals(List.of(3, 3, 3, 3), step.stream().map(Batch::sequences).toList());
        assertArrayEquals(new double[] {1, -1, -1}, step.getFirst().objectiveTargets().rewards());
        var moved = step.subList(2, 4);
        for (int row = 0; row < 6; row++) {
            var batch = moved.get(row / 3);
            int start = batch.sequenceStarts()[row % 3];
            int end = batch.sequenceStarts()[row % 3 + 1];
            var expected = example(1 + row % 3, 1, row).tokens();
            assertEquals(expected[0], batch.tokens()[start], "its own prompt");
            assertEquals(200 + (row + 5) % 6, batch.tokens()[end - 1], "the answer of the row before, of the last for the first");
            assertEquals(1 + row % 3 + 1 + (row + 5) % 6 * 5 % 7, end - start);
            assertEquals(row, batch.unitIds()[row % 3]);
        }
        assertTrue(moved.stream().allMatch(batch -> Arrays.stream(batch.objectiveTargets().rewards()).allMatch(label -> label == 0)));
        assertEquals(3, moved.getFirst().objectiveTargets().rewards().length);
    }

    @Test
    void howAStepIsSplitDoesNotChangeWhichAnswersMeet() {
        var one = batches(labelled(), 6, 1, Batching.mismatched(100, Truncation.KEEP_START)).step(0);
        var many = batches(labelled(), 2, 3, Batching.mismatched(100, Truncation.KEEP_START)).step(0);
        var tokens = many.subList(3, 6).stream().flatMapToInt(batch -> Arrays.stream(batch.tokens())).toArray();
        assertArrayEquals(one.getLast().tokens(), tokens);
    }

    @Test
    void aRowAloneIsMeasuredWithItsOwnAnswer() {
        var step = batches(labelled(), 5, 2, Batching.mismatched(100, Truncation.KEEP_START)).step(1);
        assertEquals(2, step.size());
        assertArrayEquals(step.getFirst().tokens(), step.getLast().tokens());
        assertArrayEquals(new double[] {0}, step.getLast().objectiveTargets().rewards());
    }

    @Test
    void noMicroBatchExceedsWhatIsPlanned() {
        for (int length : new int[] {5, 100}) {
            var rows = labelled().stream().map(row -> row.cut(length)).toList();
            for (int size = 1; size <= ROWS; size++) {
                var batches = batches(rows, size, 2, Batching.mismatched(length, Truncation.KEEP_START));
                for (int step = 0; step < batches.stepsPerEpoch(); step++) {
                    for (var batch : batches.step(step)) {
                        assertTrue(batch.rows() <= batches.mostTokens(), batch.rows() + " tokens, planned " + batches.mostTokens());
                        assertTrue(batch.sequences() <= batches.mostSequences());
                        int longest = IntStream.range(0, batch.sequences())
                                .map(s -> batch.sequenceStarts()[s + 1] - batch.sequenceStarts()[s]).max().orElseThrow();
                        assertTrue(longest <= batches.longest() && longest <= length, longest + " tokens, planned " + batches.longest());
                    }
                }
            }
        }
    }

    @Test
    void whatIsPlannedForAnEvaluationIsWhatItHas() {
        List<List<Unit>> groups = List.of(List.copyOf(labelled().subList(0, 6)), List.copyOf(labelled().subList(6, ROWS)));
        for (var batching : List.of(Batching.PLAIN, Batching.mismatched(6, Truncation.KEEP_START))) {
            int largest = batching.batches(groups).stream().mapToInt(Batch::rows).max().orElseThrow();
            assertEquals(largest, batching.largestBatch(groups));
        }
    }
}
