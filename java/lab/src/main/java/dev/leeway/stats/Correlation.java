package dev.leeway.stats;

import dev.leeway.LeewayException;
import java.util.Arrays;
import org.hipparchus.distribution.continuous.TDistribution;
import org.hipparchus.util.FastMath;

/** How far two measures of the same items go together. */
public final class Correlation {

    private Correlation() {
    }

    /**
     * Pearson's r. p is that of t = r √((n − 2) / (1 − r²)) with n − 2 degrees of freedom, exact for normal values; the interval is
     * Fisher's (1921), tanh(artanh r ± z / √(n − 3)).
     */
    public static TestResult pearson(double[] a, double[] b, double level) {
        Check.pairs("a correlation", a, b);
        double meanOfA = Sample.mean(Check.sample("a correlation", a, 4));
        double meanOfB = Sample.mean(Check.sample("a correlation", b, 4));
        double products = 0;
        for (int i = 0; i < a.length; i++) {
            products += (a[i] - meanOfA) * (b[i] - meanOfB);
        }
        double squares = squares(a, meanOfA) * squares(b, meanOfB);
        if (squares == 0) {
            throw LeewayException.data("a correlation needs values that differ, in both measures; all of one are %s",
                squares(a, meanOfA) == 0 ? a[0] : b[0]);
        }
        return result(Math.clamp(products / Math.sqrt(squares), -1, 1), a.length, level);
    }

    /** Spearman's rank correlation: Pearson's of average ranks, its p and interval likewise, so approximate. */
    public static TestResult spearman(double[] a, double[] b, double level) {
        return pearson(Sample.ranks(a), Sample.ranks(b), level);
    }

    private static double squares(double[] values, double mean) {
        return Arrays.stream(values).map(value -> (value - mean) * (value - mean)).sum();
    }

    private static TestResult result(double r, int n, double level) {
        double t = r * Math.sqrt((n - 2) / ((1 - r) * (1 + r)));
        double middle = FastMath.atanh(r);
        double half = Normal.twoSided(level) / Math.sqrt(n - 3);
        double p = Math.abs(r) == 1 ? 0 : 2 * new TDistribution(n - 2).cumulativeProbability(-Math.abs(t));
        return new TestResult(r, new Interval(Math.tanh(middle - half), Math.tanh(middle + half)), t, n - 2, p);
    }
}
