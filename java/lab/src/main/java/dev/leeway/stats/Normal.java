package dev.leeway.stats;

import org.hipparchus.distribution.continuous.NormalDistribution;
import org.hipparchus.special.Erf;

/** The standard normal distribution. */
final class Normal {

    private static final NormalDistribution STANDARD = new NormalDistribution(0, 1);

    private Normal() {
    }

    static double cumulative(double z) {
        return STANDARD.cumulativeProbability(z);
    }

    static double quantile(double p) {
        return STANDARD.inverseCumulativeProbability(p);
    }

    /** How many standard deviations around 0 hold so much of it. */
    static double twoSided(double level) {
        return quantile(0.5 + Check.share("level", level) / 2);
    }

    /** P(|Z| ≥ |z|), exact to its last digits far out as well. */
    static double twoSidedP(double z) {
        return Erf.erfc(Math.abs(z) / Math.sqrt(2));
    }
}
