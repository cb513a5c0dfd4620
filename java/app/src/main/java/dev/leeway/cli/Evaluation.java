package dev.leeway.cli;

import dev.leeway.data.Batching;
import dev.leeway.data.Unit;
import dev.leeway.model.Batch;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;

/**
 * Rows whose loss is taken on the way, in their order.
 *
 * @param rows none = there is no evaluation
 * @param batching how they become batches
 * @param batchSize rows at once
 * @param everySteps steps between evaluations; 0 = only before the first step and after the last
 * @param places unit id → where the row is
 */
record Evaluation(List<Unit> rows, Batching batching, int batchSize, int everySteps, LongFunction<String> places) {

    static final Evaluation NONE = new Evaluation(List.of(), 1, 0, id -> "row " + (id + 1));

    /** Rows that become batches as they are. */
    Evaluation(List<? extends Unit> rows, int batchSize, int everySteps, LongFunction<String> places) {
        this(List.copyOf(rows), Batching.PLAIN, batchSize, everySteps, places);
    }

    boolean isDue(int step, int totalSteps) {
        return !rows.isEmpty() && (step == 0 || step == totalSteps || everySteps > 0 && step % everySteps == 0);
    }

    /** The same with batches made in another way. */
    Evaluation with(Batching other) {
        return new Evaluation(rows, other, batchSize, everySteps, places);
    }

    /** The same with so many rows at once at most. */
    Evaluation atMost(int size) {
        return new Evaluation(rows, batching, Math.min(size, batchSize), everySteps, places);
    }

    /** The same with rows cut to this length. */
    Evaluation shortened(int length) {
        return new Evaluation(EncodedRows.shortened(rows, length), batching.shortened(length), batchSize, everySteps, places);
    }

    /** The rows as batches. */
    List<Batch> batches() {
        return batching.batches(groups());
    }

    /** Tokens of the largest batch. */
    int largestBatch() {
        return batching.largestBatch(groups());
    }

    /** Sequences of the largest batch. */
    int mostSequences() {
        return groups().stream().mapToInt(group -> group.stream().mapToInt(unit -> unit.sequences().size()).sum()).max().orElse(0);
    }

    /** Tokens of the longest sequence. */
    int longest() {
        return batching.longest(groups());
    }

    /** Rows of the largest batch. */
    int largestGroup() {
        return Math.min(batchSize, rows.size());
    }

    private List<List<Unit>> groups() {
        var groups = new ArrayList<List<Unit>>();
        int size = largestGroup();
        for (int from = 0; from < rows.size(); from += size) {
            groups.add(rows.subList(from, Math.min(rows.size(), from + size)));
        }
        return groups;
    }
}
