package dev.leeway.cli.verify;

import dev.leeway.objective.GeneralizedAdvantages;
import dev.leeway.objective.GeneralizedAdvantages.Episode;
import dev.leeway.objective.GeneralizedAdvantages.Settings;
import dev.leeway.objective.KlEstimator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Set;

/** Rewards of tokens, generalised advantages and their whitening, as TRL's experimental {@code PPOTrainer} has them. */
final class GeneralizedAdvantageCases implements ObjectiveFamily {

    @Override
    public Set<String> names() {
        return Set.of("gae");
    }

    @Override
    public void check(Document document, Checks checks) {
        var params = document.params();
        var expected = document.expected();
        var settings = new Settings(params.number("gamma"), params.number("lambda"), params.number("kl_coef"),
            KlEstimator.named(params.text("kl_estimator", "k1")), params.flag("whiten_rewards", false),
            params.number("whiten_eps", GeneralizedAdvantages.EPSILON));
        var found = estimates(document.inputs(), settings);
        compare("rewards_before_whitening", found.tokenRewards(), expected, checks);
        compare("rewards", found.rewards(), expected, checks);
        compare("advantages_raw", found.advantages(), expected, checks);
        compare("returns", found.returns(), expected, checks);
        compare("advantages_whitened", found.whitened(), expected, checks);
    }

    /** A row's completion ends at its last token; one position behind it has a value too, if the row has one. */
    private static GeneralizedAdvantages estimates(Fields inputs, Settings settings) {
        var logProbs = inputs.rows("logps");
        var reference = inputs.rows("ref_logps");
        var values = inputs.rows("values");
        var scores = inputs.numbers("scores");
        var last = inputs.wholes("last_token_index");
        int width = logProbs[0].length;
        if (reference.length != logProbs.length || values.length != logProbs.length || scores.length != logProbs.length
            || last.length != logProbs.length || reference[0].length != width || values[0].length != width) {
            throw inputs.wrong("logps", "and the other inputs must have the same rows, found " + logProbs.length + " rows of " + width);
        }
        var episodes = new ArrayList<Episode>();
        for (int row = 0; row < logProbs.length; row++) {
            int tokens = last[row] + 1;
            if (tokens < 1 || tokens > width) {
                throw inputs.wrong("last_token_index", "must be from 0 to " + (width - 1) + ", found " + last[row] + " in row " + row);
            }
            episodes.add(new Episode(Arrays.copyOf(logProbs[row], tokens), Arrays.copyOf(reference[row], tokens),
                Arrays.copyOf(values[row], Math.min(tokens + 1, width)), scores[row]));
        }
        return GeneralizedAdvantages.of(episodes, settings);
    }

    /** Positions behind an episode's end are 0. */
    private static void compare(String name, double[][] found, Fields expected, Checks checks) {
        if (expected.has(name)) {
            var rows = expected.rows(name);
            var padded = Arrays.stream(found).map(row -> Arrays.copyOf(row, rows[0].length)).toArray(double[][]::new);
            checks.relativeL2(name, WeighedChecks.flat(padded), WeighedChecks.flat(rows), GATE);
        }
    }
}
