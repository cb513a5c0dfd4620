package dev.leeway.objective;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.objective.Advantages.Scale;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class AdvantagesTest {

    private static final double[] REWARDS = {1, 0, 0, 2};
    private static final long[] ONE_GROUP = {7, 7, 7, 7};

    private static double[] relative(double[] rewards, long[] units, Scale scale) {
        return Advantages.relative(rewards, units, scale, Advantages.EPSILON).values();
    }

    @Test
    void advantagesOfAGroupAreThoseOfTheReference() {
        assertArrayEquals(new double[] {0.261089, -0.783268, -0.783268, 1.305446}, relative(REWARDS, ONE_GROUP, Scale.GROUP), 5e-7);
        assertArrayEquals(new double[] {0.25, -0.75, -0.75, 1.25}, relative(REWARDS, ONE_GROUP, Scale.NONE));
        assertArrayEquals(new double[] {1.0 / 3, -1, -1, 5.0 / 3}, Advantages.leaveOneOut(REWARDS, ONE_GROUP, false, 0).values(), 1e-15);
    }

    @Test
    void batchScalingDividesByTheDeviationOfAllRewards() {
        var rewards = new double[] {0, 2, 10, 12};
        var units = new long[] {1, 1, 2, 2};
        double deviation = Math.sqrt((36 + 16 + 16 + 36) / 3.0) + 1e-4;
        assertArrayEquals(new double[] {-1 / deviation, 1 / deviation, -1 / deviation, 1 / deviation},
            relative(rewards, units, Scale.BATCH), 1e-15);
        double ofGroup = Math.sqrt(2) + 1e-4;
        assertArrayEquals(new double[] {-1 / ofGroup, 1 / ofGroup, -1 / ofGroup, 1 / ofGroup},
            relative(rewards, units, Scale.GROUP), 1e-15);
    }

    @Test
    void aMissingRewardIsLeftOutAndCounted() {
        var rewards = new double[] {1, Double.NaN, 0, 2};
        var advantages = Advantages.relative(rewards, ONE_GROUP, Scale.NONE, 0);
        assertArrayEquals(new double[] {0, 0, -1, 1}, advantages.values());
        assertEquals(1, advantages.missing());
        var others = Advantages.leaveOneOut(rewards, ONE_GROUP, false, 0);
        assertArrayEquals(new double[] {0, 0, -1.5, 1.5}, others.values(), 1e-15);
        assertEquals(1, others.missing());
    }

    @Test
    void aGroupWithOneRewardTeachesNothing() {
        var rewards = new double[] {Double.NaN, 3, Double.NaN, Double.NaN};
        assertArrayEquals(new double[4], relative(rewards, ONE_GROUP, Scale.GROUP));
        var others = Advantages.leaveOneOut(rewards, ONE_GROUP, false, 0);
        assertArrayEquals(new double[4], others.values());
        assertEquals(3, others.missing());
        var none = Advantages.relative(new double[] {Double.NaN, Double.NaN}, new long[] {1, 1}, Scale.BATCH, 1e-4);
        assertArrayEquals(new double[2], none.values());
        assertEquals(2, none.missing());
    }

    @Test
    void groupsWithoutSpreadAreCounted() {
        var rewards = new double[] {1, 1, 0, 1};
        var units = new long[] {1, 1, 2, 2};
        assertEquals(0.5, Advantages.relative(rewards, units, Scale.GROUP, 1e-4).zeroDeviation());
        assertEquals(0.5, Advantages.relative(rewards, units, Scale.NONE, 1e-4).zeroDeviation());
        assertEquals(0, Advantages.relative(rewards, units, Scale.BATCH, 1e-4).zeroDeviation());
        assertEquals(0.5, Advantages.leaveOneOut(rewards, units, false, 1e-4).zeroDeviation());
        assertFalse(Advantages.isInformative(new double[] {1, 1, Double.NaN}));
        assertTrue(Advantages.isInformative(new double[] {1, 1, 0}));
    }

    @Test
    void normalisedLeaveOneOutHasMeanZeroAndDeviationOne() {
        var values = Advantages.leaveOneOut(new double[] {1, 0, 3, 2, 5, 5, 4, 0}, new long[] {1, 1, 1, 1, 2, 2, 2, 2}, true, 0).values();
        assertEquals(0, Arrays.stream(values).sum(), 1e-14);
        assertEquals(7, Arrays.stream(values).map(a -> a * a).sum(), 1e-13);
    }

    /** Each function scaled alone: [−1, 1]/√2 and [1, −1]/√2, weights 1 and 3, so [√2, −√2], whose deviation is 2. */
    @Test
    void severalObjectivesMayBeScaledBeforeTheyAreAdded() {
        var advantages = Advantages.ofScaledSum(new double[][] {{0, 100}, {1, 0}}, new double[] {1, 3}, new long[] {1, 1}, 0);
        assertArrayEquals(new double[] {Math.sqrt(0.5), -Math.sqrt(0.5)}, advantages.values(), 1e-15);
        var partly = Advantages.ofScaledSum(new double[][] {{0, 1, Double.NaN, Double.NaN}, {0, 1, Double.NaN, 1}}, new double[] {1, 1},
            new long[] {1, 1, 2, 2}, 0);
        assertEquals(0, partly.values()[2]);
        assertEquals(1, partly.missing());
    }

    @Test
    void rewardsAreAddedOverTheFunctionsThatGaveOne() {
        var sums = Rewards.weightedSum(new double[][] {{1, Double.NaN, Double.NaN}, {2, 3, Double.NaN}}, new double[] {1, 0.5});
        assertArrayEquals(new double[] {2, 1.5, Double.NaN}, sums);
        assertThrows(LeewayException.class, () -> Rewards.weightedSum(new double[1][1], new double[2]));
        assertArrayEquals(new double[] {-1, 0.5, Double.NaN}, Rewards.clipped(new double[] {-3, 0.5, Double.NaN}, -1, 1));
    }

    @Test
    void lengthIsPunishedSoftlyAndThenFully() {
        assertEquals(0, Rewards.overlong(80, 100, 20));
        assertEquals(-0.5, Rewards.overlong(90, 100, 20));
        assertEquals(-1, Rewards.overlong(100, 100, 20));
        assertEquals(-1, Rewards.overlong(101, 100, 20));
        assertEquals(0, Rewards.overlong(100, 100, 0));
        assertThrows(LeewayException.class, () -> Rewards.overlong(1, 10, 11));
    }

    @Test
    void theDivergenceOfACompletionIsTakenOffItsReward() {
        var targets = Targets.of(new boolean[] {false, true, true, false, true, false}, new int[] {0, 4, 6}, new long[] {1, 1});
        var policy = new double[] {Double.NaN, -1, -2, Double.NaN, -3, Double.NaN};
        var reference = new double[] {Double.NaN, -1.5, -1, Double.NaN, -3.25, Double.NaN};
        var divergence = KlReward.ofCompletions(targets, policy, reference);
        assertArrayEquals(new double[] {-0.5, 0.25}, divergence);
        assertArrayEquals(new double[] {1.05, Double.NaN}, KlReward.penalised(new double[] {1, Double.NaN}, divergence, 0.1), 1e-15);
    }

    @Test
    void constantWeightsMultiplyTheAdvantageOfAPosition() {
        var targets = Targets.of(new boolean[] {false, true, true, false, true, false}, new int[] {0, 4, 6}, new long[] {1, 1});
        assertArrayEquals(new double[] {0, 2, 4, 0, -3, 0},
            Advantages.perPosition(targets, new double[] {2, -1}, new double[] {9, 1, 2, 9, 3, 9}));
    }

    @Test
    void aGroupThatIsTornApartIsRefused() {
        assertThrows(LeewayException.class, () -> relative(REWARDS, new long[] {1, 2, 1, 2}, Scale.GROUP));
        assertThrows(LeewayException.class, () -> relative(REWARDS, new long[] {1, 1}, Scale.GROUP));
        assertThrows(LeewayException.class, () -> Scale.named("std"));
        assertEquals(Scale.BATCH, Scale.named("batch"));
    }

    @Test
    void extremesAreKeptWhereOtherMetricsAddUp() {
        var sum = Metrics.sum(Map.of("kl", 0.25, "clip_ratio/low_min", 0.5, "clip_ratio/high_max", 0.1),
            Map.of("kl", 0.5, "clip_ratio/low_min", 0.25, "clip_ratio/high_max", 0.75));
        assertEquals(Map.of("kl", 0.75, "clip_ratio/low_min", 0.25, "clip_ratio/high_max", 0.75), sum);
    }
}
