package dev.leeway.rollout;

/** Says behind every token whether a completion ends there. */
@FunctionalInterface
public interface StopCondition {

    /** Completions end at stop tokens and at their greatest length alone. */
    StopCondition NEVER = (tokens, count) -> false;

    /**
     * Whether the completion ends behind its last token, which then belongs to it.
     *
     * @param tokens of the completion, without its prompt; only the first {@code count} are drawn. To be read, not kept: it is the
     *     generator's own array
     * @param count at least 1
     */
    boolean stops(int[] tokens, int count);
}
