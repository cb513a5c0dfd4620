package dev.leeway.objective;

import java.util.Optional;

/**
 * A micro-batch as an objective sees it.
 *
 * @param policy columns of the model being trained
 * @param reference columns of the frozen reference, where the objective wants one
 * @param old columns that the sampler stored when it drew the tokens, where the objective wants them
 * @param targets masks, units, rewards
 */
public record Scored(TokenScores policy, Optional<TokenScores> reference, Optional<TokenScores> old, Targets targets) {

    /** A micro-batch without reference. */
    public static Scored of(TokenScores policy, Targets targets) {
        return new Scored(policy, Optional.empty(), Optional.empty(), targets);
    }
}
