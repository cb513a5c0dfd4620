package dev.leeway.train;

import dev.leeway.LeewayException;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Which completions of a rollout an optimiser step trains on. A rollout is shuffled, cut into {@code stepsPerGeneration} equal parts, and
 * gone through {@code numIterations} times; then the next rollout is drawn. Everything is a pure function of seed and step, so a run that
 * goes on from step s trains on what it would have trained on.
 *
 * @param completions completions of a rollout: {@code generation_batch_size}
 * @param stepsPerGeneration {@code steps_per_generation}
 * @param numIterations {@code num_iterations}, or PPO's {@code num_ppo_epochs}
 * @param reshuffled whether each iteration has a permutation of its own, as PPO's epochs do, or all have the first one's, as GRPO's and
 *     RLOO's
 * @param seed of the permutations
 */
public record ReplayOrder(int completions, int stepsPerGeneration, int numIterations, boolean reshuffled, long seed) {

    /** Refuses parts that are not equal. */
    public ReplayOrder {
        if (stepsPerGeneration < 1 || numIterations < 1) {
            throw LeewayException.usage("steps_per_generation and num_iterations must be at least 1; got %d and %d", stepsPerGeneration,
                numIterations);
        }
        if ((long) stepsPerGeneration * numIterations > Integer.MAX_VALUE) {
            throw LeewayException.usage("steps_per_generation %d times num_iterations %d are more steps than can be counted",
                stepsPerGeneration, numIterations);
        }
        if (completions < 1 || completions % stepsPerGeneration != 0) {
            throw LeewayException.usage("%d completions of a rollout cannot be cut into %d equal steps; make generation_batch_size a "
                + "multiple of steps_per_generation", completions, stepsPerGeneration);
        }
    }

    /** Optimiser steps that one rollout serves. */
    public int stepsPerRollout() {
        return stepsPerGeneration * numIterations;
    }

    /** Which rollout a step trains on, both from 0. */
    public int rollout(int step) {
        return step / stepsPerRollout();
    }

    /** Whether the policy at a step is the one that drew the rollout: then every ratio is 1. */
    public boolean isOnPolicy(int step) {
        return step % stepsPerRollout() == 0;
    }

    /** Whether old log-probs are needed: some step of a rollout is not its first. */
    public boolean needsOld() {
        return stepsPerRollout() > 1;
    }

    /** The completions of a step, as places in its rollout. */
    public int[] completions(int step) {
        int inside = step % stepsPerRollout();
        int iteration = reshuffled ? inside / stepsPerGeneration : 0;
        int part = inside % stepsPerGeneration;
        long stream = mix(seed ^ mix(((long) rollout(step) << 32) + iteration));
        int size = completions / stepsPerGeneration;
        return IntStream.range(0, completions).boxed()
            .sorted(Comparator.<Integer>comparingLong(place -> mix(stream + place)).thenComparing(Comparator.naturalOrder()))
            .skip((long) part * size).limit(size).mapToInt(Integer::intValue).toArray();
    }

    /** SplitMix64 (Steele et al. 2014, fig. 14): one of its outputs, for a state that counts. */
    private static long mix(long count) {
        long z = (count + 1) * 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
