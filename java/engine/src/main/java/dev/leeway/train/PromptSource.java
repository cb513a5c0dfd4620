package dev.leeway.train;

import java.util.List;

/**
 * Prompts in the order they are trained on: a pure function of the rollout's number, so that a resumed run draws what it would have drawn.
 */
public interface PromptSource {

    /**
     * A prompt of the data.
     *
     * @param row its number there, from 0
     * @param tokens at least one
     */
    record PromptRow(int row, int[] tokens) {
    }

    /** The prompts of rollout 0, 1, 2, …: as many as {@link RolloutSettings#prompts}, each of which gets a group of completions. */
    List<PromptRow> prompts(int rollout);

    /**
     * The prompts that stand in at the {@code redraw}-th time, from 1, for those of the same place whose groups taught nothing (dynamic
     * sampling): again as many. Without this method the same prompts are drawn again with other random numbers.
     */
    default List<PromptRow> replacements(int rollout, int redraw) {
        return prompts(rollout);
    }

    /** Epochs behind so many rollouts, for the log; 0 where nobody counts them. */
    default double epochs(int rollouts) {
        return 0;
    }
}
