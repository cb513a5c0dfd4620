package dev.leeway.data;

import dev.leeway.model.Batch;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;

/** How the rows of an optimiser step become its micro-batches: the sequences of a unit are neighbours. */
public record Batching() {

    /** Every sequence as it was read. */
    public static final Batching PLAIN = new Batching();

    /** The micro-batches of a step; {@code step} has the units of each. */
    public List<Batch> batches(List<List<Unit>> step) {
        List<Batch> batches = new ArrayList<>();
        for (List<Unit> units : step) {
            batches.add(Batch.of(units.stream().flatMap(unit -> unit.sequences().stream()).map(Example::sequence).toList()));
        }
        return batches;
    }

    /** The same for rows that are cut to so many tokens. */
    public Batching shortened(int length) {
        return this;
    }

    /** Tokens of the largest micro-batch of a step. */
    public int largestBatch(List<List<Unit>> step) {
        return step.stream().mapToInt(Batching::tokens).max().orElse(0);
    }

    /** Tokens of the longest sequence that these bins can give, however they are put together. */
    public int longest(List<List<Unit>> bins) {
        return bins.stream().flatMap(List::stream).flatMap(unit -> unit.sequences().stream()).mapToInt(Example::length).max().orElse(0);
    }

    /** Tokens that no micro-batch of so many bins exceeds, in whatever order they come. */
    long mostTokens(List<List<Unit>> bins, int count) {
        return most(bins, count, Batching::tokens);
    }

    /** Sequences that no micro-batch of so many bins exceeds. */
    long mostSequences(List<List<Unit>> bins, int count) {
        return most(bins, count, bin -> bin.stream().mapToInt(unit -> unit.sequences().size()).sum());
    }

    private static int tokens(List<Unit> bin) {
        return bin.stream().mapToInt(Unit::length).sum();
    }

    /** The sum over so many bins of which each has as much as any has. */
    private static long most(List<List<Unit>> bins, int count, ToIntFunction<List<Unit>> size) {
        return bins.stream().mapToInt(size).sorted().skip(Math.max(0, bins.size() - count)).asLongStream().sum();
    }
}
