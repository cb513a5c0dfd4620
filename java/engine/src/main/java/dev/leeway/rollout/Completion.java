package dev.leeway.rollout;

/**
 * What a model wrote behind a prompt.
 *
 * @param tokens the drawn tokens, the stop token included if one was drawn
 * @param logProbs of each token, as the sampler stored it when it drew it
 * @param finish why it ended
 */
public record Completion(int[] tokens, float[] logProbs, Finish finish) {

    /** Why a completion ended. */
    public enum Finish {
        /** A stop token was drawn. */
        STOP,
        /** max_new_tokens, or the model's positions, were used up. */
        LENGTH
    }
}
