package dev.leeway.data;

/** Which tokens of a conversation are trained where its row doesn't say what is prompt and what is completion. */
public enum TrainedTurns {
    /** Everything the assistant says. */
    ASSISTANT,
    /** The assistant's last turn only. */
    LAST_ASSISTANT,
    /** All tokens: what {@code assistant_only_loss: false} means. */
    ALL_TOKENS
}
