package dev.leeway.objective;

import java.util.Arrays;
import java.util.List;

/**
 * Which tokens are worth learning from: those of the highest entropy (Wang et al. 2025, eq. 6). Only these keep a policy term; the penalty
 * and the denominators are still those of all tokens. Entropies are the old policy's, stored when the tokens were drawn, of all completions
 * of a step.
 */
public final class TopEntropy {

    private TopEntropy() {
    }

    /**
     * Weights (N) of each micro-batch: 1 at the completion tokens whose entropy is among the given share of the highest, 0 elsewhere.
     *
     * @param step the targets of all micro-batches
     * @param entropies (N) of each of them
     * @param quantile the share that is kept, above 0 and up to 1: {@code top_entropy_quantile}
     */
    public static List<double[]> weights(List<Targets> step, List<double[]> entropies, double quantile) {
        Require.above(0, quantile, "top_entropy_quantile");
        Require.within(0, 1, quantile, "top_entropy_quantile");
        double threshold = threshold(step, entropies, quantile);
        var weights = new double[step.size()][];
        for (int micro = 0; micro < weights.length; micro++) {
            var completion = step.get(micro).completion();
            weights[micro] = new double[completion.length];
            for (int n = 0; n < completion.length; n++) {
                weights[micro][n] = completion[n] && entropies.get(micro)[n] >= threshold ? 1 : 0;
            }
        }
        return List.of(weights);
    }

    /** The (1 − share) quantile of all completion tokens, between two of them by linear interpolation. */
    private static double threshold(List<Targets> step, List<double[]> entropies, double quantile) {
        var all = new double[(int) Normalisers.of(step).completionTokens()];
        int next = 0;
        for (int micro = 0; micro < step.size(); micro++) {
            var completion = step.get(micro).completion();
            for (int n = 0; n < completion.length; n++) {
                if (completion[n]) {
                    all[next++] = entropies.get(micro)[n];
                }
            }
        }
        if (all.length == 0) {
            return Double.POSITIVE_INFINITY;
        }
        Arrays.sort(all);
        double rank = (1 - quantile) * (all.length - 1);
        int below = (int) rank;
        double above = all[Math.min(below + 1, all.length - 1)];
        return all[below] + (rank - below) * (above - all[below]);
    }
}
