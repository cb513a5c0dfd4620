package dev.leeway.rollout;

/**
 * What a model wrote behind a prompt.
 *
 * @param tokens the drawn tokens, the stop token included if one was drawn
 * @param logProbs of each token, as the sampler stored it when it drew it
 * @param entropies of the distribution that each token was drawn from, before any truncation, in nats: training's ENTROPY column
 * @param finish why it ended
 */
public record Completion(int[] tokens, float[] logProbs, float[] entropies, Finish finish) {

    /** Why a completion ended. */
    public enum Finish {
        /** A stop token was drawn, or the stop condition held. */
        STOP,
        /** max_new_tokens, or the model's positions, were used up. */
        LENGTH,
        /** The listener called it off; the tokens are those drawn until then, perhaps none. */
        CANCELLED
    }

    /** One without a token. */
    static Completion empty(Finish finish) {
        return new Completion(new int[0], new float[0], new float[0], finish);
    }
}
