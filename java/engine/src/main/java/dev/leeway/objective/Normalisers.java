package dev.leeway.objective;

import java.util.Arrays;
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
        long tokens = 0;
        long sequences = 0;
        int ids = 0;
        for (var targets : step) {
            tokens += targets.trainedTokens();
            sequences += targets.sequences();
            ids += targets.unitIds().length;
        }
        return new Normalisers(tokens, sequences, distinct(step, new long[ids]));
    }

    private static long distinct(List<Targets> step, long[] ids) {
        int next = 0;
        for (var targets : step) {
            System.arraycopy(targets.unitIds(), 0, ids, next, targets.unitIds().length);
            next += targets.unitIds().length;
        }
        Arrays.sort(ids);
        long distinct = 0;
        for (int i = 0; i < ids.length; i++) {
            distinct += i == 0 || ids[i] != ids[i - 1] ? 1 : 0;
        }
        return distinct;
    }
}
