package dev.leeway.stats;

import dev.leeway.LeewayException;
import java.util.Arrays;
import java.util.Locale;

/** How p-values of a family of tests are made larger, so that each may be compared with alpha. */
public enum Correction {
    /** Not at all. */
    NONE,
    /** min(1, m p): bounds the chance of any false positive (Bonferroni). */
    BONFERRONI,
    /** Step-down, bounds the same and refuses less (Holm 1979). */
    HOLM,
    /** Step-up, bounds the expected share of false ones among the positives (Benjamini and Hochberg 1995). */
    BENJAMINI_HOCHBERG;

    /** The correction called {@code none}, {@code bonferroni}, {@code holm} or {@code bh}. */
    public static Correction named(String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "none" -> NONE;
            case "bonferroni" -> BONFERRONI;
            case "holm" -> HOLM;
            case "bh" -> BENJAMINI_HOCHBERG;
            default -> throw LeewayException.usage("a correction is none, bonferroni, holm or bh; got %s", name);
        };
    }

    /** Adjusted p-values, in the order of {@code p}. */
    public double[] adjust(double[] p) {
        for (double value : p) {
            if (!(value >= 0 && value <= 1)) {
                throw LeewayException.data("a p-value lies between 0 and 1; got %s", value);
            }
        }
        var order = new Integer[p.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (i, j) -> Double.compare(p[i], p[j]));
        return switch (this) {
            case NONE -> p.clone();
            case BONFERRONI -> Arrays.stream(p).map(value -> Math.min(1, p.length * value)).toArray();
            case HOLM -> holm(p, order);
            case BENJAMINI_HOCHBERG -> benjaminiHochberg(p, order);
        };
    }

    private static double[] holm(double[] p, Integer[] order) {
        var adjusted = new double[p.length];
        double most = 0;
        for (int i = 0; i < order.length; i++) {
            most = Math.max(most, Math.min(1, (p.length - i) * p[order[i]]));
            adjusted[order[i]] = most;
        }
        return adjusted;
    }

    private static double[] benjaminiHochberg(double[] p, Integer[] order) {
        var adjusted = new double[p.length];
        double least = 1;
        for (int i = order.length - 1; i >= 0; i--) {
            least = Math.min(least, p.length * p[order[i]] / (i + 1));
            adjusted[order[i]] = least;
        }
        return adjusted;
    }
}
