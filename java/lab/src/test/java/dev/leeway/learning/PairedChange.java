package dev.leeway.learning;

import java.util.Arrays;
import java.util.Locale;

/**
 * By how much the share of right answers changed, row by row: the mean of (right after − right before) and its 95 % interval, mean ±
 * 1.96 s/√n, s the sample's standard deviation.
 *
 * @param mean of all rows
 * @param lower end of the interval
 * @param upper end of the interval
 */
record PairedChange(double mean, double lower, double upper) {

    /** Of the same rows before and after. */
    static PairedChange between(boolean[] before, boolean[] after) {
        int rows = before.length;
        double[] changes = new double[rows];
        for (int i = 0; i < rows; i++) {
            changes[i] = (after[i] ? 1 : 0) - (before[i] ? 1 : 0);
        }
        double mean = Arrays.stream(changes).sum() / rows;
        double squares = Arrays.stream(changes).map(change -> (change - mean) * (change - mean)).sum();
        double half = 1.96 * Math.sqrt(squares / (rows - 1) / rows);
        return new PairedChange(mean, mean - half, mean + half);
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%+.3f (95 %% interval %+.3f to %+.3f)", mean, lower, upper);
    }
}
