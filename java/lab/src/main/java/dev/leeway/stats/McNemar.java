package dev.leeway.stats;

import dev.leeway.LeewayException;
import org.hipparchus.distribution.discrete.BinomialDistribution;

/**
 * The exact test (McNemar 1947) of whether two models are wrong on equally many of the same items.
 *
 * @param onlyFirst items with the outcome under the first model alone
 * @param onlySecond items with it under the second alone
 */
public record McNemar(int onlyFirst, int onlySecond) {

    /** Checks the counts. */
    public McNemar {
        if (onlyFirst < 0 || onlySecond < 0) {
            throw LeewayException.data("counts of items must be at least 0; got %d and %d", onlyFirst, onlySecond);
        }
    }

    /** Counts the items on which outcomes differ. */
    public static McNemar of(boolean[] first, boolean[] second) {
        if (first.length != second.length) {
            throw LeewayException.data("McNemar's test pairs %d outcomes with %d; give one of each for every item", first.length,
                second.length);
        }
        int a = 0;
        int b = 0;
        for (int i = 0; i < first.length; i++) {
            a += first[i] && !second[i] ? 1 : 0;
            b += second[i] && !first[i] ? 1 : 0;
        }
        return new McNemar(a, b);
    }

    /** Two-sided: twice the smaller tail of Binomial(discordant items, ½), at most 1. */
    public double p() {
        int n = onlyFirst + onlySecond;
        return n == 0 ? 1 : Math.min(1, 2 * new BinomialDistribution(n, 0.5).cumulativeProbability(Math.min(onlyFirst, onlySecond)));
    }

    /** first / second; infinite where there is no item of the second kind, NaN without any item. */
    public double oddsRatio() {
        return (double) onlyFirst / onlySecond;
    }

    /** |first − second| / √(first + second): the root of McNemar's χ²; 0 without any item. */
    public double z() {
        return onlyFirst == onlySecond ? 0 : Math.abs(onlyFirst - onlySecond) / Math.sqrt(onlyFirst + onlySecond);
    }

    /** Cohen's g (Cohen 1988, §5.2): how far the larger share of the discordant items is from a half; 0 without any. */
    public double cohensG() {
        int n = onlyFirst + onlySecond;
        return n == 0 ? 0 : (double) Math.max(onlyFirst, onlySecond) / n - 0.5;
    }
}
