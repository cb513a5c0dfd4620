package dev.leeway.cli.verify;

import dev.leeway.objective.Column;
import dev.leeway.objective.KahnemanTversky;
import dev.leeway.objective.Normalisers;
import dev.leeway.objective.Scored;
import dev.leeway.objective.Scope;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** KTO: TRL's {@code KTOTrainer}. The mismatched rows, from which the baseline is measured, are a micro-batch of their own. */
final class KahnemanTverskyCases implements ObjectiveFamily {

    @Override
    public Set<String> names() {
        return Set.of("kto");
    }

    @Override
    public void check(Document document, Checks checks) {
        var inputs = document.inputs();
        var expected = document.expected();
        var objective = objective(document.params());
        var flags = inputs.flags("label");
        var labels = new double[flags.length];
        for (int r = 0; r < labels.length; r++) {
            labels[r] = flags[r] ? 1 : -1;
        }
        var labelled = scored(inputs, "", labels);
        var step = Normalisers.of(List.of(labelled.targets()));
        if (objective.scope() == Scope.BATCH || inputs.has("kl_mask")) {
            var mismatched = scored(inputs, "kl_", new double[inputs.masks("kl_mask").length]);
            step = Normalisers.of(List.of(labelled.targets(), mismatched.targets())).withMeasured(objective.measure(mismatched));
            var silent = objective.weigh(mismatched, step).gradients().column(Column.LOG_PROB).orElseThrow();
            checks.equal("derivatives by mismatched rows that are not 0", Arrays.stream(silent).filter(slope -> slope != 0).count());
        }
        var rows = rows(inputs, "");
        var weighed = objective.weigh(labelled, step);
        WeighedChecks.compare(weighed, rows, expected, checks);
        if (expected.has("kl")) {
            checks.close("kl", weighed.metrics().get("kl"), expected.number("kl"), GATE);
        }
    }

    /** Options under TRL's names. */
    static KahnemanTversky objective(Fields params) {
        return new KahnemanTversky(KahnemanTversky.Loss.named(params.text("loss_type", "kto")), params.number("beta"),
            params.number("desirable_weight", 1), params.number("undesirable_weight", 1));
    }

    private static PaddedRows rows(Fields inputs, String prefix) {
        var mask = inputs.masks(prefix + "mask");
        return PaddedRows.inOrder(mask.length, mask[0].length);
    }

    private static Scored scored(Fields inputs, String prefix, double[] labels) {
        var rows = rows(inputs, prefix);
        if (labels.length != rows.rows()) {
            throw inputs.wrong("label", "must have a label for each of " + rows.rows() + " rows, found " + labels.length);
        }
        return Scored.of(rows.logProbs(inputs, prefix + "policy_logps"), rows.targets(rows.flags(inputs, prefix + "mask"), false)
            .withRewards(labels)).withReference(rows.logProbs(inputs, prefix + "ref_logps"));
    }
}
