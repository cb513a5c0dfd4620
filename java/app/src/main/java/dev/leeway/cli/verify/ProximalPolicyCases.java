package dev.leeway.cli.verify;

import dev.leeway.objective.ClippedValue;
import dev.leeway.objective.Column;
import dev.leeway.objective.Normalisers;
import dev.leeway.objective.ProximalPolicy;
import dev.leeway.objective.Scored;
import dev.leeway.objective.TokenScores;
import dev.leeway.objective.Weighed;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** PPO: TRL's experimental {@code PPOTrainer}. Policy and value are two losses here, of two models. */
final class ProximalPolicyCases implements ObjectiveFamily {

    /** What cases call the metrics. */
    private static final Map<String, String> METRICS = Map.of("clip_fraction", "policy/clipfrac_avg",
        "value_clip_fraction", "val/clipfrac_avg", "approxkl", "policy/approxkl_avg", "ratio", "val/ratio");

    @Override
    public Set<String> names() {
        return Set.of("ppo");
    }

    @Override
    public void check(Document document, Checks checks) {
        var inputs = document.inputs();
        var expected = document.expected();
        var mask = inputs.masks("mask");
        var rows = PaddedRows.inOrder(mask.length, mask[0].length);
        var policy = policy(document.params(), inputs, rows);
        var value = value(document.params(), inputs, rows);
        checks.close("loss", policy.loss() + value.loss(), expected.number("loss"), GATE);
        checks.close("policy loss", policy.metrics().get("loss/policy_avg"), expected.number("policy_loss"), GATE);
        checks.close("value loss", value.metrics().get("loss/value_avg"), expected.number("value_loss"), GATE);
        gradient("gradient by log-probs", policy, Column.LOG_PROB, expected.rows("grad_policy_logps"), checks);
        gradient("gradient by values", value, Column.TOKEN_VALUE, expected.rows("grad_values"), checks);
        expected.object("metrics").ifPresent(metrics -> {
            for (var name : metrics.names()) {
                var own = METRICS.getOrDefault(name, name);
                var found = policy.metrics().containsKey(own) ? policy.metrics() : value.metrics();
                checks.close(name, found.getOrDefault(own, Double.NaN), metrics.number(name), GATE);
            }
        });
    }

    private static void gradient(String what, Weighed weighed, Column column, double[][] expected, Checks checks) {
        var flat = WeighedChecks.flat(expected);
        checks.relativeL2(what, Arrays.copyOf(weighed.gradients().column(column).orElseThrow(), flat.length), flat, GATE);
    }

    private static Weighed policy(Fields params, Fields inputs, PaddedRows rows) {
        var targets = rows.targets(rows.flags(inputs, "mask"), false).withAdvantages(rows.numbers(inputs, "advantages"));
        var scored = Scored.of(rows.logProbs(inputs, "policy_logps"), targets).withOld(rows.logProbs(inputs, "old_logps"));
        return new ProximalPolicy(params.number("cliprange")).weigh(scored, Normalisers.of(List.of(targets)));
    }

    /** Returns are advantages plus old values. */
    private static Weighed value(Fields params, Fields inputs, PaddedRows rows) {
        var advantages = rows.numbers(inputs, "returns");
        var old = rows.numbers(inputs, "old_values");
        for (int n = 0; n < advantages.length; n++) {
            advantages[n] -= old[n];
        }
        var targets = rows.targets(rows.flags(inputs, "value_mask"), false).withAdvantages(advantages);
        var scored = Scored.of(new TokenScores().with(Column.TOKEN_VALUE, rows.numbers(inputs, "values")), targets)
            .withOld(new TokenScores().with(Column.TOKEN_VALUE, old));
        return new ClippedValue(params.number("cliprange_value"), params.number("vf_coef")).weigh(scored, Normalisers.of(List.of(targets)));
    }
}
