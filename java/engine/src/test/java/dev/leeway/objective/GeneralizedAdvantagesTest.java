package dev.leeway.objective;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.leeway.LeewayException;
import dev.leeway.objective.GeneralizedAdvantages.Episode;
import dev.leeway.objective.GeneralizedAdvantages.Settings;
import java.util.List;
import org.junit.jupiter.api.Test;

final class GeneralizedAdvantagesTest {

    private static final Settings NO_PENALTY = new Settings(1, 0.95, 0, KlEstimator.K1, false, 1e-8);

    private static Episode episode(double score, double... values) {
        return new Episode(new double[3], new double[3], values, score);
    }

    @Test
    void estimatesAreThoseOfTheReference() {
        var found = GeneralizedAdvantages.of(List.of(episode(1, 0.5, 0.4, 0.3)), NO_PENALTY);
        assertArrayEquals(new double[] {0, 0, 1}, found.rewards()[0], 1e-15);
        assertArrayEquals(new double[] {0.43675, 0.565, 0.7}, found.advantages()[0], 1e-15);
        assertArrayEquals(new double[] {0.93675, 0.965, 1}, found.returns()[0], 1e-15);
        assertArrayEquals(new double[] {-0.9913441, -0.0170921, 1.0084362}, found.whitened()[0], 5e-8);
    }

    @Test
    void aValueBehindTheLastTokenCarriesTheScore() {
        var found = GeneralizedAdvantages.of(List.of(episode(1, 0.5, 0.4, 0.3, 0.2)), NO_PENALTY);
        assertArrayEquals(new double[] {0, 0, 0, 1}, found.rewards()[0], 1e-15);
        assertEquals(0.8, found.advantages()[0][3], 1e-15);
        assertEquals(0.2 - 0.3 + 0.95 * 0.8, found.advantages()[0][2], 1e-15);
        assertEquals(4, found.returns()[0].length);
        assertEquals(3, found.whitened()[0].length);
    }

    /** λ = 1 and γ = 1: an advantage is the sum of the rewards from there on, less the value. */
    @Test
    void withoutDiscountItIsTheSumOfRewardsLessTheValue() {
        var episode = new Episode(new double[] {-1, -2, -3}, new double[] {-1.5, -1, -3}, new double[] {0.1, 0.2, 0.3}, 2);
        var found = GeneralizedAdvantages.of(List.of(episode), new Settings(1, 1, 0.1, KlEstimator.K1, false, 1e-8));
        assertArrayEquals(new double[] {-0.05, 0.1, 2}, found.tokenRewards()[0], 1e-15);
        assertArrayEquals(new double[] {2.05 - 0.1, 2.1 - 0.2, 2 - 0.3}, found.advantages()[0], 1e-15);
        assertArrayEquals(new double[] {2.05, 2.1, 2}, found.returns()[0], 1e-15);
    }

    @Test
    void whitenedRewardsKeepTheirMean() {
        var found = GeneralizedAdvantages.of(List.of(episode(3, 0, 0, 0), episode(0, 0, 0, 0)),
            new Settings(1, 1, 0, KlEstimator.K3, true, 0));
        double deviation = Math.sqrt((2.5 * 2.5 + 5 * 0.25) / 5);
        assertEquals(0.5 + 2.5 / deviation, found.rewards()[0][2], 1e-15);
        assertEquals(0.5 - 0.5 / deviation, found.rewards()[1][0], 1e-15);
        assertEquals(3, found.tokenRewards()[0][2]);
    }

    @Test
    void whateverDoesNotFitIsRefused() {
        assertThrows(LeewayException.class, () -> episode(1, 0.5, 0.4));
        assertThrows(LeewayException.class, () -> episode(1, 1, 2, 3, 4, 5));
        assertThrows(LeewayException.class, () -> new Episode(new double[0], new double[0], new double[0], 1));
        assertThrows(LeewayException.class, () -> new Settings(1.1, 1, 0, KlEstimator.K1, false, 0));
        assertThrows(LeewayException.class, () -> new Settings(1, Double.NaN, 0, KlEstimator.K1, false, 0));
        assertThrows(LeewayException.class, () -> KlEstimator.named("k2"));
        assertEquals(KlEstimator.K3, KlEstimator.named("k3"));
    }
}
