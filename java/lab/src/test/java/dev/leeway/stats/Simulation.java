package dev.leeway.stats;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/** 10,000 trials, each with its own seed, so that a rate is the same whenever and wherever it is counted. */
final class Simulation {

    static final int TRIALS = 10_000;

    private Simulation() {
    }

    /** The share of trials in which something happens. */
    static double share(Predicate<SplittableRandom> happens) {
        return IntStream.range(0, TRIALS).parallel().filter(trial -> happens.test(random(trial))).count() / (double) TRIALS;
    }

    static SplittableRandom random(int trial) {
        return new SplittableRandom(900_001L * trial);
    }

    static double[] normal(SplittableRandom random, int count, double deviation) {
        var values = new double[count];
        Arrays.setAll(values, _ -> deviation * random.nextGaussian());
        return values;
    }

    /** 0 or 1, 1 with chance 1 / (1 + exp(−logOdds)). */
    static double[] outcomes(SplittableRandom random, double[] logOdds) {
        return Arrays.stream(logOdds).map(value -> random.nextDouble() < 1 / (1 + Math.exp(-value)) ? 1 : 0).toArray();
    }

    /** Items 0 … n − 1 in clusters of {@code size}. */
    static long[] clusters(int items, int size) {
        return IntStream.range(0, items).mapToLong(i -> i / size).toArray();
    }

    /** One value a cluster, for each of its items. */
    static double[] shared(double[] values, int size) {
        return IntStream.range(0, values.length * size).mapToDouble(i -> values[i / size]).toArray();
    }
}
