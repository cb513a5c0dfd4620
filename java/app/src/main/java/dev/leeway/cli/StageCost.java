package dev.leeway.cli;

import dev.leeway.tensor.MemoryPlan;
import dev.leeway.train.TrainingSession.Footprint;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * What a training would take, as far as it is known before.
 *
 * @param footprint of its session
 * @param besideBytes of models beside the session: reward models
 * @param freeBytes of the device
 * @param steps optimiser steps; empty where they go with rows that aren't there
 * @param flops of all steps; empty where steps are
 * @param kept checkpoints that it leaves, beside those of a grid
 */
record StageCost(Footprint footprint, long besideBytes, long freeBytes, OptionalLong steps, OptionalDouble flops, int kept) {

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
            trained()), "memory " + memory, (steps.isPresent() ? String.format(Locale.ROOT, "%,d steps", steps.getAsLong())
            : "steps go with the rows, of which nobody knows how many there are") + (flops.isPresent()
            ? String.format(Locale.ROOT, ", about %.2g FLOPs", flops.getAsDouble()) : ""));
    }
}
