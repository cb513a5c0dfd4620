package dev.leeway.train;

import dev.leeway.LeewayException;
import java.util.Arrays;
import java.util.Locale;

/**
 * The learning rate's factor over a run, as in transformers' {@code optimization.py}: the first step of a warm-up has factor 0.
 *
 * @param kind {@code lr_scheduler_type}
 * @param warmupSteps steps of the linear rise from 0
 * @param totalSteps optimiser steps of the run
 * @param minRate where cosine_with_min_lr ends, as a share of the peak
 */
public record Schedule(Kind kind, int warmupSteps, int totalSteps, double minRate) {

    /** {@code lr_scheduler_type}. */
    public enum Kind {
        /** 1 throughout. */
        CONSTANT,
        /** A rise to 1. */
        CONSTANT_WITH_WARMUP,
        /** A rise to 1, then a straight fall to 0. */
        LINEAR,
        /** A rise to 1, then half a cosine to 0 (Loshchilov and Hutter 2017, eq. 5). */
        COSINE,
        /** The same down to {@code min_lr_rate}. */
        COSINE_WITH_MIN_LR;

        /** The kind of this name, in lower case. */
        public static Kind named(String name) {
            return Arrays.stream(values()).filter(kind -> kind.toString().equals(name)).findFirst().orElseThrow(() -> LeewayException.usage(
                "lr_scheduler_type must be one of %s; got %s", String.join(", ", Arrays.stream(values()).map(Kind::toString).toList()),
                name));
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** The factor of step 0, 1, 2, … */
    public double factor(int step) {
        if (kind == Kind.CONSTANT) {
            return 1;
        }
        if (step < warmupSteps) {
            return (double) step / Math.max(1, warmupSteps);
        }
        double progress = (double) (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
        return switch (kind) {
            case CONSTANT, CONSTANT_WITH_WARMUP -> 1;
            case LINEAR -> Math.max(0, 1 - progress);
            case COSINE -> Math.max(0, halfCosine(progress));
            case COSINE_WITH_MIN_LR -> Math.max(0, halfCosine(progress) * (1 - minRate) + minRate);
        };
    }

    private static double halfCosine(double progress) {
        return 0.5 * (1 + Math.cos(Math.PI * progress));
    }
}
