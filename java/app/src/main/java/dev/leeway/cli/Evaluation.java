package dev.leeway.cli;

import dev.leeway.data.Example;
import dev.leeway.model.Batch;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;

/**
 * Rows whose loss is taken on the way, in their order.
 *
 * @param rows none = there is no evaluation
 * @param batchSize rows at once
 * @param everySteps steps between evaluations; 0 = only before the first step and after the last
 * @param places unit id → where the row is
 */
record Evaluation(List<Example> rows, int batchSize, int everySteps, LongFunction<String> places) {

    static final Evaluation NONE = new Evaluation(List.of(), 1, 0, id -> "row " + (id + 1));

    boolean isDue(int step, int totalSteps) {
        return !rows.isEmpty() && (step == 0 || step == totalSteps || everySteps > 0 && step % everySteps == 0);
    }

    /** The same with so many rows at once at most. */
    Evaluation atMost(int size) {
        return new Evaluation(rows, Math.min(size, batchSize), everySteps, places);
    }

    /** The same with rows cut to this length. */
    Evaluation shortened(int length) {
        return new Evaluation(EncodedRows.shortened(rows, length), batchSize, everySteps, places);
    }

    /** The rows as batches. */
    List<Batch> batches() {
        return groups().stream().map(Example::batch).toList();
    }

    /** Tokens of the largest batch. */
    int largestBatch() {
        return groups().stream().mapToInt(group -> group.stream().mapToInt(Example::length).sum()).max().orElse(0);
    }

    /** Tokens of the longest row. */
    int longest() {
        return rows.stream().mapToInt(Example::length).max().orElse(0);
    }

    /** Rows of the largest batch. */
    int largestGroup() {
        return Math.min(batchSize, rows.size());
    }

    private List<List<Example>> groups() {
        var groups = new ArrayList<List<Example>>();
        int size = largestGroup();
        for (int from = 0; from < rows.size(); from += size) {
            groups.add(rows.subList(from, Math.min(rows.size(), from + size)));
        }
        return groups;
    }
}
