package dev.leeway.stats;

import dev.leeway.LeewayException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Intervals of any statistic from resamples of its data (Efron and Tibshirani 1993). A statistic is a function of items, given by their
 * numbers, so that paired columns, ratios and medians are all resampled alike. The same seed gives the same interval.
 *
 * @param resamples how many resamples are drawn
 * @param level of the interval, as 0.95
 * @param seed of the draws
 */
public record Bootstrap(int resamples, double level, long seed) {

    /** Checks the settings. */
    public Bootstrap {
        if (resamples < 1) {
            throw LeewayException.usage("a bootstrap needs at least 1 resample; got %d", resamples);
        }
        Check.share("level", level);
    }

    /** From the (1 − level)/2 to the (1 + level)/2 quantile of the statistic over resamples of {@code items} items. */
    public Interval percentile(int items, ToDoubleFunction<int[]> statistic) {
        return between(resampled(items, statistic), (1 - level) / 2, (1 + level) / 2);
    }

    /** The same of a statistic of values. */
    public Interval percentile(double[] values, ToDoubleFunction<double[]> statistic) {
        return percentile(values.length, items -> statistic.applyAsDouble(chosen(values, items)));
    }

    /**
     * The same with quantiles corrected for bias and for a spread that changes with the statistic (BCa: Efron 1987, eq. 2.3 and 6.6, with
     * the jackknife's acceleration). Where the statistic is the same in all resamples, that is the interval.
     */
    public Interval bca(int items, ToDoubleFunction<int[]> statistic) {
        var resampled = resampled(items, statistic);
        double estimate = statistic.applyAsDouble(IntStream.range(0, items).toArray());
        if (resampled[0] == resampled[resamples - 1]) {
            return new Interval(resampled[0], resampled[0]);
        }
        double below = Arrays.stream(resampled).map(value -> value < estimate ? 1 : value == estimate ? 0.5 : 0).sum() / resamples;
        if (below == 0 || below == 1) {
            return between(resampled, (1 - level) / 2, (1 + level) / 2); // no correction is defined
        }
        double bias = Normal.quantile(below);
        double acceleration = acceleration(items, statistic);
        double z = Normal.twoSided(level);
        return between(resampled, corrected(bias, acceleration, -z), corrected(bias, acceleration, z));
    }

    /** The same of a statistic of values. */
    public Interval bca(double[] values, ToDoubleFunction<double[]> statistic) {
        return bca(values.length, items -> statistic.applyAsDouble(chosen(values, items)));
    }

    /**
     * The percentile interval where items of a cluster depend on each other: whole clusters are drawn.
     *
     * @param clusterOf of each item
     */
    public Interval clustered(long[] clusterOf, ToDoubleFunction<int[]> statistic) {
        var clusters = members(clusterOf);
        return percentile(clusters.size(), drawn -> {
            int size = 0;
            for (int cluster : drawn) {
                size += clusters.get(cluster).length;
            }
            var items = new int[size];
            int end = 0;
            for (int cluster : drawn) {
                var of = clusters.get(cluster);
                System.arraycopy(of, 0, items, end, of.length);
                end += of.length;
            }
            return statistic.applyAsDouble(items);
        });
    }

    /** The items of each cluster; clusters in the order of their first items. */
    private static List<int[]> members(long[] clusterOf) {
        var members = IntStream.range(0, clusterOf.length).boxed()
            .collect(Collectors.groupingBy(i -> clusterOf[i], LinkedHashMap::new, Collectors.toList()));
        return members.values().stream().map(items -> items.stream().mapToInt(Integer::intValue).toArray()).toList();
    }

    /** The statistic of every resample, in ascending order. */
    private double[] resampled(int items, ToDoubleFunction<int[]> statistic) {
        if (items < 2) {
            throw LeewayException.data("a bootstrap resamples at least 2 items or clusters; got %d", items);
        }
        var random = new SplittableRandom(seed);
        var drawn = new int[items];
        var values = new double[resamples];
        for (int r = 0; r < resamples; r++) {
            for (int i = 0; i < items; i++) {
                drawn[i] = random.nextInt(items);
            }
            values[r] = statistic.applyAsDouble(drawn.clone());
            if (!Double.isFinite(values[r])) {
                throw LeewayException.data("the statistic of resample %d of %d is %s; it must be a finite number for any choice of items",
                    r + 1, resamples, values[r]);
            }
        }
        Arrays.sort(values);
        return values;
    }

    /** Order statistics number (R + 1) p (Davison and Hinkley 1997, eq. 5.6), linear between them. */
    private static Interval between(double[] sorted, double low, double high) {
        return new Interval(ordered(sorted, low), ordered(sorted, high));
    }

    private static double ordered(double[] sorted, double p) {
        return Sample.at(sorted, (sorted.length + 1) * p - 1);
    }

    private static double corrected(double bias, double acceleration, double z) {
        return Normal.cumulative(bias + (bias + z) / (1 - acceleration * (bias + z)));
    }

    private static double acceleration(int items, ToDoubleFunction<int[]> statistic) {
        var without = new double[items];
        for (int left = 0; left < items; left++) {
            int out = left;
            without[left] = statistic.applyAsDouble(IntStream.range(0, items).filter(i -> i != out).toArray());
        }
        double mean = Sample.mean(without);
        double squares = Arrays.stream(without).map(value -> (mean - value) * (mean - value)).sum();
        double cubes = Arrays.stream(without).map(value -> Math.pow(mean - value, 3)).sum();
        return squares == 0 ? 0 : cubes / (6 * Math.pow(squares, 1.5));
    }

    private static double[] chosen(double[] values, int[] items) {
        return Arrays.stream(items).mapToDouble(i -> values[i]).toArray();
    }
}
