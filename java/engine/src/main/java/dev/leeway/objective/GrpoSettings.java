package dev.leeway.objective;

import dev.leeway.LeewayException;

/**
 * Group relative policy optimisation (Shao et al. 2024) and what came of it, by TRL's option names. {@link #objective} is what trains.
 *
 * @param lossType {@code loss_type}
 * @param importanceSamplingLevel {@code importance_sampling_level}: {@link ImportanceLevel#TOKEN}, or {@link ImportanceLevel#SEQUENCE} for
 *     GSPO
 * @param clipped {@code epsilon}, {@code epsilon_high}, {@code delta}; CISPO reads only {@code epsilon_high}
 * @param gated {@code sapo_temperature_pos}, {@code sapo_temperature_neg}
 * @param gammaWeighted {@code vespo_k_pos}, {@code vespo_lambda_pos}, {@code vespo_k_neg}, {@code vespo_lambda_neg}
 * @param penalty {@code beta}, {@code use_bias_correction_kl}
 * @param maxCompletionLength {@code max_completion_length}, the denominator of {@link LossType#DR_GRPO}
 * @param extras {@code entropy_coef}, {@code off_policy_mask_threshold}, and whether rollouts are used more than once
 */
public record GrpoSettings(LossType lossType, ImportanceLevel importanceSamplingLevel, Surrogate.Clipped clipped, Surrogate.Gated gated,
        Surrogate.GammaWeighted gammaWeighted, KlPenalty penalty, int maxCompletionLength, PolicyGradient.Extras extras) {

    /** TRL's defaults: {@code dapo}, one ratio a token, ε = 0.2 on both sides, no KL, 256 tokens. */
    public static final GrpoSettings DEFAULTS = new GrpoSettings(LossType.DAPO, ImportanceLevel.TOKEN, new Surrogate.Clipped(0.2, 0.2),
        new Surrogate.Gated(1, 1.05), new Surrogate.GammaWeighted(2, 3, 3, 2), KlPenalty.NONE, 256, PolicyGradient.Extras.NONE);

    /** Refuses what does not fit together. */
    public GrpoSettings {
        if (importanceSamplingLevel != ImportanceLevel.TOKEN && importanceSamplingLevel != ImportanceLevel.SEQUENCE) {
            throw LeewayException.usage("importance_sampling_level must be token or sequence, got %s", importanceSamplingLevel);
        }
        if (lossType == LossType.LUSPO && importanceSamplingLevel != ImportanceLevel.SEQUENCE) {
            throw LeewayException.usage("loss_type luspo weighs whole completions; set importance_sampling_level: sequence");
        }
        Require.atLeast(1, maxCompletionLength, "max_completion_length");
    }

    /** The same with another loss type. */
    public GrpoSettings withLossType(LossType type) {
        return new GrpoSettings(type, importanceSamplingLevel, clipped, gated, gammaWeighted, penalty, maxCompletionLength, extras);
    }

    /** The same with another level. */
    public GrpoSettings withImportanceSamplingLevel(ImportanceLevel level) {
        return new GrpoSettings(lossType, level, clipped, gated, gammaWeighted, penalty, maxCompletionLength, extras);
    }

    /** The same with another clip range. */
    public GrpoSettings withClipped(Surrogate.Clipped range) {
        return new GrpoSettings(lossType, importanceSamplingLevel, range, gated, gammaWeighted, penalty, maxCompletionLength, extras);
    }

    /** The same with another penalty. */
    public GrpoSettings withPenalty(KlPenalty kl) {
        return new GrpoSettings(lossType, importanceSamplingLevel, clipped, gated, gammaWeighted, kl, maxCompletionLength, extras);
    }

    /** The same with another longest completion. */
    public GrpoSettings withMaxCompletionLength(int tokens) {
        return new GrpoSettings(lossType, importanceSamplingLevel, clipped, gated, gammaWeighted, penalty, tokens, extras);
    }

    /** The same with other extras. */
    public GrpoSettings withExtras(PolicyGradient.Extras others) {
        return new GrpoSettings(lossType, importanceSamplingLevel, clipped, gated, gammaWeighted, penalty, maxCompletionLength, others);
    }

    /** The loss. */
    public PolicyGradient objective() {
        var level = lossType == LossType.VESPO ? ImportanceLevel.BOUNDED_PRODUCT : importanceSamplingLevel;
        return new PolicyGradient(surrogate(), level, lossType.aggregation(maxCompletionLength), penalty, extras);
    }

    private Surrogate surrogate() {
        return switch (lossType) {
            case GRPO, BNPO, DR_GRPO, DAPO, LUSPO -> clipped;
            case CISPO -> new Surrogate.Capped(clipped.epsilonHigh());
            case SAPO -> gated;
            case VESPO -> gammaWeighted;
        };
    }
}
