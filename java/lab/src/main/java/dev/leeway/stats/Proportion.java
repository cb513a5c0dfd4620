package dev.leeway.stats;

import dev.leeway.LeewayException;

/**
 * A share of successes.
 *
 * @param successes how many
 * @param trials of how many, at least one
 */
public record Proportion(long successes, long trials) {

    /** Checks the counts. */
    public Proportion {
        if (trials < 1 || successes < 0 || successes > trials) {
            throw LeewayException.data("%d of %d is no share; at least one trial, and no more successes than trials, are expected",
                successes, trials);
        }
    }

    /** successes / trials. */
    public double value() {
        return (double) successes / trials;
    }

    /** Wilson's score interval (Wilson 1927), without a continuity correction. */
    public Interval wilson(double level) {
        double z = Normal.twoSided(level);
        double n = trials;
        double p = value();
        double middle = (p + z * z / (2 * n)) / (1 + z * z / n);
        double half = z / (1 + z * z / n) * Math.sqrt(p * (1 - p) / n + z * z / (4 * n * n));
        return new Interval(successes == 0 ? 0 : middle - half, successes == trials ? 1 : middle + half);
    }
}
