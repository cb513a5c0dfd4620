package dev.leeway.stats;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * 10,000 trials in which nothing differs: each test finds something in 5 % of them, within 4 standard deviations of a binomial count (87
 * of 10,000, a chance of 6e-5 each); and intervals hold the truth in 95 %.
 */
final class SimulatedNullTest {

    private static final int TRIALS = 10_000;
    private static final double ALPHA = 0.05;

    private static double rate(ToDoubleFunction<SplittableRandom> p) {
        return IntStream.range(0, TRIALS).parallel()
            .filter(trial -> p.applyAsDouble(new SplittableRandom(900_001L * trial)) <= ALPHA).count() / (double) TRIALS;
    }

    private static void assertNominal(String name, ToDoubleFunction<SplittableRandom> p) {
        double found = rate(p);
        double deviation = Math.sqrt(ALPHA * (1 - ALPHA) / TRIALS);
        assertTrue(Math.abs(found - ALPHA) <= 4 * deviation, name + ": " + found);
    }

    private static double[] normal(SplittableRandom random, int count, double deviation) {
        var values = new double[count];
        Arrays.setAll(values, _ -> deviation * random.nextGaussian());
        return values;
    }

    @Test
    void tTestsKeepTheirLevel() {
        assertNominal("paired", random -> TTest.paired(normal(random, 12, 1), normal(random, 12, 3), 0.95).p());
        assertNominal("Welch", random -> TTest.welch(normal(random, 15, 1), normal(random, 40, 3), 0.95).p());
    }

    /** 199 draws: p is a multiple of 1/200, so 5 % is one of its values. */
    @Test
    void permutationsKeepTheirLevel() {
        assertNominal("of samples", random -> new Permutation(199, random.nextLong()).welch(normal(random, 8, 1), normal(random, 8, 1)));
        assertNominal("of pairs", random -> new Permutation(199, random.nextLong()).paired(normal(random, 20, 1), normal(random, 20, 1)));
    }

    /** An exact test of counts has few values of p: of 30 items 4.28 % have 9 or fewer of a kind, and with 10 p is above alpha. */
    @Test
    void exactTestsAreNotAboveTheirLevel() {
        double mcNemar = rate(random -> {
            int first = 0;
            for (int i = 0; i < 30; i++) {
                first += random.nextBoolean() ? 1 : 0;
            }
            return new McNemar(first, 30 - first).p();
        });
        assertTrue(Math.abs(mcNemar - 0.0428) <= 4 * Math.sqrt(0.0428 * 0.9572 / TRIALS), "McNemar: " + mcNemar);
        assertNominal("signed ranks", random -> Wilcoxon.signedRank(normal(random, 40, 1), normal(random, 40, 1)).p());
    }

    @Test
    void regressionsKeepTheirLevel() {
        assertNominal("analysis of variance", random -> Anova.typeTwo(groups(random, 36), Term.list("g", "x"), normal(random, 36, 1))
            .effect("g").p());
        double wald = rate(random -> {
            var outcomes = new boolean[300];
            for (int i = 0; i < outcomes.length; i++) {
                outcomes[i] = random.nextInt(3) == 0;
            }
            return LogisticRegression.fit(Observations.ofRows(300).withNumber("x", normal(random, 300, 1)), Term.list("x"),
                LogisticRegression.Outcomes.of(outcomes)).coefficient("x").p();
        });
        assertTrue(wald >= 0.04 && wald <= 0.0587, "Wald's test is normal for many rows only: " + wald);
    }

    private static Observations groups(SplittableRandom random, int rows) {
        var names = IntStream.range(0, rows).mapToObj(i -> "abc".substring(i % 3, i % 3 + 1)).toArray(String[]::new);
        return Observations.ofRows(rows).withFactor("g", "a", names).withNumber("x", normal(random, rows, 1));
    }

    @Test
    void intervalsHoldTheTruthIn95Percent() {
        assertCovers("Welch", random -> TTest.welch(normal(random, 15, 1), normal(random, 40, 3), 0.95).interval(), 0);
        assertCovers("percentile", random -> resampling(random).percentile(normal(random, 250, 1), Sample::mean), 0);
        assertCovers("BCa", random -> resampling(random).bca(normal(random, 250, 1), Sample::mean), 0);
        assertCovers("Wilson", random -> {
            long successes = IntStream.range(0, 400).filter(_ -> random.nextDouble() < 0.3).count();
            return new Proportion(successes, 400).wilson(0.95);
        }, 0.3);
        assertCovers("clustered", SimulatedNullTest::clusteredInterval, 0);
    }

    private static Bootstrap resampling(SplittableRandom random) {
        return new Bootstrap(999, 0.95, random.nextLong());
    }

    /** 250 clusters of 2 items, two thirds of whose variance they share. */
    private static Interval clusteredInterval(SplittableRandom random) {
        var shared = normal(random, 250, Math.sqrt(2));
        var values = normal(random, 500, 1);
        var clusters = new long[500];
        Arrays.setAll(clusters, i -> i / 2);
        Arrays.setAll(values, i -> values[i] + shared[i / 2]);
        return resampling(random).clustered(clusters, items -> {
            double sum = 0;
            for (int i : items) {
                sum += values[i];
            }
            return sum / items.length;
        });
    }

    private static void assertCovers(String name, java.util.function.Function<SplittableRandom, Interval> interval, double truth) {
        int trials = 4000;
        double held = IntStream.range(0, trials).parallel()
            .filter(trial -> interval.apply(new SplittableRandom(700_001L * trial)).contains(truth)).count() / (double) trials;
        assertTrue(held >= 0.94 && held <= 0.96, name + ": " + held);
    }
}
