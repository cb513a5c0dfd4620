package dev.leeway.objective;

/**
 * A divergence from the reference, added to the loss of every token: β k, or β ρ k.
 *
 * @param beta β; 0 = no penalty and no reference
 * @param biasCorrection whether k is multiplied with the importance ratio ({@code use_bias_correction_kl}), which makes its expectation
 *     under the old policy that of the policy (DeepSeek-AI 2025, V3.2, §3.1)
 */
public record KlPenalty(double beta, boolean biasCorrection) {

    /** No penalty. */
    public static final KlPenalty NONE = new KlPenalty(0, false);

    /** Refuses a negative β. */
    public KlPenalty {
        Require.atLeast(0, beta, "beta");
    }

    /** Whether there is one. */
    boolean isActive() {
        return beta != 0;
    }

    /** k3 = e^d − d − 1 for d = ℓ_ref − ℓ: never negative, its mean under the policy is KL(policy, reference) (Schulman 2020). */
    static double k3(double difference) {
        return Math.expm1(difference) - difference;
    }

    /** ∂k3/∂ℓ. */
    static double k3Slope(double difference) {
        return -Math.expm1(difference);
    }
}
