package dev.leeway.rollout;

import dev.leeway.LeewayException;

/**
 * How tokens are drawn, in Hugging Face's words. The processors run in this order: repetition penalty, temperature, top-k, top-p, min-p.
 *
 * @param temperature 0 = greedy
 * @param topK keep the k most probable; 0 = off
 * @param topP keep the smallest set with at least this probability; 1 = off
 * @param minP drop what is less probable than this share of the most probable token; 0 = off
 * @param repetitionPenalty divides the positive and multiplies the negative logits of tokens seen before; 1 = off
 * @param seed of the random numbers; a sequence's draws depend on it, on the sequence's number and on the position alone
 */
public record SamplingParameters(double temperature, int topK, double topP, double minP, double repetitionPenalty, long seed) {

    /** Checks the ranges. */
    public SamplingParameters {
        require(temperature == 0 || isPositiveFloat(temperature), "temperature must be 0, or positive and within a float's range; got %s",
            temperature);
        require(topK >= 0, "top_k must be at least 0; got %s", topK);
        require(isPositiveFloat(topP) && topP <= 1, "top_p must be above 0, within a float's range, and at most 1; got %s", topP);
        require(minP >= 0 && minP <= 1, "min_p must be from 0 to 1; got %s", minP);
        require(isPositiveFloat(repetitionPenalty), "repetition_penalty must be positive and within a float's range; got %s",
            repetitionPenalty);
    }

    /** The most probable token, always. */
    public static SamplingParameters greedy() {
        return new SamplingParameters(0, 0, 1, 0, 1, 0);
    }

    /** Draws from the model's distribution at a temperature. */
    public static SamplingParameters temperature(double temperature, long seed) {
        return new SamplingParameters(temperature, 0, 1, 0, 1, seed);
    }

    /** Kernels take floats: what would become 0 or infinite on the way is refused here, in the user's words. */
    private static boolean isPositiveFloat(double value) {
        return (float) value > 0 && Float.isFinite((float) value);
    }

    private static void require(boolean condition, String sentence, Object value) {
        if (!condition) {
            throw LeewayException.usage(sentence, value);
        }
    }
}
