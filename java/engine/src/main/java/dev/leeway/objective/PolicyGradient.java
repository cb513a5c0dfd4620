package dev.leeway.objective;

import dev.leeway.LeewayException;
import java.util.EnumSet;
import java.util.Set;

/**
 * Reinforcement learning on sampled completions:
 * L = Σ_t w_t [ s(ρ, ℓ_t, A) · keep + β k3(ℓ_ref − ℓ_t) ] − (c / T) Σ_t H_t over the T completion tokens of the optimiser step.
 *
 * <p>What makes it GRPO, DAPO, GSPO, CISPO, RLOO or REINFORCE is which surrogate s, which ratio ρ and which weights w it is given: {@link
 * GrpoSettings}, {@link Rloo} and {@link Reinforce} choose them. ρ is 1 where no old log-probs are there, with the gradient of the ratio.
 *
 * <p>{@link Targets#advantages} holds one entry a sequence, or one a position. A completion without tokens counts as a sequence and adds
 * nothing else, so dropping a truncated one from the mask leaves the weights of the others alone. A constant factor of a token's policy
 * term, such as a {@link SamplerMismatch} or a {@link TopEntropy} mask, belongs into its advantage.
 */
public final class PolicyGradient implements Objective {

    /**
     * What may be added to any of its forms.
     *
     * @param entropyCoefficient c ≥ 0, {@code entropy_coef}: the mean entropy of a completion token is rewarded with it
     * @param offPolicyMaskThreshold {@code off_policy_mask_threshold}: a token with A &lt; 0 has no policy term where the completion's mean
     *     of ℓ^old − ℓ is above it (DeepSeek-AI 2025, V3.2, §3.1); infinite for none
     * @param needsOld whether old log-probs must be there: they differ from the policy's wherever a rollout is used for more than one step
     */
    public record Extras(double entropyCoefficient, double offPolicyMaskThreshold, boolean needsOld) {

        /** Nothing of it. */
        public static final Extras NONE = new Extras(0, Double.POSITIVE_INFINITY, false);

        /** Refuses a negative coefficient and thresholds that are no number. */
        public Extras {
            Require.atLeast(0, entropyCoefficient, "entropy_coef");
            Require.atLeast(Double.NEGATIVE_INFINITY, offPolicyMaskThreshold, "off_policy_mask_threshold");
        }
    }

    private final Surrogate surrogate;
    private final ImportanceLevel level;
    private final Aggregation aggregation;
    private final KlPenalty penalty;
    private final Extras extras;

    /** An objective of these parts. */
    public PolicyGradient(Surrogate surrogate, ImportanceLevel level, Aggregation aggregation, KlPenalty penalty, Extras extras) {
        if (penalty.biasCorrection() && level == ImportanceLevel.BOUNDED_PRODUCT) {
            throw LeewayException.usage("use_bias_correction_kl needs a ratio with a gradient, which loss_type vespo does not have; "
                + "switch it off or choose another loss_type");
        }
        this.surrogate = surrogate;
        this.level = level;
        this.aggregation = aggregation;
        this.penalty = penalty;
        this.extras = extras;
    }

    Surrogate surrogate() {
        return surrogate;
    }

    ImportanceLevel level() {
        return level;
    }

    Aggregation aggregation() {
        return aggregation;
    }

    KlPenalty penalty() {
        return penalty;
    }

    Extras extras() {
        return extras;
    }

    @Override
    public Set<Column> needs() {
        return extras.entropyCoefficient() == 0 ? Set.of(Column.LOG_PROB) : EnumSet.of(Column.LOG_PROB, Column.ENTROPY);
    }

    /** Advantages come from outside, so the completions of a group need not stay together. */
    @Override
    public Scope scope() {
        return Scope.SEQUENCE;
    }

    @Override
    public boolean needsReference() {
        return penalty.isActive();
    }

    @Override
    public boolean needsOld() {
        return extras.needsOld();
    }

    @Override
    public Weighed weigh(Scored scored, Normalisers normalisers) {
        var pass = new PolicyPass(this, scored, normalisers);
        for (int sequence = 0; sequence < scored.targets().sequences(); sequence++) {
            pass.add(sequence);
        }
        return pass.weighed();
    }
}
