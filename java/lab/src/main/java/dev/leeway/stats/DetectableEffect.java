package dev.leeway.stats;

import dev.leeway.LeewayException;

/**
 * The smallest true difference that a two-sided test finds with a given power: (z_{1−α/2} + z_{power}) times the standard error (Cohen
 * 1988, by normal quantiles). What a planned study can see.
 *
 * @param alpha chance of a false positive
 * @param power chance of finding a difference of that size
 */
public record DetectableEffect(double alpha, double power) {

    /** Checks the chances. */
    public DetectableEffect {
        Check.share("alpha", alpha);
        Check.share("power", power);
    }

    /** Of a mean of differences over {@code items} items, whose standard deviation is {@code deviation}. */
    public double paired(double deviation, int items) {
        return of(deviation / Math.sqrt(atLeastOne(items)));
    }

    /** Of two means. */
    public double twoSamples(double deviation, int first, int second) {
        return of(deviation * Math.sqrt(1.0 / atLeastOne(first) + 1.0 / atLeastOne(second)));
    }

    /** Of two shares near {@code share}. */
    public double proportions(double share, int first, int second) {
        return twoSamples(Math.sqrt(Check.share("share", share) * (1 - share)), first, second);
    }

    private double of(double error) {
        if (!(error >= 0)) {
            throw LeewayException.usage("a standard deviation must be at least 0");
        }
        return (Normal.quantile(1 - alpha / 2) + Normal.quantile(power)) * error;
    }

    private static int atLeastOne(int items) {
        if (items < 1) {
            throw LeewayException.usage("a test needs at least 1 item; got %d", items);
        }
        return items;
    }
}
