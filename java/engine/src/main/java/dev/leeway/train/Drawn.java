package dev.leeway.train;

import dev.leeway.rollout.Completion;

/**
 * A completion as it was drawn.
 *
 * @param row the number of its prompt in the data, from 0
 * @param prompt the prompt's tokens
 * @param completion what the policy wrote behind it
 */
public record Drawn(int row, int[] prompt, Completion completion) {

    /** Tokens of prompt and completion together. */
    public int length() {
        return prompt.length + completion.tokens().length;
    }

    /** Whether it ended by itself and was not cut off. */
    public boolean isTerminated() {
        return completion.finish() == Completion.Finish.STOP;
    }
}
