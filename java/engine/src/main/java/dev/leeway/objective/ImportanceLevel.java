package dev.leeway.objective;

import dev.leeway.LeewayException;

/** What the importance ratio of policy and old policy belongs to: a token or a whole completion. */
public enum ImportanceLevel {
    /** Each token has its own, exp(ℓ_t − ℓ_t^old): TRL's {@code token}. */
    TOKEN,
    /** A completion has one, the geometric mean of its tokens' (Zheng et al. 2025, eq. 7): TRL's {@code sequence}. */
    SEQUENCE,
    /** A completion has one, the product of its tokens': π(y) / π_old(y). */
    PRODUCT,
    /** The product with every token's log-ratio held inside ±20, as VESPO takes it. */
    BOUNDED_PRODUCT;

    /** The level of a value of {@code importance_sampling_level}. */
    public static ImportanceLevel named(String name) {
        return switch (name) {
            case "token" -> TOKEN;
            case "sequence" -> SEQUENCE;
            default -> throw LeewayException.usage("importance_sampling_level must be token or sequence, got %s", name);
        };
    }

    /** Whether all tokens of a completion share one ratio. */
    boolean isShared() {
        return this != TOKEN;
    }

    /** What a token's log-ratio adds to the shared one; {@code tokens} is the completion's length. */
    double contribution(double logRatio, int tokens) {
        return switch (this) {
            case TOKEN, PRODUCT -> logRatio;
            case SEQUENCE -> logRatio / tokens;
            case BOUNDED_PRODUCT -> Math.clamp(logRatio, -20.0, 20.0);
        };
    }

    /** The derivative of the ratio's logarithm by each of the log-probs that it is made of. */
    double slope(int tokens) {
        return this == SEQUENCE ? 1.0 / tokens : 1;
    }
}
