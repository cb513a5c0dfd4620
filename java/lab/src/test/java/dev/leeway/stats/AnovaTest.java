package dev.leeway.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against statsmodels 0.13.5: anova_lm(ols("v ~ C(g) * C(h) * ft"), typ=2), on cells of different sizes. */
final class AnovaTest {

    private static final Anova FOUND = Anova.typeTwo(Reference.observations(), Term.list("g", "h", "ft", "g:h", "g:ft", "h:ft", "g:h:ft"),
        Reference.numbers("v"));

    @ParameterizedTest
    @CsvSource({"g, 2, 52.86713415669452, 28.39490646796379, 2.38091060014041e-11", "h, 1, 0.570906243022621, 0.6132668105124124, "
        + "0.4346629879673848", "g:h, 2, 5.618280672600833, 3.0175752242675355, 0.05157912036769034", "ft, 1, 15.618534270563899, "
        + "16.77741102685403, 6.52295042984031e-05", "g:ft, 2, 1.8617284279806796, 0.999933236868422, 0.370082818488076",
        "h:ft, 1, 0.015611569235140102, 0.01676992919404582, 0.8971179180973108",
        "g:h:ft, 2, 0.2813304561894249, 0.15110242152357614, 0.8598763493747944"})
    void effectsAreStatsmodels(String term, int degrees, double squares, double f, double p) {
        var effect = FOUND.effect(term);
        assertEquals(degrees, effect.degrees());
        assertEquals(squares, effect.squares(), 1e-9);
        assertEquals(f, effect.f(), 1e-9 * f + 1e-12);
        assertEquals(p, effect.p(), 1e-9 * p);
    }

    @Test
    void whatIsLeftIsStatsmodels() {
        assertEquals(156.39562941236179, FOUND.residualSquares(), 1e-9);
        assertEquals(168, FOUND.residualDegrees());
    }
}
