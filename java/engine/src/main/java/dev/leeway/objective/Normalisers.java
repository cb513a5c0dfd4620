package dev.leeway.objective;

import java.util.List;

/**
 * The denominators of a whole optimiser step, counted from masks before any forward pass, so that how the step is split into micro-batches
 * cannot change the loss.
 *
 * @param tokens trained tokens
 * @param sequences sequences
 * @param units distinct unit ids (pairs, groups)
 */
public record Normalisers(long tokens, long sequences, long units) {

    /** Counts over all micro-batches of a step. */
    public static Normalisers of(List<Targets> step) {
        long tokens = step.stream().mapToLong(Targets::trainedTokens).sum();
        long sequences = step.stream().mapToLong(Targets::sequences).sum();
        long units = step.stream().flatMapToLong(targets -> java.util.Arrays.stream(targets.unitIds())).distinct().count();
        return new Normalisers(tokens, sequences, units);
    }
}
