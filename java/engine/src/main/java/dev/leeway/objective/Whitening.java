package dev.leeway.objective;

import java.util.Arrays;
import java.util.stream.DoubleStream;

/** Mean and spread of numbers of which NaN ones do not count, and numbers scaled by them. Sums run in the order of the array. */
final class Whitening {

    private final long count;
    private final double mean;
    private final double variance;

    private Whitening(long count, double mean, double variance) {
        this.count = count;
        this.mean = mean;
        this.variance = variance;
    }

    /** Of all numbers, with Bessel's correction; fewer than two have a variance of 0. */
    static Whitening of(double[] values) {
        long count = 0;
        double sum = 0;
        for (double value : values) {
            if (!Double.isNaN(value)) {
                count++;
                sum += value;
            }
        }
        double mean = count == 0 ? 0 : sum / count;
        double squares = 0;
        for (double value : values) {
            squares += Double.isNaN(value) ? 0 : (value - mean) * (value - mean);
        }
        return new Whitening(count, mean, count < 2 ? 0 : squares / (count - 1));
    }

    /** Of all rows together. */
    static Whitening of(double[][] rows) {
        return of(Arrays.stream(rows).flatMapToDouble(DoubleStream::of).toArray());
    }

    long count() {
        return count;
    }

    double mean() {
        return mean;
    }

    double deviation() {
        return Math.sqrt(variance);
    }

    /** The rows divided by √(variance + ε), around 0, or around their own mean where {@code keepMean}. */
    double[][] whiten(double[][] rows, double epsilon, boolean keepMean) {
        double scale = 1 / Math.sqrt(variance + epsilon);
        var whitened = new double[rows.length][];
        for (int row = 0; row < rows.length; row++) {
            whitened[row] = new double[rows[row].length];
            for (int n = 0; n < rows[row].length; n++) {
                whitened[row][n] = (rows[row][n] - mean) * scale + (keepMean ? mean : 0);
            }
        }
        return whitened;
    }
}
