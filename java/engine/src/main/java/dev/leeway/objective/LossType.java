package dev.leeway.objective;

/** The members of the GRPO family by the names that TRL's {@code loss_type} has for them. */
public enum LossType {
    /** The mean over completions of their token means (Shao et al. 2024, eq. 3). */
    GRPO,
    /** The mean over tokens. TRL takes it over a micro-batch; here a step is not seen in pieces, so it is the same as {@link #DAPO}. */
    BNPO,
    /** The sum over tokens by the longest possible sum (Liu et al. 2025, §3.2). */
    DR_GRPO,
    /** The mean over all tokens of the optimiser step (Yu et al. 2025, eq. 12). */
    DAPO,
    /** The mean over completions of ratio surrogate times length (LUSPO 2026). */
    LUSPO,
    /** A capped constant weight on the log-likelihood. */
    CISPO,
    /** A soft gate in place of the clip. */
    SAPO,
    /** A gamma weight of the whole completion on the log-likelihood. */
    VESPO;

    /** The type with this name. */
    public static LossType named(String name) {
        return Options.named("loss_type", name, values());
    }

    /** How it adds tokens up, where no completion is longer than {@code maxCompletionLength}. */
    Aggregation aggregation(int maxCompletionLength) {
        return switch (this) {
            case GRPO, SAPO -> Aggregation.Mean.OF_COMPLETION_MEANS;
            case BNPO, DAPO, CISPO, VESPO -> Aggregation.Mean.OF_TOKENS;
            case LUSPO -> Aggregation.Mean.OF_COMPLETION_SUMS;
            case DR_GRPO -> new Aggregation.FixedLength(maxCompletionLength);
        };
    }
}
