package dev.leeway.objective;

import java.util.Map;

/**
 * Weights that correct for a sampler whose log-probs are not the trainer's (Yao et al. 2025): exp(ℓ_old − ℓ_sampler), of a token or
 * multiplied over a completion, held between two bounds, or 0 outside them. They are constant factors of the policy terms: {@link
 * Advantages#perPosition} puts them into the advantages, whose sign they keep. VESPO takes the sampler's log-probs as old ones instead.
 *
 * @param mode {@code vllm_importance_sampling_mode}
 * @param least {@code vllm_importance_sampling_clip_min}; 0 for none
 * @param most {@code vllm_importance_sampling_clip_max}; infinite for none
 */
public record SamplerMismatch(Mode mode, double least, double most) {

    /** Ratios of tokens or completions, and what happens to those outside the bounds. */
    public enum Mode {
        /** A ratio a token, held inside the bounds. */
        TOKEN_TRUNCATE,
        /** A ratio a token, 0 outside the bounds. */
        TOKEN_MASK,
        /** A ratio a completion, held inside the bounds. */
        SEQUENCE_TRUNCATE,
        /** A ratio a completion, 0 outside the bounds. */
        SEQUENCE_MASK;

        boolean isShared() {
            return this == SEQUENCE_TRUNCATE || this == SEQUENCE_MASK;
        }

        boolean masks() {
            return this == TOKEN_MASK || this == SEQUENCE_MASK;
        }

        /** The mode with this name. */
        public static Mode named(String name) {
            return Options.named("vllm_importance_sampling_mode", name, values());
        }
    }

    /** TRL's defaults. */
    public static final SamplerMismatch DEFAULTS = new SamplerMismatch(Mode.SEQUENCE_MASK, 0, 3);

    /** Refuses bounds that leave nothing. */
    public SamplerMismatch {
        Require.atLeast(0, least, "vllm_importance_sampling_clip_min");
        Require.above(least, most, "vllm_importance_sampling_clip_max");
    }

    /**
     * What the weights of a batch were.
     *
     * @param values (N), 1 outside completions
     * @param metrics TRL's {@code sampling/…}
     */
    public record Weights(double[] values, Map<String, Double> metrics) {
    }

    /** The weights of all positions, from the trainer's old log-probs (N) and the sampler's (N). */
    public Weights weights(Targets targets, double[] old, double[] sampler) {
        var values = new double[targets.mask().length];
        java.util.Arrays.fill(values, 1);
        var ratios = new Spread();
        var differences = new Spread();
        for (int s = 0; s < targets.sequences(); s++) {
            double shared = 0;
            for (int n = targets.sequenceStarts()[s]; n < targets.sequenceStarts()[s + 1]; n++) {
                if (targets.completion()[n]) {
                    shared += old[n] - sampler[n];
                    differences.add(Math.abs(old[n] - sampler[n]));
                }
            }
            if (mode.isShared()) {
                ratios.add(bounded(Math.exp(shared)));
            }
            for (int n = targets.sequenceStarts()[s]; n < targets.sequenceStarts()[s + 1]; n++) {
                if (targets.completion()[n]) {
                    values[n] = bounded(Math.exp(mode.isShared() ? shared : old[n] - sampler[n]));
                    if (!mode.isShared()) {
                        ratios.add(values[n]);
                    }
                }
            }
        }
        return new Weights(values, metrics(differences, ratios));
    }

    private double bounded(double ratio) {
        if (mode.masks()) {
            return ratio < least || ratio > most ? 0 : ratio;
        }
        return Math.clamp(ratio, least, most);
    }

    private static Map<String, Double> metrics(Spread differences, Spread ratios) {
        return Map.of("sampling/sampling_logp_difference/mean", differences.mean(),
            "sampling/sampling_logp_difference/max", differences.max(),
            "sampling/importance_sampling_ratio/min", ratios.min(),
            "sampling/importance_sampling_ratio/mean", ratios.mean(),
            "sampling/importance_sampling_ratio/max", ratios.max());
    }

    /** Least, mean and most of numbers; 0 of none. */
    private static final class Spread {
        private double sum;
        private double least = Double.POSITIVE_INFINITY;
        private double most = Double.NEGATIVE_INFINITY;
        private long count;

        void add(double value) {
            sum += value;
            least = Math.min(least, value);
            most = Math.max(most, value);
            count++;
        }

        double mean() {
            return count == 0 ? 0 : sum / count;
        }

        double min() {
            return count == 0 ? 0 : least;
        }

        double max() {
            return count == 0 ? 0 : most;
        }
    }
}
