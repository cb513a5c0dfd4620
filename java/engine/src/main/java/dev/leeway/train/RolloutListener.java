package dev.leeway.train;

import dev.leeway.rollout.RolloutCounts;
import java.util.List;

/**
 * Hears of every rollout when it was drawn and rewarded, before the first step that trains on it: for tables and files of completions. A
 * run that goes on at a rollout's first step draws it again and tells of it again; of two with one number the last one counts.
 */
@FunctionalInterface
public interface RolloutListener {

    /** A rollout is finished. */
    void finished(Report rollout);

    /**
     * A rollout. Its completions stand in groups: {@code num_generations} neighbours have one prompt.
     *
     * @param number from 0
     * @param step the step, from 1, that trains on it first
     * @param drawn its completions
     * @param functions names of the reward functions, the engine's own {@code overlong} included if it is in use
     * @param rewards (functions, completions); NaN where there is none
     * @param total the weighted sum of each completion's rewards; NaN where no function had one
     * @param advantages of each completion; of PPO's, the mean over its tokens
     * @param effort what it took
     */
    record Report(int number, int step, List<Drawn> drawn, List<String> functions, double[][] rewards, double[] total,
            double[] advantages, Effort effort) {
    }

    /**
     * What a rollout took.
     *
     * @param completions drawn, those that dynamic sampling threw away included
     * @param redraws how often groups were drawn again
     * @param generating seconds
     * @param rewarding seconds
     * @param counts of the generator over all of them
     */
    record Effort(int completions, int redraws, double generating, double rewarding, RolloutCounts counts) {
    }
}
