package dev.leeway.objective;

import java.util.Arrays;

/**
 * Advantages of completions from their rewards, before any forward pass. A group is a run of neighbours with the same unit id. A missing
 * reward (NaN) is left out of every mean and deviation, its completion has advantage 0, and it is counted.
 *
 * @param values one a completion
 * @param missing completions without a reward
 * @param zeroDeviation the share of completions whose deviation is 0, so that nothing can be learned from comparing them
 *     ({@code frac_reward_zero_std})
 */
public record Advantages(double[] values, int missing, double zeroDeviation) {

    /** TRL's addition to deviations. */
    public static final double EPSILON = 1e-4;

    /** Deviations up to here count as 0. */
    private static final double ZERO = 1e-8;

    /** What rewards are divided by after the mean of their group was taken off: {@code scale_rewards}. */
    public enum Scale {
        /** The deviation of the group (Shao et al. 2024, §4.1.2). */
        GROUP,
        /** The deviation of all rewards of the batch. */
        BATCH,
        /** Nothing (Liu et al. 2025, §3.2). */
        NONE;

        /** The scale with this name. */
        public static Scale named(String name) {
            return Options.named("scale_rewards", name, values());
        }
    }

    /** (R − mean of the group) / (deviation + ε), or without the division. */
    public static Advantages relative(double[] rewards, long[] unitIds, Scale scale, double epsilon) {
        double ofBatch = Whitening.of(rewards).deviation();
        var values = new double[rewards.length];
        int zero = 0;
        for (var group : Group.of(unitIds, rewards.length)) {
            var statistics = Whitening.of(Arrays.copyOfRange(rewards, group.begin(), group.end()));
            double deviation = scale == Scale.BATCH ? ofBatch : statistics.deviation();
            zero += deviation <= ZERO ? group.size() : 0;
            for (int i = group.begin(); i < group.end(); i++) {
                values[i] = less(rewards[i], statistics.mean(), statistics) / (scale == Scale.NONE ? 1 : deviation + epsilon);
            }
        }
        return of(values, zero);
    }

    /**
     * Each function's rewards scaled in their groups, added with weights, and the sums scaled over the batch (GDPO 2026):
     * {@code multi_objective_aggregation: normalize_then_sum}.
     *
     * @param byFunction one array a function, one entry a completion
     */
    public static Advantages ofScaledSum(double[][] byFunction, double[] weights, long[] unitIds, double epsilon) {
        var scaled = new double[byFunction.length][];
        for (int k = 0; k < byFunction.length; k++) {
            scaled[k] = relative(byFunction[k], unitIds, Scale.GROUP, epsilon).values();
            for (int i = 0; i < scaled[k].length; i++) {
                scaled[k][i] = Double.isNaN(byFunction[k][i]) ? Double.NaN : scaled[k][i];
            }
        }
        var sums = Rewards.weightedSum(scaled, weights);
        return scaled(sums, Whitening.of(sums), epsilon);
    }

    /**
     * R − mean of the other rewards of the group (Kool et al. 2019; Ahmadian et al. 2024, §3.3). A completion whose others have no reward
     * has advantage 0. With {@code normalize} ({@code normalize_advantages}), what comes out is scaled over the batch.
     */
    public static Advantages leaveOneOut(double[] rewards, long[] unitIds, boolean normalize, double epsilon) {
        var values = new double[rewards.length];
        int zero = 0;
        for (var group : Group.of(unitIds, rewards.length)) {
            var statistics = Whitening.of(Arrays.copyOfRange(rewards, group.begin(), group.end()));
            long others = statistics.count() - 1;
            zero += statistics.deviation() <= ZERO ? group.size() : 0;
            double sum = statistics.mean() * statistics.count();
            for (int i = group.begin(); i < group.end(); i++) {
                values[i] = others < 1 ? Double.NaN : less(rewards[i], (sum - rewards[i]) / others, statistics);
            }
        }
        if (normalize) {
            var scaled = scaled(values, Whitening.of(values), epsilon);
            return new Advantages(scaled.values(), missing(rewards), (double) zero / Math.max(1, rewards.length));
        }
        var advantages = of(values, zero);
        return new Advantages(advantages.values(), missing(rewards), advantages.zeroDeviation());
    }

    /** A reward less its baseline; exactly 0 where the rewards of a group do not differ, which their rounded mean would not be. */
    private static double less(double reward, double baseline, Whitening group) {
        return group.deviation() <= ZERO && !Double.isNaN(reward) ? 0 : reward - baseline;
    }

    /** Whether a group's rewards differ, so that it teaches something: what DAPO's dynamic sampling keeps (Yu et al. 2025, eq. 11). */
    public static boolean isInformative(double[] rewardsOfGroup) {
        return Whitening.of(rewardsOfGroup).deviation() > ZERO;
    }

    /** Every position's advantage (N), from one a sequence and a constant weight a position. */
    public static double[] perPosition(Targets targets, double[] perSequence, double[] weights) {
        var values = new double[targets.mask().length];
        for (int s = 0; s < targets.sequences(); s++) {
            for (int n = targets.sequenceStarts()[s]; n < targets.sequenceStarts()[s + 1]; n++) {
                values[n] = targets.completion()[n] ? perSequence[s] * weights[n] : 0;
            }
        }
        return values;
    }

    private static Advantages scaled(double[] values, Whitening statistics, double epsilon) {
        var scaled = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            scaled[i] = (values[i] - statistics.mean()) / (statistics.deviation() + epsilon);
        }
        return of(scaled, statistics.deviation() <= ZERO ? values.length : 0);
    }

    private static Advantages of(double[] values, int zero) {
        int missing = missing(values);
        for (int i = 0; i < values.length; i++) {
            values[i] = Double.isNaN(values[i]) ? 0 : values[i];
        }
        return new Advantages(values, missing, (double) zero / Math.max(1, values.length));
    }

    private static int missing(double[] rewards) {
        return (int) Arrays.stream(rewards).filter(Double::isNaN).count();
    }
}
