package dev.leeway.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.stats.LogisticRegression.Outcomes;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against statsmodels 0.13.5: GLM(Binomial), Logit with cov_type "cluster", get_margeff(dummy=True); 1e-9, where its steps end. */
final class LogisticRegressionTest {

    private static final double BOUND = 1e-9;
    private static final LogisticRegression FIT = LogisticRegression.fit(Reference.observations(), Term.list("ft", "h", "ft:h", "x", "g"),
        Reference.outcomes());

    @ParameterizedTest
    @CsvSource({
        "intercept, -0.9914908468464151, 0.4117165339763063, 0.5313188785753585, 0.0160319197065865",
        "h[q], 0.48831393755396024, 0.4382335969292929, 0.538053556003071, 0.2651600578816722",
        "g[b], 0.7828999827166027, 0.3907003049720094, 0.3769311572002889, 0.04508745381243999",
        "g[c], 0.09191644280300637, 0.4146462595845634, 0.40979030039216585, 0.8245673939589953",
        "ft, 1.0476474144750252, 0.4930195525618848, 0.4589930383614289, 0.03358985151997162",
        "ft:h[q], -0.6286014499705113, 0.6558111829913849, 0.6430783946175622, 0.33780574900932714",
        "x, 0.5714687898768521, 0.17926372142954325, 0.17212685655181528, 0.0014332675462811436"})
    void coefficientsAndBothErrorsAreStatsmodels(String name, double estimate, double error, double clustered, double p) {
        var found = FIT.coefficient(name);
        assertEquals(estimate, found.estimate(), BOUND);
        assertEquals(error, found.error(), BOUND);
        assertEquals(p, found.p(), BOUND);
        var clusters = Arrays.stream(Reference.numbers("cluster")).mapToLong(value -> (long) value).toArray();
        assertEquals(clustered, FIT.clustered(clusters).coefficient(name).error(), BOUND);
    }

    @Test
    void theLikelihoodIsStatsmodels() {
        assertEquals(-112.07007288745962, FIT.logLikelihood(), BOUND);
    }

    @Test
    void theAverageMarginalEffectIsStatsmodels() {
        var effect = LogisticRegression.fit(Reference.observations(), Term.list("ft", "x", "g"), Reference.outcomes())
            .averageMarginalEffect("ft", 0.95);
        assertEquals(0.15900384, effect.estimate(), 5e-9);
        assertEquals(0.07055182, (effect.interval().high() - effect.estimate()) / Normal.twoSided(0.95), 5e-9);
    }

    /** By hand: with the interaction, in rows of level q alone, the effect is of both coefficients. */
    @Test
    void theEffectInAStratumTakesInteractionsAlong() {
        var q = new boolean[Reference.texts("h").length];
        double sum = 0;
        int count = 0;
        var g = Reference.texts("g");
        var x = Reference.numbers("x");
        for (int i = 0; i < q.length; i++) {
            q[i] = Reference.texts("h")[i].equals("q");
            if (q[i]) {
                double rest = value("intercept") + value("h[q]") + value("x") * x[i] + (g[i].equals("a") ? 0 : value("g[" + g[i] + "]"));
                sum += 1 / (1 + Math.exp(-rest - value("ft") - value("ft:h[q]"))) - 1 / (1 + Math.exp(-rest));
                count++;
            }
        }
        assertEquals(sum / count, FIT.averageMarginalEffect("ft", q, 0.95).estimate(), 1e-14);
    }

    private static double value(String name) {
        return FIT.coefficient(name).estimate();
    }

    @Test
    void countsOfTrialsAreAsManyRows() {
        var single = LogisticRegression.fit(Observations.ofRows(7).withNumber("x", 0, 0, 0, 0, 1, 1, 1), Term.list("x"),
            Outcomes.of(true, false, false, false, true, true, false));
        var grouped = LogisticRegression.fit(Observations.ofRows(2).withNumber("x", 0, 1), Term.list("x"),
            new Outcomes(new double[] {1, 2}, new double[] {4, 3}));
        assertEquals(single.coefficient("x").estimate(), grouped.coefficient("x").estimate(), 1e-12);
        assertEquals(single.coefficient("x").error(), grouped.coefficient("x").error(), 1e-12);
        assertEquals(Math.log(2 / (1.0 / 3)), grouped.coefficient("x").estimate(), 1e-12);
    }

    @Test
    void separatedOutcomesAndDependentColumnsAreRefused() {
        var separated = assertThrows(LeewayException.class, () -> LogisticRegression.fit(
            Observations.ofRows(6).withNumber("x", 0, 0, 0, 1, 1, 1), Term.list("x"), Outcomes.of(false, true, false, true, true, true)));
        assertTrue(separated.getMessage().contains("of x grows without bound"), separated.getMessage());
        var dependent = assertThrows(LeewayException.class, () -> LogisticRegression.fit(Observations.ofRows(6)
            .withNumber("x", 0, 0, 0, 1, 1, 1).withNumber("z", 2, 2, 2, 0, 0, 0), Term.list("x", "z"),
            Outcomes.of(false, true, false, true, false, true)));
        assertTrue(dependent.getMessage().contains("not independent"), dependent.getMessage());
    }

    /** A year is far from 0 all the time; its coefficient times its range is what may be large. */
    @Test
    void aCovariateThatIsFarFromZeroIsNoSeparation() {
        var years = Arrays.stream(Reference.numbers("x")).map(x -> 2024 + x).toArray();
        var data = Observations.ofRows(years.length).withNumber("year", years);
        assertEquals(LogisticRegression.fit(Reference.observations(), Term.list("x"), Reference.outcomes()).coefficient("x").estimate(),
            LogisticRegression.fit(data, Term.list("year"), Reference.outcomes()).coefficient("year").estimate(), 1e-8);
    }

    @Test
    void aMarginalEffectIsOfAnIndicatorInTheFit() {
        for (var column : new String[] {"typo", "x", "g"}) {
            var refused = assertThrows(LeewayException.class, () -> FIT.averageMarginalEffect(column, 0.95));
            assertTrue(refused.getMessage().contains(column), refused.getMessage());
        }
    }
}
