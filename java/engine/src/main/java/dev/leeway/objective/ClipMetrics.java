package dev.leeway.objective;

import java.util.Map;

/**
 * How much of a step clipping acts on, by TRL's names: the share of tokens, or of completions where these share a ratio, below and above
 * the range, and the extremes of the completions' shares.
 */
final class ClipMetrics {

    private final Surrogate surrogate;
    private final double denominator;
    private final boolean shared;
    private double low;
    private double high;
    private double lowOfSequence;
    private double highOfSequence;
    private double lowest = Double.POSITIVE_INFINITY;
    private double highest = Double.NEGATIVE_INFINITY;

    ClipMetrics(Surrogate surrogate, ImportanceLevel level, Normalisers step) {
        this.surrogate = surrogate;
        shared = level.isShared();
        denominator = Math.max(1, shared ? step.sequences() : step.completionTokens());
    }

    void add(double ratio, double advantage) {
        switch (surrogate.side(ratio, advantage)) {
            case LOW -> lowOfSequence++;
            case HIGH -> highOfSequence++;
            case INSIDE -> {
            }
        }
    }

    /** Ends a completion with this many tokens. */
    void endSequence(int tokens) {
        double unit = shared ? tokens : 1;
        low += lowOfSequence / unit;
        high += highOfSequence / unit;
        lowest = Math.min(lowest, lowOfSequence / tokens);
        highest = Math.max(highest, highOfSequence / tokens);
        lowOfSequence = 0;
        highOfSequence = 0;
    }

    void report(Map<String, Double> metrics) {
        switch (surrogate) {
            case Surrogate.Clipped _ -> {
                metrics.put("clip_ratio/low_mean", low / denominator);
                metrics.put("clip_ratio/high_mean", high / denominator);
                metrics.put("clip_ratio/region_mean", (low + high) / denominator);
                if (lowest < Double.POSITIVE_INFINITY) {
                    metrics.put("clip_ratio/low_min", lowest);
                    metrics.put("clip_ratio/high_max", highest);
                }
            }
            case Surrogate.Capped _ -> metrics.put("cispo_clip_ratio", high / denominator);
            case Surrogate.Gated _, Surrogate.GammaWeighted _, Surrogate.LogLikelihood _ -> {
            }
        }
    }
}
