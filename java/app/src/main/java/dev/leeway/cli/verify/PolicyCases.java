package dev.leeway.cli.verify;

import dev.leeway.objective.Advantages;
import dev.leeway.objective.Column;
import dev.leeway.objective.GrpoSettings;
import dev.leeway.objective.ImportanceLevel;
import dev.leeway.objective.KlPenalty;
import dev.leeway.objective.LossType;
import dev.leeway.objective.Normalisers;
import dev.leeway.objective.PolicyGradient;
import dev.leeway.objective.Scored;
import dev.leeway.objective.Surrogate;
import dev.leeway.objective.Targets;
import dev.leeway.objective.TopEntropy;
import dev.leeway.objective.Weighed;
import java.util.List;
import java.util.Set;

/**
 * The GRPO family: TRL's {@code GRPOTrainer}. A case is one micro-batch; {@code num_items_in_batch} counts the tokens of the step that it
 * is a part of, which its loss is divided by and its metrics are not.
 */
final class PolicyCases implements ObjectiveFamily {

    @Override
    public Set<String> names() {
        return Set.of("grpo", "gspo");
    }

    @Override
    public void check(Document document, Checks checks) {
        var params = document.params();
        var inputs = document.inputs();
        var mask = inputs.masks("mask");
        var rows = PaddedRows.inOrder(mask.length, mask[0].length);
        var targets = rows.targets(rows.flags(inputs, "mask"), false).withAdvantages(advantages(inputs, rows));
        if (params.has("top_entropy_quantile")) {
            targets = topEntropy(params, rows.numbers(inputs, "entropies"), targets);
        }
        var scored = scored(params, inputs, rows, targets);
        var settings = settings(params);
        var objective = settings.objective();
        var ofRows = Normalisers.of(List.of(targets));
        var metrics = objective.weigh(scored, ofRows).metrics();
        var ofStep = objective.weigh(scored, divisors(params, settings.lossType(), ofRows));
        WeighedChecks.compare(new Weighed(ofStep.loss(), ofStep.gradients(), metrics), rows, document.expected(), checks);
    }

    private static double[] advantages(Fields inputs, PaddedRows rows) {
        var advantages = inputs.numbers("advantages");
        if (advantages.length != rows.rows()) {
            throw inputs.wrong("advantages", "must have one a row, of which there are " + rows.rows() + ", found " + advantages.length);
        }
        return advantages;
    }

    private static Targets topEntropy(Fields params, double[] entropies, Targets targets) {
        if (params.number("entropy_coef", 0) != 0) {
            throw params.wrong("top_entropy_quantile", "together with entropy_coef would restrict the entropy that is rewarded, which "
                + "this build takes over all tokens");
        }
        var weights = TopEntropy.weights(List.of(targets), List.of(entropies), params.number("top_entropy_quantile"));
        return targets.withAdvantages(Advantages.perPosition(targets, targets.advantages(), weights.getFirst()));
    }

    /** Where the case says that old and policy are the same, the loss must find that by itself: it is given no old log-probs. */
    private static Scored scored(Fields params, Fields inputs, PaddedRows rows, Targets targets) {
        var scores = rows.logProbs(inputs, "policy_logps");
        var scored = Scored.of(inputs.has("entropies") ? scores.with(Column.ENTROPY, rows.numbers(inputs, "entropies")) : scores, targets);
        if (inputs.has("ref_logps")) {
            scored = scored.withReference(rows.logProbs(inputs, "ref_logps"));
        }
        boolean same = params.flag("old_equals_policy", !inputs.has("old_logps"));
        if (!same) {
            return scored.withOld(rows.logProbs(inputs, "old_logps"));
        }
        if (inputs.has("old_logps")) {
            var old = rows.numbers(inputs, "old_logps");
            for (int n = 0; n < old.length; n++) {
                if (targets.mask()[n] && old[n] != scores.logProb()[n]) {
                    throw inputs.wrong("old_logps", "must be policy_logps where old_equals_policy is true, found " + old[n] + " and "
                        + scores.logProb()[n] + " in row " + n / rows.width());
                }
            }
        }
        return scored;
    }

    /** The denominators of the loss of rows with these denominators, where the case gives those of the step. */
    static Normalisers divisors(Fields params, LossType type, Normalisers ofRows) {
        double tokens = params.number("num_items_in_batch", ofRows.completionTokens());
        if (tokens < 1 || tokens != Math.rint(tokens)) {
            throw params.wrong("num_items_in_batch", "must be a number of tokens, found " + tokens);
        }
        return switch (type) {
            case DAPO, CISPO, VESPO -> ofRows.withCompletionTokens((long) tokens);
            case GRPO, BNPO, DR_GRPO, LUSPO, SAPO -> ofRows;
        };
    }

    /** Options under TRL's names; {@code epsilon_low} is its {@code epsilon}. */
    static GrpoSettings settings(Fields params) {
        double low = params.has("epsilon_low") ? params.number("epsilon_low") : params.number("epsilon", 0.2);
        var clipped = new Surrogate.Clipped(low, params.number("epsilon_high", low), params.number("delta", Double.POSITIVE_INFINITY));
        var extras = new PolicyGradient.Extras(params.number("entropy_coef", 0),
            params.number("off_policy_mask_threshold", Double.POSITIVE_INFINITY), false);
        return new GrpoSettings(LossType.named(params.text("loss_type", "dapo")),
            ImportanceLevel.named(params.text("importance_sampling_level", "token")), clipped,
            new Surrogate.Gated(params.number("sapo_temperature_pos", 1), params.number("sapo_temperature_neg", 1.05)),
            new Surrogate.GammaWeighted(params.number("vespo_k_pos", 2), params.number("vespo_lambda_pos", 3),
                params.number("vespo_k_neg", 3), params.number("vespo_lambda_neg", 2)),
            new KlPenalty(params.number("beta", 0), params.flag("use_bias_correction_kl", false)),
            params.whole("max_completion_length", GrpoSettings.DEFAULTS.maxCompletionLength()), extras);
    }
}
