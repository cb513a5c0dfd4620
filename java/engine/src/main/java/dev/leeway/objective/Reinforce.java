package dev.leeway.objective;

/**
 * The score-function gradient (Williams 1992): −(1/S) Σ_s A_s Σ_t ℓ_t over the S completions of a step, for completions that the policy
 * itself has just drawn. The divergence from the reference is part of the reward.
 */
public final class Reinforce {

    private Reinforce() {
    }

    /** The loss. */
    public static PolicyGradient objective(double entropyCoefficient) {
        return new PolicyGradient(new Surrogate.LogLikelihood(), ImportanceLevel.TOKEN, Aggregation.Mean.OF_COMPLETION_SUMS, KlPenalty.NONE,
            new PolicyGradient.Extras(entropyCoefficient, Double.POSITIVE_INFINITY, false));
    }
}
