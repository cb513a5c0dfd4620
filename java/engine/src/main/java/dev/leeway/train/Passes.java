package dev.leeway.train;

import dev.leeway.LeewayException;
import dev.leeway.model.Batch;
import dev.leeway.objective.Column;
import dev.leeway.objective.TokenScores;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/** Cuts sequences into forward passes of neighbours, as many in each as fit. */
record Passes(RolloutSettings.MicroBatch room) {

    /** How many of the lengths, from {@code first} on, are in one pass. */
    private int count(int[] lengths, int first) {
        long rows = 0;
        int count = 0;
        while (first + count < lengths.length && count < room.sequences() && rows + lengths[first + count] <= room.rows()) {
            rows += lengths[first + count++];
        }
        if (count == 0) {
            throw LeewayException.usage("a completion with its prompt has %d tokens, a forward pass takes %d; plan as many rows as the "
                + "longest prompt and max_completion_length are together", lengths[first], room.rows());
        }
        return count;
    }

    /** The items in parts. */
    <T> List<List<T>> cut(List<T> items, ToIntFunction<T> length) {
        var lengths = items.stream().mapToInt(length).toArray();
        var parts = new ArrayList<List<T>>();
        for (int first = 0; first < lengths.length; ) {
            int count = count(lengths, first);
            parts.add(items.subList(first, first + count));
            first += count;
        }
        return parts;
    }

    /**
     * A column's entries at the positions that the mask of each sequence scores, in the order of the items.
     *
     * @param batches what the items of a part become
     * @param scores a forward pass
     * @param column which of its columns
     */
    <T> List<double[]> scored(List<List<T>> parts, Function<List<T>, Batch> batches, Function<Batch, TokenScores> scores,
            Column column) {
        var found = new ArrayList<double[]>();
        for (var part : parts) {
            var batch = batches.apply(part);
            var values = scores.apply(batch).column(column);
            for (int s = 0; s < batch.sequences(); s++) {
                found.add(masked(batch, s, values));
            }
        }
        return found;
    }

    private static double[] masked(Batch batch, int sequence, double[] values) {
        var kept = new double[Math.toIntExact(batch.objectiveTargets().trainedTokens(sequence))];
        int next = 0;
        for (int n = batch.sequenceStarts()[sequence]; n < batch.sequenceStarts()[sequence + 1]; n++) {
            if (batch.mask()[n]) {
                kept[next++] = values[n];
            }
        }
        return kept;
    }
}
