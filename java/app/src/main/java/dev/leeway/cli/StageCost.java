package dev.leeway.cli;

import dev.leeway.tensor.MemoryPlan;
import dev.leeway.train.TrainingSession.Footprint;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a training would take, as far as it is known before.
 *
 * @param footprint of its session
 * @param besideBytes of models beside the session: reward models
 * @param freeBytes of the device
 * @param work of all steps; empty where they go with rows that aren't there
 * @param kept checkpoints that it leaves, beside those of a grid
 */
record StageCost(Footprint footprint, long besideBytes, long freeBytes, Optional<Work> work, int kept) {

    /**
     * Of all steps.
     *
     * @param steps optimiser steps
     * @param tokens that are trained on or read for it, each as often as it is in a step; drawn ones too
     * @param isBound whether each row counts as long as it may be
     * @param flops operations
     */
    record Work(long steps, double tokens, boolean isBound, double flops) {
    }

    private static final int FLOAT = 4;

    long parameters() {
        return footprint.parameters().stream().filter(parameter -> !parameter.isAdapter()).mapToLong(one -> one.value().count()).sum();
    }

    long trained() {
        return footprint.parameters().stream().filter(one -> one.isTrained()).mapToLong(one -> one.value().count()).sum();
    }

    boolean hasAdapter() {
        return footprint.parameters().stream().anyMatch(parameter -> parameter.isAdapter());
    }

    long bytes() {
        return footprint.totalBytes() + besideBytes;
    }

    /** At most: weights as float32, and with each checkpoint what the optimiser holds of those that are trained. */
    long diskBytes(int ofGrid) {
        long result = FLOAT * (hasAdapter() ? trained() : parameters());
        long moments = footprint.bytes().getOrDefault(MemoryPlan.Purpose.OPTIMIZER, 0L);
        return result + (kept + ofGrid) * (FLOAT * trained() + moments);
    }

    /** For people. */
    List<String> lines(long free) {
        var memory = MemoryPlan.readable(bytes()) + ": " + MemoryPlan.breakdown(footprint.bytes()) + (besideBytes == 0 ? ""
            : ", reward models " + MemoryPlan.readable(besideBytes)) + (bytes() <= free ? "" : "; this device has "
            + MemoryPlan.readable(free));
        return List.of(String.format(Locale.ROOT, "parameters %,d, of which %,d are trained", parameters() + (hasAdapter() ? trained() : 0),
            trained()), "memory " + memory, work.map(all -> String.format(Locale.ROOT,
            "%,d step%s, %s %,.0f tokens, about %.2g FLOPs", all.steps(), all.steps() == 1 ? "" : "s", all.isBound()
            ? "up to" : "about", all.tokens(), all.flops())).orElse("steps go with the rows, of which nobody knows how many there are"));
    }
}
