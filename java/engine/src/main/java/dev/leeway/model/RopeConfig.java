package dev.leeway.model;

/**
 * A rotary embedding: base frequencies and how they are stretched for long contexts, as in transformers' {@code modeling_rope_utils}.
 *
 * @param theta {@code rope_theta}, the base
 * @param rotaryDim how many elements of a head rotate
 * @param scaling the stretch
 */
public record RopeConfig(double theta, int rotaryDim, Scaling scaling) {

    /** How frequencies are stretched. */
    public sealed interface Scaling {
    }

    /** Plain frequencies θ^(−2j/d). */
    public record None() implements Scaling {
    }

    /**
     * All frequencies divided by the factor (Chen et al. 2023, position interpolation).
     *
     * @param factor {@code factor}: how many times as long the context becomes
     */
    public record Linear(double factor) implements Scaling {
    }

    /**
     * Llama 3.1: low frequencies divided by the factor, high ones kept, a ramp between.
     *
     * @param factor {@code factor}: what wavelengths above {@code originalMaxPositions / lowFreqFactor} positions are stretched by
     * @param lowFreqFactor {@code low_freq_factor}
     * @param highFreqFactor {@code high_freq_factor}: wavelengths below {@code originalMaxPositions / highFreqFactor} stay
     * @param originalMaxPositions {@code original_max_position_embeddings}, in tokens
     */
    public record Llama3(double factor, double lowFreqFactor, double highFreqFactor, int originalMaxPositions) implements Scaling {
    }

    /**
     * YaRN (Peng et al. 2023, §3.2–3.4): a ramp by the number of turns, and an attention factor on cosine and sine.
     *
     * @param factor {@code factor}: what frequencies of few turns are divided by
     * @param originalMaxPositions {@code original_max_position_embeddings}, in tokens; turns are counted over these
     * @param betaFast {@code beta_fast}: with more turns than this a frequency stays
     * @param betaSlow {@code beta_slow}: with fewer it is divided
     * @param truncate {@code truncate}: whether the ramp's ends are rounded to whole pairs
     * @param attentionFactor {@code attention_factor}, or {@link #defaultAttentionFactor}
     */
    public record Yarn(double factor, int originalMaxPositions, double betaFast, double betaSlow, boolean truncate, double attentionFactor)
        implements Scaling {

        /** The paper's attention factor, 0.1 ln(s) + 1. */
        public static double defaultAttentionFactor(double factor) {
            return factor <= 1 ? 1 : 0.1 * Math.log(factor) + 1;
        }
    }

    /** Inverse frequencies, one a pair, in radians a position. */
    public double[] inverseFrequencies() {
        var plain = new double[rotaryDim / 2];
        for (int j = 0; j < plain.length; j++) {
            plain[j] = Math.pow(theta, -2.0 * j / rotaryDim);
        }
        return switch (scaling) {
            case None() -> plain;
            case Linear(double factor) -> scaled(plain, (j, f) -> f / factor);
            case Llama3 kind -> scaled(plain, (j, f) -> llama3(kind, f));
            case Yarn kind -> yarn(kind, plain);
        };
    }

    /** What cosine and sine are multiplied with. */
    public double attentionFactor() {
        return scaling instanceof Yarn yarn ? yarn.attentionFactor() : 1;
    }

    private static double llama3(Llama3 kind, double frequency) {
        double wavelength = 2 * Math.PI / frequency;
        double low = kind.originalMaxPositions() / kind.lowFreqFactor();
        double high = kind.originalMaxPositions() / kind.highFreqFactor();
        if (wavelength > low) {
            return frequency / kind.factor();
        }
        if (wavelength < high) {
            return frequency;
        }
        double smooth = (kind.originalMaxPositions() / wavelength - kind.lowFreqFactor()) / (kind.highFreqFactor() - kind.lowFreqFactor());
        return (1 - smooth) * frequency / kind.factor() + smooth * frequency;
    }

    private double[] yarn(Yarn kind, double[] plain) {
        double low = turnsToIndex(kind.betaFast(), kind.originalMaxPositions());
        double high = turnsToIndex(kind.betaSlow(), kind.originalMaxPositions());
        if (kind.truncate()) {
            low = Math.floor(low);
            high = Math.ceil(high);
        }
        double first = Math.max(low, 0);
        double last = Math.min(high, rotaryDim - 1);
        double width = first == last ? 0.001 : last - first;
        return scaled(plain, (j, f) -> {
            double interpolated = Math.clamp((j - first) / width, 0, 1);
            return f / kind.factor() * interpolated + f * (1 - interpolated);
        });
    }

    /** The pair whose wave turns this often within the original context. */
    private double turnsToIndex(double turns, int positions) {
        return rotaryDim * Math.log(positions / (turns * 2 * Math.PI)) / (2 * Math.log(theta));
    }

    private interface Stretch {
        double apply(int pair, double frequency);
    }

    private static double[] scaled(double[] frequencies, Stretch stretch) {
        var result = new double[frequencies.length];
        for (int j = 0; j < result.length; j++) {
            result[j] = stretch.apply(j, frequencies[j]);
        }
        return result;
    }
}
