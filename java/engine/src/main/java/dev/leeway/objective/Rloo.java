package dev.leeway.objective;

/**
 * Reinforce leave-one-out (Ahmadian et al. 2024, §3.3) as TRL trains it: the clipped ratio of whole completions, its mean over completions.
 * The divergence from the reference is part of the reward, see {@link KlReward}; advantages are {@link Advantages#leaveOneOut}.
 */
public final class Rloo {

    private Rloo() {
    }

    /** The loss with {@code epsilon} and {@code epsilon_high}. */
    public static PolicyGradient objective(double epsilon, double epsilonHigh, PolicyGradient.Extras extras) {
        return new PolicyGradient(new Surrogate.Clipped(epsilon, epsilonHigh), ImportanceLevel.PRODUCT,
            Aggregation.Mean.OF_COMPLETION_MEANS, KlPenalty.NONE, extras);
    }
}
