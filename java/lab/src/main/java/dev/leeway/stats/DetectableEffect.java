package dev.leeway.stats;

import dev.leeway.LeewayException;
import org.hipparchus.distribution.continuous.ChiSquaredDistribution;
import org.hipparchus.distribution.continuous.TDistribution;

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

    /** The same with alpha shared by so many tests (Bonferroni; what Holm and Benjamini-Hochberg ask of a family's first finding). */
    public DetectableEffect among(int tests) {
        return new DetectableEffect(alpha / atLeastOne(tests), power);
    }

    /**
     * Of a mean difference of {@link PairedRuns}, by Student's t: with few runs it is far above what normal quantiles say.
     *
     * @param spread of the differences, from an earlier study
     * @param runs of each arm
     * @param items that each is evaluated on
     * @param unit what the claim is about
     */
    public double ofRuns(PairedRuns.Spread spread, int runs, int items, PairedRuns.Unit unit) {
        double item = spread.ofItems() / atLeastOne(items);
        double run = spread.ofRuns() / atLeastOne(runs);
        double rest = spread.rest() / items / runs;
        return switch (unit) {
            case ITEMS -> student(Math.sqrt(item + rest), items - 1.0);
            case RUNS -> student(Math.sqrt(run + rest), runs - 1.0);
            case BOTH -> student(Math.sqrt(item + run + rest),
                PairedRuns.degrees(new double[] {item + rest, run + rest, rest}, items, runs, 1 - alpha));
        };
    }

    /**
     * Of an estimate with this standard error, whose t has these degrees of freedom: where the non-central t's upper and lower tails have
     * the power.
     */
    public double student(double error, double degrees) {
        if (!(degrees >= 1)) {
            throw LeewayException.usage("a t-test needs at least 2 items or runs");
        }
        double critical = new TDistribution(degrees).inverseCumulativeProbability(1 - alpha / 2);
        double low = 0;
        double high = critical;
        while (found(high, critical, degrees) < power) {
            high *= 2;
        }
        for (int halving = 0; halving < 60; halving++) {
            double middle = (low + high) / 2;
            if (found(middle, critical, degrees) < power) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return high * requireError(error);
    }

    /** P(|Z + shift| ≥ critical √(χ² / degrees)): a sum over the density of the root, in 4,000 steps. */
    private static double found(double shift, double critical, double degrees) {
        var squares = new ChiSquaredDistribution(degrees);
        double step = Math.sqrt(squares.inverseCumulativeProbability(1 - 1e-12) / degrees) / 4000;
        double sum = 0;
        for (int i = 0; i < 4000; i++) {
            double root = (i + 0.5) * step;
            double tails = Normal.cumulative(shift - critical * root) + Normal.cumulative(-shift - critical * root);
            sum += tails * 2 * degrees * root * squares.density(degrees * root * root) * step;
        }
        return sum;
    }

    /**
     * Of two shares on the same items, by McNemar's test (Connor 1987): the difference δ with δ √n = z_{1−α/2} √ψ + z_{power} √(ψ − δ²).
     *
     * @param discordant ψ, share of items on which outcomes differ
     */
    public double mcNemar(double discordant, int items) {
        Check.share("share of discordant items", discordant);
        double root = Math.sqrt(atLeastOne(items));
        double a = Normal.quantile(1 - alpha / 2) * Math.sqrt(discordant);
        double b = Normal.quantile(power);
        double difference = (root * a + b * Math.sqrt(discordant * (items + b * b) - a * a)) / (items + b * b);
        if (!(difference < discordant)) {
            throw LeewayException.usage("of %d items of which a share of %s is discordant no difference is found with power %s; more items "
                + "are needed", items, discordant, power);
        }
        return difference;
    }

    private double of(double error) {
        return (Normal.quantile(1 - alpha / 2) + Normal.quantile(power)) * requireError(error);
    }

    private static double requireError(double error) {
        if (!(error >= 0)) {
            throw LeewayException.usage("a standard deviation must be at least 0");
        }
        return error;
    }

    private static int atLeastOne(int items) {
        if (items < 1) {
            throw LeewayException.usage("a test needs at least 1 item; got %d", items);
        }
        return items;
    }
}
