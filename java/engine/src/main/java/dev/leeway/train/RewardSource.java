package dev.leeway.train;

import java.util.List;

/** What completions are worth, function by function. */
public interface RewardSource {

    /** What the functions are called in metrics, {@code rewards/NAME/mean}; no two alike. */
    List<String> names();

    /** What each function's rewards are multiplied with before they are added ({@code reward_weights}). */
    double[] weights();

    /**
     * The rewards (functions, completions); NaN where a function has none for a completion, which then counts neither in a mean nor as 0.
     * The same completions must get the same rewards each time: a run that is resumed at the beginning of a rollout asks again.
     *
     * @param drawn whole groups, one behind the other
     */
    double[][] rewards(List<Drawn> drawn);
}
