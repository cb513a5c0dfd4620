package dev.leeway.train;

import java.util.Arrays;
import java.util.List;

/** Which tokens of a step keep a policy term: 1 for those of the highest entropy, 0 for the others. */
final class TopTokens {

    private TopTokens() {
    }

    /** Weights of each token of each completion of a step. */
    static List<double[]> of(Rollout rollout, List<Integer> places, double quantile) {
        if (quantile == 1) {
            return places.stream().map(place -> ones(rollout.lessons().get(place).advantages().length)).toList();
        }
        throw dev.leeway.LeewayException.usage("top_entropy_quantile %s needs the entropies of drawn tokens", quantile);
    }

    private static double[] ones(int length) {
        var ones = new double[length];
        Arrays.fill(ones, 1);
        return ones;
    }
}
