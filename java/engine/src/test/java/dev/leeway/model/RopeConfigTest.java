package dev.leeway.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.leeway.model.RopeConfig.Linear;
import dev.leeway.model.RopeConfig.Llama3;
import dev.leeway.model.RopeConfig.None;
import dev.leeway.model.RopeConfig.Yarn;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Frequencies against formulas written in another way: by wavelengths and turns. Both sides are double; 1e-13 covers some twenty roundings
 * and pow.
 */
final class RopeConfigTest {

    private static final int DIM = 32;

    private interface Formula {
        double at(int pair, double plain);
    }

    private static void requireFrequencies(RopeConfig config, Formula formula) {
        var found = config.inverseFrequencies();
        assertEquals(config.rotaryDim() / 2, found.length);
        var expected = IntStream.range(0, found.length).mapToDouble(j ->
            formula.at(j, Math.exp(-Math.log(config.theta()) * 2 * j / config.rotaryDim()))).toArray();
        for (int j = 0; j < found.length; j++) {
            assertEquals(1, found[j] / expected[j], 1e-13, "pair " + j);
        }
    }

    @Test
    void plainFrequenciesFallGeometrically() {
        requireFrequencies(new RopeConfig(1e4, DIM, new None()), (j, plain) -> plain);
        assertArrayEquals(new double[] {1, 0.01}, new RopeConfig(1e4, 4, new None()).inverseFrequencies(), 1e-17);
    }

    @Test
    void partOfAHeadMayTurn() {
        requireFrequencies(new RopeConfig(1e4, 12, new None()), (j, plain) -> plain);
    }

    @Test
    void linearScalingDividesEveryFrequency() {
        requireFrequencies(new RopeConfig(1e4, DIM, new Linear(2.5)), (j, plain) -> plain / 2.5);
    }

    @Test
    void llama3KeepsFastPairsStretchesSlowOnesAndBlendsBetween() {
        requireFrequencies(new RopeConfig(5e5, 128, new Llama3(8, 1, 4, 8192)), (j, plain) -> {
            double turns = 8192 * plain / (2 * Math.PI);
            double kept = turns > 4 ? 1 : turns < 1 ? 0 : (turns - 1) / 3;
            return plain * (kept + (1 - kept) / 8);
        });
    }

    @Test
    void yarnBlendsByTurnsWithinTheOriginalContext() {
        requireFrequencies(new RopeConfig(1e4, DIM, new Yarn(4, 64, 8, 0.5, false, 1)), (j, plain) -> {
            double first = pairOfTurns(8);
            double last = pairOfTurns(0.5);
            double stretched = Math.min(1, Math.max(0, (j - Math.max(0, first)) / (Math.min(DIM - 1, last) - Math.max(0, first))));
            return plain * ((1 - stretched) + stretched / 4);
        });
    }

    @Test
    void yarnRoundsItsRampOutwardsByDefault() {
        requireFrequencies(new RopeConfig(1e4, DIM, new Yarn(4, 64, 8, 0.5, true, 1)), (j, plain) -> {
            double first = Math.max(0, Math.floor(pairOfTurns(8)));
            double stretched = Math.min(1, Math.max(0, (j - first) / (Math.ceil(pairOfTurns(0.5)) - first)));
            return plain * ((1 - stretched) + stretched / 4);
        });
    }

    /** The pair j (a real number) whose wave θ^(−2j/d) turns so often over 64 positions. */
    private static double pairOfTurns(double turns) {
        return DIM / 2.0 * Math.log(64 / (2 * Math.PI * turns)) / Math.log(1e4);
    }

    @Test
    void yarnAloneScalesCosineAndSine() {
        assertEquals(0.1 * Math.log(4) + 1, Yarn.defaultAttentionFactor(4), 1e-15);
        assertEquals(1, Yarn.defaultAttentionFactor(1));
        assertEquals(1.25, new RopeConfig(1e4, DIM, new Yarn(4, 64, 32, 1, true, 1.25)).attentionFactor());
        assertEquals(1, new RopeConfig(1e4, DIM, new Linear(2)).attentionFactor());
    }
}
