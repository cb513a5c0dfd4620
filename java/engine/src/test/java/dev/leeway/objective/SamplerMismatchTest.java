package dev.leeway.objective;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.leeway.LeewayException;
import dev.leeway.objective.SamplerMismatch.Mode;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SamplerMismatchTest {

    private static final double NAN = Double.NaN;
    private static final Targets TARGETS = Targets.of(new boolean[] {true, true, false, true, false}, new int[] {0, 3, 5},
        new long[] {1, 1});
    private static final double[] OLD = {-1, -1, NAN, -1, NAN};
    /** Ratios 2 and 4, product 8; ratio ½. */
    private static final double[] SAMPLER = {-1 - Math.log(2), -1 - Math.log(4), NAN, -1 + Math.log(2), NAN};

    private static double[] weights(Mode mode, double least, double most) {
        return new SamplerMismatch(mode, least, most).weights(TARGETS, OLD, SAMPLER).values();
    }

    @Test
    void ratiosAreHeldOrDroppedByTokenOrCompletion() {
        assertArrayEquals(new double[] {2, 3, 1, 0.5, 1}, weights(Mode.TOKEN_TRUNCATE, 0, 3), 1e-15);
        assertArrayEquals(new double[] {2, 3, 1, 1, 1}, weights(Mode.TOKEN_TRUNCATE, 1, 3), 1e-15);
        assertArrayEquals(new double[] {2, 0, 1, 0.5, 1}, weights(Mode.TOKEN_MASK, 0, 3), 1e-15);
        assertArrayEquals(new double[] {3, 3, 1, 0.5, 1}, weights(Mode.SEQUENCE_TRUNCATE, 0, 3), 1e-15);
        assertArrayEquals(new double[] {0, 0, 1, 0.5, 1}, weights(Mode.SEQUENCE_MASK, 0, 3), 1e-15);
        assertArrayEquals(new double[] {8, 8, 1, 0, 1}, weights(Mode.SEQUENCE_MASK, 0.6, Double.POSITIVE_INFINITY), 1e-14);
    }

    @Test
    void metricsAreThoseOfTheReference() {
        var metrics = SamplerMismatch.DEFAULTS.weights(TARGETS, OLD, SAMPLER).metrics();
        assertEquals(Math.log(4), metrics.get("sampling/sampling_logp_difference/max"), 1e-15);
        assertEquals(Math.log(2) * 4 / 3, metrics.get("sampling/sampling_logp_difference/mean"), 1e-15);
        assertEquals(0.25, metrics.get("sampling/importance_sampling_ratio/mean"), 1e-15);
        assertEquals(0, metrics.get("sampling/importance_sampling_ratio/min"));
        assertEquals(0.5, metrics.get("sampling/importance_sampling_ratio/max"), 1e-15);
    }

    /** A constant factor of a policy term and the same factor of its advantage are one thing. */
    @Test
    void weightsInTheAdvantagesMultiplyTheGradient() {
        var batch = PolicyBatch.ofLogRatios(new double[] {1, -1}, new double[] {0.1, 0.5}, new double[] {-0.4});
        var weights = new double[] {2, 0.5, 1, 3, 1};
        var objective = GrpoSettings.DEFAULTS.objective();
        var plain = batch.gradient(objective).clone();
        var weighed = batch.withAdvantages(Advantages.perPosition(batch.targets(), batch.targets().advantages(), weights))
            .gradient(objective);
        for (int n = 0; n < weights.length; n++) {
            assertEquals(plain[n] * weights[n], weighed[n], 1e-15);
        }
    }

    @Test
    void boundsThatLeaveNothingAreRefused() {
        assertThrows(LeewayException.class, () -> new SamplerMismatch(Mode.TOKEN_MASK, 3, 3));
        assertThrows(LeewayException.class, () -> new SamplerMismatch(Mode.TOKEN_MASK, -1, 3));
        assertThrows(LeewayException.class, () -> Mode.named("token"));
        assertEquals(Mode.SEQUENCE_TRUNCATE, Mode.named("sequence_truncate"));
    }

    /** Ascending 0.1, 0.2, 0.4, 0.8 over both micro-batches: the 0.5 quantile is 0.3, the 0.75 quantile 0.5. */
    @Test
    void theTokensOfHighestEntropyAreThoseOfTheWholeStep() {
        var other = Targets.of(new boolean[] {true, false}, new int[] {0, 2}, new long[] {2});
        var entropies = List.of(new double[] {0.4, 0.1, 9, 0.2, NAN}, new double[] {0.8, 9});
        var half = TopEntropy.weights(List.of(TARGETS, other), entropies, 0.5);
        assertArrayEquals(new double[] {1, 0, 0, 0, 0}, half.get(0));
        assertArrayEquals(new double[] {1, 0}, half.get(1));
        assertArrayEquals(new double[5], TopEntropy.weights(List.of(TARGETS, other), entropies, 0.25).get(0));
        assertArrayEquals(new double[] {1, 1, 0, 1, 0}, TopEntropy.weights(List.of(TARGETS, other), entropies, 1).get(0));
        assertThrows(LeewayException.class, () -> TopEntropy.weights(List.of(TARGETS), entropies, 0));
    }
}
