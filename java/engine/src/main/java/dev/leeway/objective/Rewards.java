package dev.leeway.objective;

import dev.leeway.LeewayException;

/** Rewards of several functions made one. NaN stands for a reward that a function did not give, TRL's {@code None}. */
public final class Rewards {

    private Rewards() {
    }

    /**
     * Σ_k w_k r_k of every completion over the functions that rated it; NaN where none did.
     *
     * @param byFunction one array a function, one entry a completion
     * @param weights one a function ({@code reward_weights})
     */
    public static double[] weightedSum(double[][] byFunction, double[] weights) {
        if (byFunction.length == 0 || byFunction.length != weights.length) {
            throw LeewayException.usage("reward_weights needs one weight a reward function: %d functions, %d weights", byFunction.length,
                weights.length);
        }
        var sums = new double[byFunction[0].length];
        for (int i = 0; i < sums.length; i++) {
            double sum = 0;
            boolean rated = false;
            for (int k = 0; k < byFunction.length; k++) {
                double reward = byFunction[k][i];
                rated |= !Double.isNaN(reward);
                sum += Double.isNaN(reward) ? 0 : weights[k] * reward;
            }
            sums[i] = rated ? sum : Double.NaN;
        }
        return sums;
    }

    /** Rewards held between two bounds ({@code reward_clip_range}); missing ones stay missing. */
    public static double[] clipped(double[] rewards, double least, double most) {
        var held = new double[rewards.length];
        for (int i = 0; i < rewards.length; i++) {
            held[i] = Math.clamp(rewards[i], least, most);
        }
        return held;
    }

    /**
     * DAPO's soft punishment of length (Yu et al. 2025, eq. 13): 0 up to {@code longest} − {@code cache} tokens, from there down to −1 at
     * {@code longest}, and −1 beyond.
     */
    public static double overlong(int tokens, int longest, int cache) {
        if (cache < 0 || cache > longest) {
            throw LeewayException.usage("soft_punish_cache must be from 0 to max_completion_length %d, got %d", longest, cache);
        }
        if (tokens <= longest - cache) {
            return 0;
        }
        return tokens <= longest ? (double) (longest - cache - tokens) / cache : -1;
    }
}
