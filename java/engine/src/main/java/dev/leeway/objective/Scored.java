package dev.leeway.objective;

import java.util.Optional;

/**
 * A micro-batch as an objective sees it.
 *
 * @param policy columns of the model being trained
 * @param reference columns of the frozen reference, where the objective wants one
 * @param old columns that the sampler stored when it drew the tokens, where the objective wants them
 * @param targets masks, units, rewards; its mask and sequences bound the columns, whose arrays may be longer
 * @param gradients without columns: {@link TokenGradients#room room} for the objective's answer, which lives until the next one
 */
public record Scored(TokenScores policy, Optional<TokenScores> reference, Optional<TokenScores> old, Targets targets,
        TokenGradients gradients) {

    /** A micro-batch without reference. */
    public static Scored of(TokenScores policy, Targets targets) {
        return of(policy, targets, new TokenGradients());
    }

    /** The same with room that was used before. */
    public static Scored of(TokenScores policy, Targets targets, TokenGradients room) {
        room.clear();
        return new Scored(policy, Optional.empty(), Optional.empty(), targets, room);
    }

    /** The same with the frozen reference's columns. */
    public Scored withReference(TokenScores scores) {
        return new Scored(policy, Optional.of(scores), old, targets, gradients);
    }

    /** The same with the sampler's columns. */
    public Scored withOld(TokenScores scores) {
        return new Scored(policy, reference, Optional.of(scores), targets, gradients);
    }

    /** The reference's columns, for an objective that said it needs them. */
    public TokenScores requireReference() {
        return reference.orElseThrow(() -> new IllegalStateException("the objective needs a reference, and its scores are not here"));
    }

    /** The sampler's columns, for an objective that said it needs them. */
    public TokenScores requireOld() {
        return old.orElseThrow(() -> new IllegalStateException("the objective needs the sampler's log-probs, and they are not here"));
    }
}
