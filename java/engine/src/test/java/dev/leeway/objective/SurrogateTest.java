package dev.leeway.objective;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

final class SurrogateTest {

    private static Surrogate.Term at(Surrogate surrogate, double ratio, double advantage) {
        return surrogate.term(new Surrogate.Token(Math.log(ratio), ratio, -1.5, advantage));
    }

    @Test
    void clippedLossesAreThoseOfTheReference() {
        var clipped = new Surrogate.Clipped(0.2, 0.2);
        assertEquals(-1.2, at(clipped, 1.5, 1).loss(), 1e-15);
        assertEquals(1.5, at(clipped, 1.5, -1).loss(), 1e-15);
        assertEquals(-0.5, at(clipped, 0.5, 1).loss(), 1e-15);
        assertEquals(0.8, at(clipped, 0.5, -1).loss(), 1e-15);
    }

    @Test
    void onlyWhatMovesFurtherAwayLosesItsGradient() {
        var clipped = new Surrogate.Clipped(0.2, 0.28);
        assertEquals(0, at(clipped, 1.29, 1).byLogRatio());
        assertEquals(-1.27, at(clipped, 1.27, 1).byLogRatio());
        assertEquals(1.5, at(clipped, 1.5, -1).byLogRatio());
        assertEquals(0, at(clipped, 0.79, -1).byLogRatio());
        assertEquals(0.81, at(clipped, 0.81, -1).byLogRatio());
        assertEquals(-0.5, at(clipped, 0.5, 1).byLogRatio());
        assertEquals(-1, at(clipped, 1, 1).byLogRatio());
    }

    @Test
    void theSecondCapHoldsWhatNegativeAdvantagesWouldBlowUp() {
        var clipped = new Surrogate.Clipped(0.2, 0.28, 1.4);
        assertEquals(1.4, at(clipped, 50, -1).loss(), 1e-15);
        assertEquals(0, at(clipped, 50, -1).byLogRatio());
        assertEquals(1.35, at(clipped, 1.35, -1).byLogRatio());
        assertEquals(-1.28, at(clipped, 50, 1).loss(), 1e-15);
    }

    /** h = 2⁻¹⁸: h²/6 · |f‴| &lt; 1e-10 and 2⁻⁵² · 4 / h &lt; 3e-10. */
    @Test
    void slopesAreDifferencesByTheLogarithmOfTheRatio() {
        double h = 0x1p-18;
        for (var surrogate : List.of(new Surrogate.Clipped(0.2, 0.28), new Surrogate.Clipped(0.2, 0.28, 1.4),
            new Surrogate.Gated(1, 1.05))) {
            for (double ratio : new double[] {0.3, 0.79, 0.81, 1, 1.27, 1.29, 1.39, 1.41, 3}) {
                for (double advantage : new double[] {-1.3, 0.7}) {
                    double above = at(surrogate, ratio * Math.exp(h), advantage).loss();
                    double below = at(surrogate, ratio * Math.exp(-h), advantage).loss();
                    assertEquals((above - below) / (2 * h), at(surrogate, ratio, advantage).byLogRatio(), 1e-9, surrogate + " at " + ratio);
                }
            }
        }
    }

    /** (4/τ) σ(τ(ρ−1)) is 2/τ at ρ = 1, with slope 1. */
    @Test
    void theSoftGateHasTheSlopeOfTheRatioAtOne() {
        var gated = new Surrogate.Gated(1, 1.05);
        assertEquals(-2, at(gated, 1, 1).loss(), 1e-15);
        assertEquals(-1, at(gated, 1, 1).byLogRatio(), 1e-15);
        assertEquals(2 / 1.05, at(gated, 1, -1).loss(), 1e-15);
        assertEquals(1, at(gated, 1, -1).byLogRatio(), 1e-15);
        assertEquals(0, Math.abs(at(gated, Double.POSITIVE_INFINITY, 1).byLogRatio()));
    }

    @Test
    void gammaWeightIsOneAtOneAndVanishesFarAway() {
        var gamma = new Surrogate.GammaWeighted(2, 3, 3, 2);
        assertEquals(1, gamma.weight(0, 1), 1e-15);
        assertEquals(1, gamma.weight(0, -1), 1e-15);
        assertEquals(0, gamma.weight(700, 1));
        assertEquals(Math.exp(3 + 2 * Math.log(1e-8) - 3e-8), gamma.weight(-700, 1), 1e-25);
    }

    @Test
    void estimatorsOfTheDivergenceAreThoseOfTheReference() {
        assertEquals(0.0498588076, KlEstimator.K3.of(-1, -0.7), 1e-10);
        assertEquals(0.0408182207, KlEstimator.K3.of(-1, -1.3), 1e-10);
        assertEquals(-0.3, KlEstimator.K1.of(-1, -0.7), 1e-15);
    }
}
