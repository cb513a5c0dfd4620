package dev.leeway.learning;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * By how much something changed: the mean of paired differences and its 95 % interval, s being their standard deviation.
 *
 * @param mean of the differences
 * @param lower end of the interval
 * @param upper end of the interval
 */
record PairedChange(double mean, double lower, double upper) {

    /** Of the same rows before and after, each of which counts as one: mean ± 1.96 s/√n. */
    static PairedChange between(double[] before, double[] after) {
        return around(IntStream.range(0, before.length).mapToDouble(i -> after[i] - before[i]).toArray(), 1.96);
    }

    /** Over three seeds, each of which counts as one: mean ± 4.303 s/√3, Student's t with two degrees of freedom. */
    static PairedChange overSeeds(List<PairedChange> seeds) {
        return overSeeds(seeds, 4.303);
    }

    /**
     * Over three seeds, one of six such intervals that hold together with 95 %. Bonferroni: each holds with 1 − 0.05/6, so each end is
     * missed with 0.05/12, q = 1 − 0.05/12 = 0.99583. Student's t with two degrees of freedom is there (2q − 1)/√(2q(1 − q)) = 10.886.
     */
    static PairedChange overSeedsOneOfSix(List<PairedChange> seeds) {
        return overSeeds(seeds, 10.886);
    }

    private static PairedChange overSeeds(List<PairedChange> seeds, double factor) {
        if (seeds.size() != 3) {
            throw new IllegalArgumentException("the factor is that of three seeds; found " + seeds.size());
        }
        return around(seeds.stream().mapToDouble(PairedChange::mean).toArray(), factor);
    }

    private static PairedChange around(double[] changes, double factor) {
        double mean = Arrays.stream(changes).average().orElseThrow();
        double squares = Arrays.stream(changes).map(change -> (change - mean) * (change - mean)).sum();
        double half = factor * Math.sqrt(squares / (changes.length - 1) / changes.length);
        return new PairedChange(mean, mean - half, mean + half);
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%+.3f (95 %% interval %+.3f to %+.3f)", mean, lower, upper);
    }
}
