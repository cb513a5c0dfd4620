package dev.leeway.stats;

import dev.leeway.LeewayException;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Tests that compare a statistic with what it is when labels mean nothing. p = (1 + at least as extreme) / (1 + draws): never 0, and valid
 * for any number of draws (Phipson and Smyth 2010).
 *
 * @param draws random permutations
 * @param seed of them
 */
public record Permutation(int draws, long seed) {

    /** Statistics this close to the observed one are equal to it: sums of the same terms in another order. */
    private static final double ROUNDING = 1e-12;

    /** Checks the number. */
    public Permutation {
        if (draws < 1) {
            throw LeewayException.usage("a permutation test needs at least 1 draw; got %d", draws);
        }
    }

    /** Two-sided p of Welch's t, when values change samples. */
    public double welch(double[] a, double[] b) {
        Check.sample("a permutation test", a, 2);
        Check.sample("a permutation test", b, 2);
        var pool = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, pool, a.length, b.length);
        double observed = Math.abs(t(pool, a.length));
        var random = new SplittableRandom(seed);
        int extreme = 0;
        for (int draw = 0; draw < draws; draw++) {
            for (int i = 0; i < a.length; i++) {
                int other = i + random.nextInt(pool.length - i);
                double value = pool[i];
                pool[i] = pool[other];
                pool[other] = value;
            }
            extreme += Math.abs(t(pool, a.length)) >= observed * (1 - ROUNDING) ? 1 : 0;
        }
        return (1.0 + extreme) / (1.0 + draws);
    }

    /** Two-sided p of the mean of a − b, when both values of an item change places. */
    public double paired(double[] a, double[] b) {
        var differences = Check.sample("a paired permutation test", Sample.differences(a, b), 1);
        double observed = Math.abs(Arrays.stream(differences).sum());
        double rounding = ROUNDING * Arrays.stream(differences).map(Math::abs).sum();
        var random = new SplittableRandom(seed);
        int extreme = 0;
        for (int draw = 0; draw < draws; draw++) {
            double sum = 0;
            for (double difference : differences) {
                sum += random.nextBoolean() ? difference : -difference;
            }
            extreme += Math.abs(sum) >= observed - rounding ? 1 : 0;
        }
        return (1.0 + extreme) / (1.0 + draws);
    }

    /** Welch's t of the first {@code size} values against the others; 0 where all are equal. */
    private static double t(double[] pool, int size) {
        double first = mean(pool, 0, size);
        double second = mean(pool, size, pool.length);
        double error = squares(pool, 0, size, first) / (size - 1) / size
            + squares(pool, size, pool.length, second) / (pool.length - size - 1) / (pool.length - size);
        return first == second ? 0 : (first - second) / Math.sqrt(error);
    }

    private static double mean(double[] values, int begin, int end) {
        double sum = 0;
        for (int i = begin; i < end; i++) {
            sum += values[i];
        }
        return sum / (end - begin);
    }

    private static double squares(double[] values, int begin, int end, double mean) {
        double sum = 0;
        for (int i = begin; i < end; i++) {
            sum += (values[i] - mean) * (values[i] - mean);
        }
        return sum;
    }
}
