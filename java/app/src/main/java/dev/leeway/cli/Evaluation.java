package dev.leeway.cli;

import dev.leeway.data.Batching;
import dev.leeway.data.Unit;
import dev.leeway.eval.Probe;
import dev.leeway.model.Batch;
import dev.leeway.train.EarlyStopping;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Rows whose loss is taken on the way, in their order.
 *
 * @param sets none = there is no evaluation
 * @param batching how they become batches
 * @param when they are evaluated
 * @param places unit id → where the row is
 * @param asked what the model is asked beside, if anything is
 */
record Evaluation(List<Named> sets, Batching batching, When when, LongFunction<String> places, Optional<Asked> asked) {

    static final Evaluation NONE = nothing(new When(1, 0, Optional.empty()));

    /** No rows yet, and nothing that is asked. */
    static Evaluation nothing(When when) {
        return new Evaluation(List.of(), Batching.PLAIN, when, id -> "row " + (id + 1), Optional.empty());
    }

    /**
     * What a model is asked.
     *
     * @param probe the questions
     * @param reach what has to be planned for them
     * @param folder with the model's tokenizer and chat template
     */
    record Asked(Probe probe, Probe.Reach reach, Path folder) {

        /** Tokens of the longest question with its answer that a model of so many positions takes. */
        int longest(int positions) {
            return Math.min(reach.longest(), positions);
        }

        /** Tokens of the longest text that such a model reads in one pass. */
        int read(int positions) {
            return Math.min(reach.read(), positions);
        }
    }

    /**
     * Rows that have a loss of their own.
     *
     * @param name of the loss: eval_NAME_loss; empty = eval_loss, of rows that are the only ones
     * @param rows at least one
     */
    record Named(String name, List<Unit> rows) {

        /** What metrics of it begin with. */
        String prefix() {
            return "eval_" + (name.isEmpty() ? "" : name + "_");
        }
    }

    /**
     * How often, and what comes of it.
     *
     * @param batchSize rows at once
     * @param everySteps steps between evaluations; 0 = only before the first step and after the last
     * @param rule ends the run early, if there is one
     */
    record When(int batchSize, int everySteps, Optional<EarlyStopping> rule) {
    }

    /** Rows of one set that become batches as they are. */
    Evaluation(List<? extends Unit> rows, int batchSize, int everySteps, LongFunction<String> places) {
        this(List.of(new Named("", List.copyOf(rows))), Batching.PLAIN, new When(batchSize, everySteps, Optional.empty()), places,
            Optional.empty());
    }

    /** All rows. */
    List<Unit> rows() {
        return sets.stream().flatMap(set -> set.rows().stream()).toList();
    }

    /** How many there are, for people. */
    String text() {
        return Stream.concat(sets.stream().map(set -> String.format(Locale.ROOT, "%,d rows%s", set.rows().size(),
            set.name().isEmpty() ? "" : " of " + set.name())), asked.stream().map(some -> String.format(Locale.ROOT, "%,d questions",
            some.probe().items()))).collect(Collectors.joining(", "));
    }

    /** Whether there is nothing to evaluate. */
    boolean isEmpty() {
        return sets.isEmpty() && asked.isEmpty();
    }

    boolean isDue(int step, int totalSteps) {
        return !isEmpty() && (step == 0 || step == totalSteps || when.everySteps() > 0 && step % when.everySteps() == 0);
    }

    /** The same with batches made in another way. */
    Evaluation with(Batching other) {
        return new Evaluation(sets, other, when, places, asked);
    }

    /** The same with questions. */
    Evaluation asking(Optional<Asked> questions) {
        return new Evaluation(sets, batching, when, places, questions);
    }

    /** The same with so many rows at once at most. */
    Evaluation atMost(int size) {
        return new Evaluation(sets, batching, new When(Math.min(size, when.batchSize()), when.everySteps(), when.rule()), places,
            asked);
    }

    /** The same with rows cut to this length. */
    Evaluation shortened(int length) {
        return new Evaluation(sets.stream().map(set -> new Named(set.name(), EncodedRows.shortened(set.rows(), length))).toList(),
            batching.shortened(length), when, places, asked);
    }

    /** All rows as batches. */
    List<Batch> batches() {
        return batching.batches(groups());
    }

    /** The rows of a set as batches. */
    List<Batch> batches(Named set) {
        return batching.batches(groups(set.rows()));
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
        return Math.min(when.batchSize(), sets.stream().mapToInt(set -> set.rows().size()).max().orElse(0));
    }

    /** Answers that are written at once. */
    int lanes() {
        return asked.filter(some -> some.reach().writes()).map(some -> Math.min(when.batchSize(), some.probe().items())).orElse(0);
    }

    /** No batch has rows of two sets. */
    private List<List<Unit>> groups() {
        return sets.stream().flatMap(set -> groups(set.rows()).stream()).toList();
    }

    private List<List<Unit>> groups(List<Unit> rows) {
        var groups = new ArrayList<List<Unit>>();
        for (int from = 0; from < rows.size(); from += when.batchSize()) {
            groups.add(rows.subList(from, Math.min(rows.size(), from + when.batchSize())));
        }
        return groups;
    }
}
