package dev.leeway.cli.verify;

import dev.leeway.objective.BradleyTerry;
import dev.leeway.objective.Column;
import dev.leeway.objective.Normalisers;
import dev.leeway.objective.Scored;
import dev.leeway.objective.TokenScores;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/** Bradley–Terry on given rewards: TRL's {@code RewardTrainer}. */
final class BradleyTerryCases implements ObjectiveFamily {

    @Override
    public Set<String> names() {
        return Set.of("reward_bt");
    }

    @Override
    public void check(Document document, Checks checks) {
        var inputs = document.inputs();
        var expected = document.expected();
        var objective = objective(document.params());
        var stored = inputs.numbers("scores");
        var order = PaddedRows.interleaved(stored.length);
        var rewards = new double[stored.length];
        for (int r = 0; r < stored.length; r++) {
            rewards[order[r]] = stored[r];
        }
        var targets = new PaddedRows(1, order).targets(new boolean[stored.length], true).withRewards(margins(document, stored.length));
        var weighed = objective.weigh(Scored.of(new TokenScores().with(Column.VALUE, rewards), targets), Normalisers.of(List.of(targets)));
        checks.close("loss", weighed.loss(), expected.number("loss"), GATE);
        var gradient = weighed.gradients().column(Column.VALUE).orElseThrow();
        checks.relativeL2("gradient", Arrays.stream(order).mapToDouble(s -> gradient[s]).toArray(), expected.numbers("grad_scores"), GATE);
        WeighedChecks.metrics(weighed, expected, checks);
    }

    /** Options under TRL's names, or as cases abbreviate them. */
    static BradleyTerry objective(Fields params) {
        params.requireText("layout", PaddedRows.PAIR_LAYOUT);
        if (params.has("center_coefficient") && params.has("center_rewards_coefficient")) {
            throw params.wrong("center_coefficient", "means the same as center_rewards_coefficient; one of them is expected");
        }
        return new BradleyTerry(params.number("center_coefficient", params.number("center_rewards_coefficient", 0)),
            params.number("label_smoothing", 0));
    }

    /** The margin of each pair at its chosen sequence, or nothing. */
    private static double[] margins(Document document, int rows) {
        boolean stored = document.inputs().has("margins");
        if (document.params().flag("margin", stored) != stored) {
            throw document.params().wrong("margin", "must say whether there are margins");
        }
        var margins = stored ? document.inputs().numbers("margins") : new double[0];
        if (stored && 2 * margins.length != rows) {
            throw document.inputs().wrong("margins", "must be one for each of " + rows / 2 + " pairs, found " + margins.length);
        }
        var rewards = new double[2 * margins.length];
        for (int pair = 0; pair < margins.length; pair++) {
            rewards[2 * pair] = margins[pair];
        }
        return rewards;
    }
}
