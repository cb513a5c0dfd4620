package dev.leeway.train;

import dev.leeway.objective.Targets;
import dev.leeway.objective.TopEntropy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Which tokens of a step keep a policy term: 1 for those of the highest entropy, 0 for the others. */
final class TopTokens {

    private TopTokens() {
    }

    /** Weights of each token of each completion of a step. */
    static List<double[]> of(Rollout rollout, List<Integer> places, double quantile) {
        if (quantile == 1) {
            return places.stream().map(place -> ones(rollout.lessons().get(place).advantages().length)).toList();
        }
        var targets = new ArrayList<Targets>();
        var entropies = new ArrayList<double[]>();
        for (int place : places) {
            var given = rollout.drawn().get(place).completion().entropies();
            var mask = new boolean[given.length];
            Arrays.fill(mask, rollout.lessons().get(place).trained());
            targets.add(Targets.of(mask, new int[] {0, mask.length}, new long[] {place}));
            entropies.add(IntStream.range(0, given.length).mapToDouble(t -> given[t]).toArray());
        }
        return TopEntropy.weights(targets, entropies, quantile);
    }

    private static double[] ones(int length) {
        var ones = new double[length];
        Arrays.fill(ones, 1);
        return ones;
    }
}
