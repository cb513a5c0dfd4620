package dev.leeway.stats;

import java.util.Arrays;

/**
 * The signed-rank test (Wilcoxon 1945) of whether differences of pairs lie around 0. Differences of 0 are left out. Up to 50 differences
 * without ties p is exact; else it is that of a normal distribution whose variance is corrected for ties (SciPy's rule).
 *
 * @param positiveRanks sum of the ranks of positive differences
 * @param count differences that are not 0
 * @param p two-sided
 */
public record Wilcoxon(double positiveRanks, int count, double p) {

    private static final int MOST_EXACT = 50;

    /** Of a − b, pair by pair. */
    public static Wilcoxon signedRank(double[] a, double[] b) {
        var all = Check.sample("a signed-rank test", Sample.differences(a, b), 1);
        var differences = Arrays.stream(all).filter(difference -> difference != 0).toArray();
        var ranks = Sample.ranks(Arrays.stream(differences).map(Math::abs).toArray());
        double positive = 0;
        for (int i = 0; i < ranks.length; i++) {
            positive += differences[i] > 0 ? ranks[i] : 0;
        }
        int n = differences.length;
        boolean tied = Arrays.stream(ranks).distinct().count() < n;
        double p = n == 0 ? 1 : n <= MOST_EXACT && !tied && n == all.length ? exact(positive, n) : normal(positive, ranks);
        return new Wilcoxon(positive, n, p);
    }

    /** P of a sum of ranks as far from its mean, by counting the subsets of 1 … n with each sum. */
    private static double exact(double positive, int n) {
        int most = n * (n + 1) / 2;
        var share = new double[most + 1];
        share[0] = 1;
        for (int rank = 1; rank <= n; rank++) {
            for (int sum = most; sum >= 0; sum--) {
                share[sum] = (share[sum] + (sum >= rank ? share[sum - rank] : 0)) / 2;
            }
        }
        int tail = (int) Math.min(positive, most - positive);
        return Math.min(1, 2 * Arrays.stream(share, 0, tail + 1).sum());
    }

    private static double normal(double positive, double[] ranks) {
        double n = ranks.length;
        double variance = Arrays.stream(ranks).map(rank -> rank * rank).sum() / 4; // Σ rank² / 4 is the variance, tied or not
        return Normal.twoSidedP((positive - n * (n + 1) / 4) / Math.sqrt(variance));
    }
}
