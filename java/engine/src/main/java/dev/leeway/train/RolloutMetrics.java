package dev.leeway.train;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/** What a log says of a rollout, under TRL's names. */
final class RolloutMetrics {

    private RolloutMetrics() {
    }

    static Map<String, Double> of(Draws.Rated rated, List<String> functions, int numGenerations, Lessons.Taught taught) {
        var metrics = new TreeMap<String, Double>(taught.metrics());
        for (int k = 0; k < functions.size(); k++) {
            var given = given(rated.rewards()[k]);
            metrics.put("rewards/" + functions.get(k) + "/mean", mean(given));
            metrics.put("rewards/" + functions.get(k) + "/std", deviation(given));
            metrics.put("rewards/" + functions.get(k) + "/missing", (double) rated.drawn().size() - given.length);
        }
        metrics.put("reward", mean(given(rated.total())));
        metrics.put("reward_std", numGenerations == 1 ? deviation(given(rated.total())) : meanDeviation(rated.total(), numGenerations));
        taught.zeroDeviation().ifPresent(share -> metrics.put("frac_reward_zero_std", share));
        metrics.put("entropy", meanEntropy(rated.drawn()));
        lengths(rated.drawn(), metrics);
        return metrics;
    }

    /** The mean over groups of the deviation inside them; a group with fewer than two rewards has none. */
    private static double meanDeviation(double[] total, int numGenerations) {
        return IntStream.range(0, total.length / numGenerations)
            .mapToObj(g -> given(Arrays.copyOfRange(total, g * numGenerations, (g + 1) * numGenerations)))
            .filter(group -> group.length > 1).mapToDouble(RolloutMetrics::deviation).average().orElse(0);
    }

    /** Over all tokens, when they were drawn. */
    private static double meanEntropy(List<Drawn> drawn) {
        double sum = 0;
        long tokens = 0;
        for (var one : drawn) {
            for (float entropy : one.completion().entropies()) {
                sum += entropy;
                tokens++;
            }
        }
        return sum / Math.max(1, tokens);
    }

    private static void lengths(List<Drawn> drawn, Map<String, Double> metrics) {
        var ended = drawn.stream().filter(Drawn::isTerminated).toList();
        spread("length", drawn, metrics);
        spread("terminated_length", ended, metrics);
        metrics.put("completions/clipped_ratio", 1 - (double) ended.size() / drawn.size());
    }

    private static void spread(String what, List<Drawn> some, Map<String, Double> metrics) {
        var lengths = some.stream().mapToInt(one -> one.completion().tokens().length).summaryStatistics();
        metrics.put("completions/mean_" + what, lengths.getAverage());
        metrics.put("completions/min_" + what, some.isEmpty() ? 0.0 : lengths.getMin());
        metrics.put("completions/max_" + what, some.isEmpty() ? 0.0 : lengths.getMax());
    }

    private static double[] given(double[] rewards) {
        return Arrays.stream(rewards).filter(reward -> !Double.isNaN(reward)).toArray();
    }

    private static double mean(double[] values) {
        return DoubleStream.of(values).average().orElse(0);
    }

    /** With Bessel's correction; 0 of fewer than two. */
    private static double deviation(double[] values) {
        double mean = mean(values);
        double squares = DoubleStream.of(values).map(value -> (value - mean) * (value - mean)).sum();
        return values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1));
    }
}
