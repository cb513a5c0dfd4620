package dev.leeway.train;

import dev.leeway.LeewayException;
import dev.leeway.model.Batch;
import dev.leeway.model.Llama;
import dev.leeway.objective.TokenScores;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * Compares what the sampler stored of its tokens with what training says of them on the same weights: in the first step of each rollout.
 * Bit for bit, or as a histogram of importance ratios exp(training − sampler).
 */
final class OnPolicy {

    /** Bounds of the ratios' bins; 1 lies inside the middle one. */
    private static final double[] BOUNDS = {0.5, 0.8, 0.95, 0.99, 1.01, 1.05, 1.25, 2};

    private final Llama model;
    private final RolloutSettings settings;
    private final long[] bins = new long[BOUNDS.length + 1];
    private long tokens;
    private double differences;
    private double ratios;
    private double largest;
    private double least;
    private double most;

    OnPolicy(Llama model, RolloutSettings settings) {
        this.model = model;
        this.settings = settings;
    }

    /** Forgets what was measured before. */
    void begin() {
        Arrays.fill(bins, 0);
        tokens = 0;
        differences = 0;
        ratios = 0;
        largest = 0;
        least = Double.POSITIVE_INFINITY;
        most = 0;
    }

    /** Looks at a micro-batch, if the policy is still the one that drew it. */
    void look(int step, Batch micro, TokenScores scores) {
        if (!settings.order().isOnPolicy(step)) {
            return;
        }
        var trained = scores.logProb();
        var stored = micro.old().orElseThrow().logProb();
        for (int s = 0; s < micro.sequences(); s++) {
            int token = 0;
            for (int n = micro.sequenceStarts()[s]; n < micro.sequenceStarts()[s + 1]; n++) {
                if (!micro.mask()[n]) {
                    continue;
                }
                token++;
                if (settings.agreement() == RolloutSettings.Agreement.MEASURED) {
                    measure(trained[n] - stored[n]);
                } else if (trained[n] != stored[n] && Double.isFinite(trained[n])) {
                    throw LeewayException.numerics("step %d: %s, token %d (id %d): the sampler stored log-prob %s, training says %s on the "
                        + "same weights, and they must agree bit for bit; weights unchanged; switch dropout and noise off, or let the "
                        + "difference be measured (fast mode)", step + 1, model.rowNames().of(micro.unitIds()[s]), token,
                        micro.targets()[n], stored[n], trained[n]);
                }
            }
        }
    }

    private void measure(double difference) {
        double ratio = Math.exp(difference);
        tokens++;
        differences += Math.abs(difference);
        largest = Math.max(largest, Math.abs(difference));
        ratios += ratio;
        least = Math.min(least, ratio);
        most = Math.max(most, ratio);
        int bin = 0;
        while (bin < BOUNDS.length && ratio >= BOUNDS[bin]) {
            bin++;
        }
        bins[bin]++;
    }

    /** What was measured since the beginning of the step; nothing where all must agree. */
    Map<String, Double> metrics() {
        var metrics = new TreeMap<String, Double>();
        if (tokens > 0) {
            metrics.put("sampling/sampling_logp_difference/mean", differences / tokens);
            metrics.put("sampling/sampling_logp_difference/max", largest);
            metrics.put("sampling/importance_sampling_ratio/min", least);
            metrics.put("sampling/importance_sampling_ratio/mean", ratios / tokens);
            metrics.put("sampling/importance_sampling_ratio/max", most);
            for (int bin = 0; bin < bins.length; bin++) {
                var name = bin == BOUNDS.length ? "above" : "below_" + BOUNDS[bin];
                metrics.put("sampling/ratio_histogram/" + name, (double) bins[bin] / tokens);
            }
        }
        return metrics;
    }
}
