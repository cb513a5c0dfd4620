package dev.leeway.stats;

import static dev.leeway.stats.Simulation.TRIALS;
import static dev.leeway.stats.Simulation.normal;
import static dev.leeway.stats.Simulation.random;
import static dev.leeway.stats.Simulation.share;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.stats.LogisticRegression.Outcomes;
import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.hipparchus.distribution.discrete.BinomialDistribution;
import org.junit.jupiter.api.Test;

/**
 * 10,000 trials in which nothing differs: each test finds something in as many as a binomial count of 10,000 with its nominal chance may
 * be, in its central 99 %: at 5 %, 4.44 to 5.57 % of them. The figures stand in docs/statistics.md.
 */
final class SimulatedNullTest {

    private static final double ALPHA = 0.05;

    /** Where a test is discrete, its chance is not alpha but the largest that its values of p allow. */
    private static void assertRate(String name, double chance, double found) {
        var counts = new BinomialDistribution(TRIALS, chance);
        double low = counts.inverseCumulativeProbability(0.005) / (double) TRIALS;
        double high = counts.inverseCumulativeProbability(0.995) / (double) TRIALS;
        assertTrue(low <= found && found <= high, name + ": " + found + " is not from " + low + " to " + high);
    }

    private static double rate(ToDoubleFunction<SplittableRandom> p) {
        return share(random -> p.applyAsDouble(random) <= ALPHA);
    }

    private static void assertNominal(String name, ToDoubleFunction<SplittableRandom> p) {
        assertRate(name, ALPHA, rate(p));
    }

    @Test
    void tTestsKeepTheirLevel() {
        assertNominal("paired", random -> TTest.paired(normal(random, 12, 1), normal(random, 12, 3), 0.95).p());
        assertNominal("Welch", random -> TTest.welch(normal(random, 15, 1), normal(random, 40, 3), 0.95).p());
    }

    /** An interval lacks the true 0 as often as a test at its level finds something. */
    @Test
    void intervalsOfMeansKeepTheirLevel() {
        assertNominal("drift over 30 prompts", random -> outside(Drift.magnitude(normal(random, 30, 1), normal(random, 30, 1), 0.95)
            .interval()));
        assertNominal("three seeds", random -> outside(TTest.interval(normal(random, 3, 1), 0.95)));
    }

    private static double outside(Optional<Interval> interval) {
        return interval.orElseThrow().contains(0) ? 1 : 0;
    }

    /** 199 draws: p is a multiple of 1/200, so 5 % is one of its values. */
    @Test
    void permutationsKeepTheirLevel() {
        assertNominal("of samples", random -> new Permutation(199, random.nextLong()).welch(normal(random, 8, 1), normal(random, 8, 1)));
        assertNominal("of pairs", random -> new Permutation(199, random.nextLong()).paired(normal(random, 20, 1), normal(random, 20, 1)));
    }

    @Test
    void rankTestsKeepTheirLevel() {
        assertNominal("signed ranks, exact", random -> Wilcoxon.signedRank(normal(random, 40, 1), normal(random, 40, 1)).p());
        assertNominal("signed ranks, normal", random -> Wilcoxon.signedRank(normal(random, 80, 1), normal(random, 80, 1)).p());
        assertNominal("signed ranks with ties and zeros", random -> Wilcoxon.signedRank(ratings(random, 80), ratings(random, 80)).p());
        assertNominal("Pearson", random -> Correlation.pearson(normal(random, 15, 1), normal(random, 15, 1), 0.95).p());
        assertNominal("Spearman", random -> Correlation.spearman(normal(random, 30, 1), normal(random, 30, 1), 0.95).p());
    }

    /** 1 to 7. */
    private static double[] ratings(SplittableRandom random, int count) {
        return IntStream.range(0, count).mapToDouble(_ -> 1 + random.nextInt(7)).toArray();
    }

    /**
     * 100 items, each wrong under either model with chance .3: 42 discordant ones on average. An exact test of counts has few values of p;
     * its chance of one up to alpha, by summing over all counts, is 3.53 %, and the rate must be that.
     */
    @Test
    void mcNemarsRateIsTheLargestThatItsCountsAllow() {
        double discordant = 2 * 0.3 * 0.7;
        double chance = 0;
        for (int n = 0; n <= 100; n++) {
            double size = 0;
            for (int first = 0; first <= n; first++) {
                size += new McNemar(first, n - first).p() <= ALPHA ? new BinomialDistribution(n, 0.5).probability(first) : 0;
            }
            chance += size * new BinomialDistribution(100, discordant).probability(n);
        }
        assertTrue(chance > 0.03 && chance < ALPHA, chance + "");
        assertRate("McNemar", chance, rate(random -> McNemar.of(wrong(random), wrong(random)).p()));
    }

    private static boolean[] wrong(SplittableRandom random) {
        var wrong = new boolean[100];
        for (int i = 0; i < wrong.length; i++) {
            wrong[i] = random.nextDouble() < 0.3;
        }
        return wrong;
    }

    @Test
    void eachTermOfAnAnalysisOfVarianceKeepsItsLevel() {
        var terms = Term.list("g", "h", "x", "g:h");
        var found = IntStream.range(0, TRIALS).parallel().mapToObj(trial -> {
            var random = random(trial);
            return Anova.typeTwo(factors(random, 48), terms, normal(random, 48, 1));
        }).toList();
        for (var term : terms) {
            long significant = found.stream().filter(one -> one.effect(term.toString()).p() <= ALPHA).count();
            assertRate(term.toString(), ALPHA, significant / (double) TRIALS);
        }
    }

