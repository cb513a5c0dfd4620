package dev.leeway.rollout;

/**
 * A model that can be asked, with the weights as they are at the moment and without dropout: one that serves alone, or one that is being
 * trained, between its steps.
 */
public interface Inference {

    /** Generates completions. */
    Generator generator();

    /** Says how probable completions are. */
    Scorer scorer();

    /** Says how probable every next token is. */
    NextTokens nextTokens();

    /** Says what a reward model gives to texts. */
    RewardScorer rewardScorer();
}
