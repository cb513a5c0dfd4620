package dev.leeway.cli.verify;

import dev.leeway.objective.Normalisers;
import dev.leeway.objective.OddsRatioPreference;
import dev.leeway.objective.Scored;
import dev.leeway.objective.Targets;
import dev.leeway.objective.Weighed;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** ORPO: TRL's {@code ORPOTrainer}. The likelihood of chosen rows goes over prompt and completion, {@code nll_mask_chosen}. */
final class OddsRatioCases implements ObjectiveFamily {

    @Override
    public Set<String> names() {
        return Set.of("orpo");
    }

    @Override
    public void check(Document document, Checks checks) {
        var inputs = document.inputs();
        var expected = document.expected();
        double beta = beta(document.params());
        var rows = PaddedRows.pairs(inputs, "policy_logps");
        var completion = rows.flags(inputs, "mask");
        var targets = rows.targets(withPrompts(inputs, rows, completion), true).withCompletion(completion);
        var scored = Scored.of(rows.logProbs(inputs, "policy_logps"), targets);
        var weighed = new OddsRatioPreference(beta).weigh(scored, Normalisers.of(List.of(targets)));
        WeighedChecks.compare(weighed, rows, expected, checks);
        if (expected.has("nll")) {
            checks.close("nll", weighed.metrics().get("nll_loss"), expected.number("nll"), GATE);
        }
        if (expected.has("per_pair_or_term")) {
            checks.relativeL2("odds ratio of each pair", IntStream.range(0, rows.rows() / 2)
                .mapToDouble(pair -> oddsTerm(beta, rows.pair(scored, 2 * pair))).toArray(), expected.numbers("per_pair_or_term"), GATE);
        }
    }

    /** Options under TRL's names, or as cases abbreviate them. */
    static OddsRatioPreference objective(Fields params) {
        return new OddsRatioPreference(beta(params));
    }

    private static double beta(Fields params) {
        params.requireText("layout", PaddedRows.PAIR_LAYOUT);
        return params.has("lambda") ? params.number("lambda") : params.number("beta");
    }

    private static boolean[] withPrompts(Fields inputs, PaddedRows rows, boolean[] completion) {
        var mask = completion.clone();
        var chosen = inputs.masks("nll_mask_chosen");
        for (int pair = 0; pair < chosen.length; pair++) {
            System.arraycopy(chosen[pair], 0, mask, rows.sequenceOf()[pair] * rows.width(), rows.width());
        }
        return mask;
    }

    /** −β log σ(log-odds ratio) of one pair alone. */
    private static double oddsTerm(double beta, Scored pair) {
        Targets targets = pair.targets();
        Weighed alone = new OddsRatioPreference(beta).weigh(pair, Normalisers.of(List.of(targets)));
        return -beta * alone.metrics().get("log_odds_ratio");
    }
}
