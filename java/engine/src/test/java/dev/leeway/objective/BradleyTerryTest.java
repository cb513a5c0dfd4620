package dev.leeway.objective;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

final class BradleyTerryTest {

    private static Targets pairs(double... margins) {
        var perSequence = new double[margins.length * 2];
        for (int i = 0; i < margins.length; i++) {
            perSequence[2 * i] = margins[i];
        }
        return new Targets(new boolean[4], new int[] {0, 1, 2, 3, 4}, new long[] {5, 5, 6, 6}, new double[0], perSequence);
    }

    private static Weighed weigh(Targets targets, double center, double... rewards) {
        return new BradleyTerry(center).weigh(Scored.of(new TokenScores().with(Column.VALUE, rewards), targets),
            Normalisers.of(List.of(targets)));
    }

    @Test
    void theLossIsTheMeanOverPairs() {
        double expected = (Math.log(1 + Math.exp(-(2 - 0.5))) + Math.log(1 + Math.exp(-(-1 - 1)))) / 2;
        var weighed = weigh(pairs(), 0, 2, 0.5, -1, 1);
        assertEquals(expected, weighed.loss(), 1e-15);
        assertEquals(0.5, weighed.metrics().get("accuracy"));
    }

    @Test
    void gradientsAreDifferencesOfTheLossWithMarginAndCentering() {
        var rewards = new double[] {2, 0.5, -1, 1};
        var gradient = weigh(pairs(0.3, 0.7), 0.01, rewards).gradients().column(Column.VALUE).orElseThrow();
        for (int i = 0; i < rewards.length; i++) {
            var above = rewards.clone();
            var below = rewards.clone();
            above[i] += 1e-5;
            below[i] -= 1e-5;
            double difference = (weigh(pairs(0.3, 0.7), 0.01, above).loss() - weigh(pairs(0.3, 0.7), 0.01, below).loss()) / 2e-5;
            // h²/6 · |f‴| ≤ 2e-11, and 2⁻⁵² / h = 2e-11 of cancellation.
            assertEquals(difference, gradient[i], 1e-10);
        }
    }

    @Test
    void farApartRewardsOverflowNothing() {
        var weighed = weigh(pairs(), 0, -2000, 2000, 2000, -2000);
        assertEquals(2000, weighed.loss(), 1e-9);
        for (double slope : weighed.gradients().column(Column.VALUE).orElseThrow()) {
            assertTrue(Double.isFinite(slope));
        }
    }
}
