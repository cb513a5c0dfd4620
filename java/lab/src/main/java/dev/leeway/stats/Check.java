package dev.leeway.stats;

import dev.leeway.LeewayException;

/** What every statistic asks of its input. */
final class Check {

    private Check() {
    }

    /** Refuses samples that are too small or have a value that is no finite number. */
    static double[] sample(String what, double[] values, int atLeast) {
        if (values.length < atLeast) {
            throw LeewayException.data("%s needs at least %d values; got %d", what, atLeast, values.length);
        }
        for (int i = 0; i < values.length; i++) {
            if (!Double.isFinite(values[i])) {
                throw LeewayException.data("%s: value %d is %s; leave missing values out, in both samples where they are paired", what,
                    i + 1, values[i]);
            }
        }
        return values;
    }

    /** Refuses samples of different sizes. */
    static void pairs(String what, double[] a, double[] b) {
        if (a.length != b.length) {
            throw LeewayException.data("%s pairs %d values with %d; give one of each for every item", what, a.length, b.length);
        }
    }

    /** Refuses what is no share between 0 and 1. */
    static double share(String name, double value) {
        if (!(value > 0 && value < 1)) {
            throw LeewayException.usage("%s must be between 0 and 1; got %s", name, value);
        }
        return value;
    }
}