    private static Observations factors(SplittableRandom random, int rows) {
        return Observations.ofRows(rows).withFactor("g", "a", levels(rows, i -> "aabc".substring(i % 4, i % 4 + 1)))
            .withFactor("h", "p", levels(rows, i -> i / 4 % 2 == 0 ? "p" : "q")).withNumber("x", normal(random, rows, 1));
    }

    private static String[] levels(int rows, Function<Integer, String> level) {
        return IntStream.range(0, rows).boxed().map(level).toArray(String[]::new);
    }

    private static Outcomes outcomes(SplittableRandom random, double[] logOdds) {
        var trials = new double[logOdds.length];
        Arrays.fill(trials, 1);
        return new Outcomes(Simulation.outcomes(random, logOdds), trials);
    }

    /** Wald's p is normal for many rows only: 500 here. */
    @Test
    void logisticRegressionsKeepTheirLevel() {
        assertNominal("coefficient", random -> LogisticRegression.fit(Observations.ofRows(500).withNumber("x", normal(random, 500, 1)),
            Term.list("x"), outcomes(random, constant(500, -0.7))).coefficient("x").p());
        assertNominal("average marginal effect", random -> LogisticRegression.fit(Observations.ofRows(500)
            .withNumber("ft", shared(500)).withNumber("x", normal(random, 500, 1)), Term.list("ft", "x"),
            outcomes(random, constant(500, -0.7))).averageMarginalEffect("ft", 0.95).p());
        assertNominal("average slope", random -> LogisticRegression.fit(Observations.ofRows(500).withNumber("x", normal(random, 500, 1)),
            Term.list("x"), outcomes(random, constant(500, -0.7))).averageSlope("x", 0.95).p());
    }

    /** Log-odds that clusters of 5 share, and a covariate that is one number a cluster: plain errors would be far too small. */
    @Test
    void errorsByClusterKeepTheirLevelWherePlainOnesDoNot() {
        assertNominal("clustered", random -> dependent(random, 200).clustered(Simulation.clusters(1000, 5)).coefficient("x").p());
        double plain = rate(random -> dependent(random, 200).coefficient("x").p());
        assertTrue(plain > 0.12, "plain: " + plain);
    }

    private static LogisticRegression dependent(SplittableRandom random, int clusters) {
        var x = Simulation.shared(normal(random, clusters, 1), 5);
        return LogisticRegression.fit(Observations.ofRows(x.length).withNumber("x", x), Term.list("x"),
            outcomes(random, Simulation.shared(normal(random, clusters, 1.5), 5)));
    }

    private static double[] constant(int rows, double value) {
        var values = new double[rows];
        Arrays.fill(values, value);
        return values;
    }

    /** 0 and 1 by turns. */
    private static double[] shared(int rows) {
        return IntStream.range(0, rows).mapToDouble(i -> i % 2).toArray();
    }

    /** Of ten true nulls: any found. Bonferroni's and Holm's chance is 1 − (1 − α / 10)^10; Benjamini and Hochberg's is α (Simes). */
    @Test
    void correctionsKeepTheFamilysLevel() {
        double bonferroni = 1 - Math.pow(1 - ALPHA / 10, 10);
        assertRate("Bonferroni", bonferroni, any(Correction.BONFERRONI));
        assertRate("Holm", bonferroni, any(Correction.HOLM));
        assertRate("Benjamini-Hochberg", ALPHA, any(Correction.BENJAMINI_HOCHBERG));
        assertTrue(any(Correction.NONE) > 0.35, "without a correction");
    }

    private static double any(Correction correction) {
        return share(random -> least(correction.adjust(family(random, 0)), 0) <= ALPHA);
    }

    /** p of ten paired tests; the first {@code effects} have a difference of a standard deviation. */
    private static double[] family(SplittableRandom random, int effects) {
        return IntStream.range(0, 10).mapToDouble(i -> TTest.paired(Arrays.stream(normal(random, 12, 1)).map(value -> value
            + (i < effects ? 1 : 0)).toArray(), new double[12], 0.95).p()).toArray();
    }

    private static double least(double[] p, int begin) {
        return Arrays.stream(p, begin, p.length).min().orElseThrow();
    }

    /** Five true and five false: the mean share of false findings is α · 5/10 (Benjamini and Hochberg's bound, exact for independent p). */
    @Test
    void falseFindingsKeepTheirShareAmongTrueOnes() {
        var shares = IntStream.range(0, TRIALS).parallel().mapToDouble(trial -> {
            var q = Correction.BENJAMINI_HOCHBERG.adjust(family(random(trial), 5));
            double found = Arrays.stream(q).filter(value -> value <= ALPHA).count();
            return found == 0 ? 0 : Arrays.stream(q, 5, 10).filter(value -> value <= ALPHA).count() / found;
        }).toArray();
        double error = Math.sqrt(Sample.variance(shares) / TRIALS);
        assertTrue(Math.abs(Sample.mean(shares) - ALPHA / 2) <= 2.576 * error, "false discovery rate: " + Sample.mean(shares));
        double holm = share(random -> least(Correction.HOLM.adjust(family(random, 5)), 5) <= ALPHA);
        assertTrue(holm <= ALPHA, "Holm is below alpha: " + holm);
    }
}
