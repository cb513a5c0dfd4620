package dev.leeway.stats;

import java.util.Arrays;

/** Moments of a sample, and its order. */
public final class Sample {

    private Sample() {
    }

    /** Σ x / n. */
    public static double mean(double[] values) {
        Check.sample("a mean", values, 1);
        return Arrays.stream(values).sum() / values.length;
    }

    /** Σ (x − mean)² / (n − 1). */
    public static double variance(double[] values) {
        Check.sample("a variance", values, 2);
        double mean = mean(values);
        return Arrays.stream(values).map(value -> (value - mean) * (value - mean)).sum() / (values.length - 1);
    }

    /** The middle value, or the mean of both middle ones. */
    public static double median(double[] values) {
        return quantile(Check.sample("a median", values, 1), 0.5);
    }

    /** Linear between order statistics: number (n − 1) p counted from 0 (Hyndman and Fan 1996, type 7; NumPy's and R's default). */
    public static double quantile(double[] values, double p) {
        var sorted = values.clone();
        Arrays.sort(sorted);
        return at(sorted, (sorted.length - 1) * p);
    }

    /** The value at a place from 0 to n − 1, linear between two; the first or last beyond them. */
    static double at(double[] sorted, double place) {
        int below = (int) Math.floor(Math.clamp(place, 0, sorted.length - 1));
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + Math.clamp(place - below, 0, 1) * (sorted[above] - sorted[below]);
    }

    /** Item by item a − b. */
    public static double[] differences(double[] a, double[] b) {
        Check.pairs("a difference", a, b);
        var differences = new double[a.length];
        for (int i = 0; i < a.length; i++) {
            differences[i] = a[i] - b[i];
        }
        return differences;
    }

    /** 1 for the smallest; equal values share the mean of their ranks. */
    public static double[] ranks(double[] values) {
        Check.sample("ranking", values, 0);
        var order = new Integer[values.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (i, j) -> Double.compare(values[i], values[j]));
        var ranks = new double[values.length];
        for (int begin = 0, end; begin < order.length; begin = end) {
            end = begin + 1;
            while (end < order.length && values[order[end]] == values[order[begin]]) {
                end++;
            }
            for (int i = begin; i < end; i++) {
                ranks[order[i]] = (begin + 1 + end) / 2.0;
            }
        }
        return ranks;
    }

    /** 1 for the largest; equal values share the mean of their ranks. */
    public static double[] descendingRanks(double[] values) {
        return Arrays.stream(ranks(values)).map(rank -> values.length + 1 - rank).toArray();
    }
}
