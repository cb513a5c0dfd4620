package dev.leeway.train;

import dev.leeway.LeewayException;
import dev.leeway.objective.Advantages;
import dev.leeway.objective.GeneralizedAdvantages;
import java.util.Arrays;
import java.util.Locale;

/** How rewards become what a run learns from: what GRPO, RLOO, REINFORCE and PPO differ in beside their objectives. */
public sealed interface AdvantageRule {

    /** What the divergence from the reference is multiplied with in the reward; 0 = it is no part of it, and no reference is asked for. */
    double klCoefficient();

    /** How rewards of several functions become one advantage. */
    enum MultiObjective {
        /** They are added, then scaled. */
        SUM_THEN_NORMALIZE,
        /** Each is scaled in its group; their sum is scaled over the batch. */
        NORMALIZE_THEN_SUM;

        /** The one with this name of {@code multi_objective_aggregation}. */
        public static MultiObjective named(String name) {
            return Arrays.stream(values()).filter(one -> one.toString().equals(name)).findFirst().orElseThrow(() -> LeewayException.usage(
                "multi_objective_aggregation must be sum_then_normalize or normalize_then_sum; got %s", name));
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * GRPO's: a reward less the mean of its group, by a deviation. The divergence from the reference is part of the loss.
     *
     * @param scale {@code scale_rewards}; {@link MultiObjective#NORMALIZE_THEN_SUM} does not read it
     * @param multiObjective {@code multi_objective_aggregation}
     */
    record GroupRelative(Advantages.Scale scale, MultiObjective multiObjective) implements AdvantageRule {

        /** TRL's defaults. */
        public static final GroupRelative DEFAULTS = new GroupRelative(Advantages.Scale.GROUP, MultiObjective.SUM_THEN_NORMALIZE);

        @Override
        public double klCoefficient() {
            return 0;
        }
    }

    /**
     * RLOO's, and REINFORCE's: a reward, less the divergence of its completion, less the mean of the others of its group.
     *
     * @param klCoefficient {@code beta}
     * @param normalize {@code normalize_advantages}: over the rollout
     * @param least {@code reward_clip_range}: rewards are held above it before the divergence comes off; −∞ for no bound
     * @param most and below this; ∞ for no bound
     */
    record LeaveOneOut(double klCoefficient, boolean normalize, double least, double most) implements AdvantageRule {

        /** TRL's defaults. */
        public static final LeaveOneOut DEFAULTS = new LeaveOneOut(0.05, false, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);

        /** Refuses a negative coefficient and an empty range. */
        public LeaveOneOut {
            if (!(klCoefficient >= 0)) {
                throw LeewayException.usage("beta must be at least 0, got %s", klCoefficient);
            }
            if (!(least < most)) {
                throw LeewayException.usage("reward_clip_range must be two numbers, the smaller first; got %s and %s", least, most);
            }
        }
    }

    /**
     * PPO's: every token has its own, by a value model.
     *
     * @param settings γ, λ and the divergence in the reward
     * @param missingEosPenalty {@code missing_eos_penalty}: what is taken off the reward of a completion that was cut off; 0 = nothing
     */
    record Generalized(GeneralizedAdvantages.Settings settings, double missingEosPenalty) implements AdvantageRule {

        /** TRL's defaults. */
        public static final Generalized DEFAULTS = new Generalized(GeneralizedAdvantages.Settings.DEFAULTS, 0);

        /** Refuses a bonus for what was cut off. */
        public Generalized {
            if (!(missingEosPenalty >= 0)) {
                throw LeewayException.usage("missing_eos_penalty must be at least 0, got %s", missingEosPenalty);
            }
        }

        @Override
        public double klCoefficient() {
            return settings.klCoefficient();
        }
    }
}
