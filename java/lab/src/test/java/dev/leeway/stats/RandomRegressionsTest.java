package dev.leeway.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.stats.LogisticRegression.Outcomes;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Twelve sets of 60 to 120 random rows and what Debian's statsmodels 0.13.5 makes of them: Logit by Newton's method to 1e-14, plain and
 * with cov_type "cluster", get_margeff(dummy=True) of both, anova_lm(typ=2). Coefficients of size 1 to 6 agree to 1e-8: what is left where
 * either stops stepping, times the fit's condition.
 */
final class RandomRegressionsTest {

    private static final double BOUND = 1e-8;
    private static final Table DATA = Table.resource("random.csv");
    private static final Table FITS = Table.resource("random-fits.csv");

    private static Table rows(int set) {
        return DATA.where("set", Integer.toString(set));
    }

    private static Observations observations(Table rows) {
        return Observations.ofRows(rows.size()).withNumber("x", rows.numbers("x")).withNumber("ft", rows.numbers("ft"))
            .withFactor("g", "a", rows.texts("g")).withFactor("h", "p", rows.texts("h"));
    }

    private static Outcomes outcomes(Table rows) {
        var trials = new double[rows.size()];
        Arrays.fill(trials, 1);
        return new Outcomes(rows.numbers("y"), trials);
    }

    private static long[] clusters(Table rows) {
        return Arrays.stream(rows.numbers("cluster")).mapToLong(cluster -> (long) cluster).toArray();
    }

    private static void assertAgree(double expected, double found, String what) {
        assertEquals(expected, found, BOUND * Math.max(1, Math.abs(expected)), what);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})
    void coefficientsAreStatsmodels(int set) {
        var rows = rows(set);
        var fit = LogisticRegression.fit(observations(rows), Term.list("ft", "h", "ft:h", "x", "g"), outcomes(rows));
        var clustered = fit.clustered(clusters(rows));
        var expected = FITS.where("set", Integer.toString(set)).where("fit", "logit");
        assertEquals(7, expected.size());
        for (int i = 0; i < expected.size(); i++) {
            String name = expected.texts("name")[i];
            assertAgree(expected.numbers("first")[i], fit.coefficient(name).estimate(), name);
            assertAgree(expected.numbers("second")[i], fit.coefficient(name).error(), name + "'s error");
            assertAgree(expected.numbers("third")[i], clustered.coefficient(name).error(), name + "'s error by cluster");
            assertAgree(expected.numbers("p")[i], fit.coefficient(name).p(), name + "'s p");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})
    void averageMarginalEffectsAreStatsmodels(int set) {
        var rows = rows(set);
        var fit = LogisticRegression.fit(observations(rows), Term.list("ft", "x", "g", "h"), outcomes(rows));
        var clustered = fit.clustered(clusters(rows));
        var expected = FITS.where("set", Integer.toString(set)).where("fit", "effect");
        assertEffect(expected.where("name", "ft"), fit.averageMarginalEffect("ft", 0.95), clustered.averageMarginalEffect("ft", 0.95));
        assertEffect(expected.where("name", "x"), fit.averageSlope("x", 0.95), clustered.averageSlope("x", 0.95));
    }

    private static void assertEffect(Table expected, TestResult plain, TestResult clustered) {
        assertAgree(expected.numbers("first")[0], plain.estimate(), "estimate");
        assertAgree(expected.numbers("second")[0], plain.estimate() / plain.statistic(), "error");
        assertAgree(expected.numbers("third")[0], clustered.estimate() / clustered.statistic(), "error by cluster");
        assertAgree(expected.numbers("p")[0], plain.p(), "p");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})
    void analysesOfVarianceAreStatsmodels(int set) {
        var rows = rows(set);
        var found = Anova.typeTwo(observations(rows), Term.list("g", "h", "ft", "x", "g:h", "ft:h"), rows.numbers("v"));
        var expected = FITS.where("set", Integer.toString(set)).where("fit", "anova");
        assertEquals(6, expected.size());
        for (int i = 0; i < expected.size(); i++) {
            var effect = found.effect(expected.texts("name")[i]);
            assertAgree(expected.numbers("first")[i], effect.squares(), effect + "");
            assertEquals(expected.numbers("second")[i], effect.degrees());
            assertAgree(expected.numbers("third")[i], effect.f(), effect + "");
            assertAgree(expected.numbers("p")[i], effect.p(), effect + "");
        }
    }

    /** A slope of an interaction follows from all coefficients that its column is in: here by a small step of x. */
    @Test
    void aSlopeTakesInteractionsAlong() {
        var rows = rows(0);
        var data = observations(rows);
        var fit = LogisticRegression.fit(data, Term.list("x", "ft", "x:ft"), outcomes(rows));
        double step = 1e-5;
        double sum = 0;
        for (int i = 0; i < rows.size(); i++) {
            double ft = rows.numbers("ft")[i];
            double x = rows.numbers("x")[i];
            sum += (probability(fit, x + step, ft) - probability(fit, x - step, ft)) / (2 * step);
        }
        assertEquals(sum / rows.size(), fit.averageSlope("x", 0.95).estimate(), 1e-9, "third derivatives × 1e-10, and rounding / 1e-5");
        var coefficient = fit.coefficient("x");
        assertTrue(coefficient.interval(0.95).contains(coefficient.estimate() + 1.95 * coefficient.error()));
        assertTrue(!coefficient.interval(0.95).contains(coefficient.estimate() + 1.97 * coefficient.error()));
    }

    private static double probability(LogisticRegression fit, double x, double ft) {
        double logOdds = fit.coefficient("intercept").estimate() + x * fit.coefficient("x").estimate()
            + ft * fit.coefficient("ft").estimate() + x * ft * fit.coefficient("x:ft").estimate();
        return 1 / (1 + Math.exp(-logOdds));
    }
}
