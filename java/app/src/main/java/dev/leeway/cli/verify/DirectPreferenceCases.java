package dev.leeway.cli.verify;

import dev.leeway.objective.DirectPreference;
import dev.leeway.objective.Divergence;
import dev.leeway.objective.Normalisers;
import dev.leeway.objective.PairLoss;
import dev.leeway.objective.Scored;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * DPO and IPO: TRL's {@code DPOTrainer}.
 *
 * @param name the objective
 * @param usualLoss its {@code loss_type} unless a case gives another one
 */
record DirectPreferenceCases(String name, String usualLoss) implements ObjectiveFamily {

    @Override
    public Set<String> names() {
        return Set.of(name);
    }

    @Override
    public void check(Document document, Checks checks) {
        var inputs = document.inputs();
        var expected = document.expected();
        var objective = objective(document.params(), usualLoss);
        var rows = PaddedRows.pairs(inputs, "policy_logps");
        var targets = rows.targets(rows.flags(inputs, "mask"), true);
        var scored = Scored.of(rows.logProbs(inputs, "policy_logps"), targets).withReference(rows.logProbs(inputs, "ref_logps"));
        WeighedChecks.compare(objective.weigh(scored, Normalisers.of(List.of(targets))), rows, expected, checks);
        if (expected.has("per_pair_loss")) {
            checks.relativeL2("loss of each pair", WeighedChecks.perPair(objective, scored, rows), expected.numbers("per_pair_loss"), GATE);
        }
    }

    /** Options under TRL's names. */
    static DirectPreference objective(Fields params, String usualLoss) {
        params.requireText("layout", PaddedRows.PAIR_LAYOUT);
        if (params.flag("use_weighting", false)) {
            throw params.wrong("use_weighting", "reads whole distributions, and a case holds the log-probabilities of its tokens alone");
        }
        var losses = params.texts("loss_type", usualLoss);
        var weights = params.has("loss_weights") ? params.numbers("loss_weights") : losses.stream().mapToDouble(loss -> 1).toArray();
        if (weights.length != losses.size()) {
            throw params.wrong("loss_weights", "must have a weight for each of " + losses + ", found " + weights.length);
        }
        var terms = IntStream.range(0, weights.length).mapToObj(i -> new DirectPreference.Term(PairLoss.named(losses.get(i)), weights[i]))
            .toList();
        var settings = DirectPreference.Settings.of(params.number("beta")).withLabelSmoothing(params.number("label_smoothing", 0))
            .withDiscopopTau(params.number("discopop_tau", 0.05)).withDivergence(new Divergence(
                Divergence.Kind.named(params.text("f_divergence_type", "reverse_kl")), params.number("f_alpha_divergence_coef", 0.5)));
        return new DirectPreference(terms, params.has("ld_alpha") ? settings.withLdAlpha(params.number("ld_alpha")) : settings);
    }
}
