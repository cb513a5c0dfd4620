package dev.leeway.objective;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class ProximalPolicyTest {

    private static PolicyBatch withAdvantagesOfPositions(long seed) {
        var batch = PolicyBatch.random(seed, 8);
        var random = new Random(seed);
        return batch.withAdvantages(random.doubles(batch.policy().length, -2, 2).toArray());
    }

    @Test
    void thePolicyLossKeepsTheLaws() {
        var objective = new ProximalPolicy(0.2);
        PolicyLaws.gradientsAreDifferences(objective, withAdvantagesOfPositions(1));
        PolicyLaws.splitsChangeNothing(objective, withAdvantagesOfPositions(2));
        PolicyLaws.junkIsNotRead(objective, withAdvantagesOfPositions(3));
        assertTrue(objective.needsOld());
        assertThrows(LeewayException.class, () -> new ProximalPolicy(0));
    }

    @Test
    void policyMetricsAreThoseOfTheReference() {
        double up = Math.log(1.5);
        var batch = PolicyBatch.ofLogRatios(new double[] {1}, new double[] {up, 0}).withAdvantages(new double[] {1, -1, 0});
        var metrics = batch.weigh(new ProximalPolicy(0.2)).metrics();
        assertEquals((-1.2 + 1) / 2, metrics.get("loss/policy_avg"), 1e-15);
        assertEquals(0.5, metrics.get("policy/clipfrac_avg"));
        assertEquals(1.25, metrics.get("val/ratio"), 1e-15);
        assertEquals(up * up / 4, metrics.get("policy/approxkl_avg"), 1e-15);
        assertEquals(1, metrics.get("policy/entropy_avg"));
    }

    /** Values, old values and advantages of a row; the last position is the one behind the last token. */
    private static Weighed weigh(double[] values, double[] old, double[] advantages) {
        var mask = new boolean[values.length];
        Arrays.fill(mask, true);
        mask[0] = false;
        var targets = Targets.of(mask, new int[] {0, values.length}, new long[] {1}).withAdvantages(advantages);
        var scored = Scored.of(new TokenScores().with(Column.TOKEN_VALUE, values), targets)
            .withOld(new TokenScores().with(Column.TOKEN_VALUE, old));
        return new ClippedValue(0.2, 0.1).weigh(scored, Normalisers.of(List.of(targets)));
    }

    /**
     * Returns 1, 1, 1, 1 at four positions: inside the range, held at a worse value, held at a better one, outside with the same error on
     * both sides of the return.
     */
    @Test
    void theValueLossTakesTheLargerErrorOfTheTwo() {
        var values = new double[] {Double.NaN, 0.5, 0.9, 0.1, 1.1};
        var old = new double[] {Double.NaN, 0.6, 0.3, 0.5, 0.7};
        var advantages = new double[] {Double.NaN, 0.4, 0.7, 0.5, 0.3};
        var weighed = weigh(values, old, advantages);
        double loss = (0.25 + 0.25 + 0.81 + 0.01) / 8;
        assertEquals(loss / 10, weighed.loss(), 1e-15);
        assertEquals(loss, weighed.metrics().get("loss/value_avg"), 1e-15);
        var gradient = weighed.gradients().column(Column.TOKEN_VALUE).orElseThrow();
        assertArrayEquals(new double[] {0, -0.0125, 0, -0.0225}, Arrays.copyOf(gradient, 4), 1e-15);
    }

    /** h = 2⁻¹⁶: the loss is made of parabolas, so differences are exact but for 2⁻⁵² / h. */
    @Test
    void valueGradientsAreTheDifferencesOfTheLoss() {
        var random = new Random(4);
        int count = 24;
        var values = random.doubles(count, -1, 1).toArray();
        var old = new double[count];
        Arrays.setAll(old, n -> values[n] + 0.3 * random.nextGaussian());
        var advantages = random.doubles(count, -1, 1).toArray();
        var gradient = weigh(values, old, advantages).gradients().column(Column.TOKEN_VALUE).orElseThrow();
        for (int n = 1; n < count; n++) {
            double kept = values[n];
            values[n] = kept + 0x1p-16;
            double above = weigh(values, old, advantages).loss();
            values[n] = kept - 0x1p-16;
            double below = weigh(values, old, advantages).loss();
            values[n] = kept;
            assertEquals((above - below) / 0x1p-15, gradient[n], 1e-10);
        }
    }
}
