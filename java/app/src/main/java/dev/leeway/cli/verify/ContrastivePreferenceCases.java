package dev.leeway.cli.verify;

import dev.leeway.objective.ContrastivePreference;
import dev.leeway.objective.Normalisers;
import dev.leeway.objective.Scored;
import java.util.List;
import java.util.Set;

/**
 * SimPO and CPO: TRL's {@code CPOTrainer}.
 *
 * @param name the objective
 * @param usualLoss its {@code loss_type} unless a case gives another one
 * @param usualLikelihood its {@code cpo_alpha} likewise
 */
record ContrastivePreferenceCases(String name, String usualLoss, double usualLikelihood) implements ObjectiveFamily {

    static final ContrastivePreferenceCases SIMPO = new ContrastivePreferenceCases("simpo", "simpo", 0);
    static final ContrastivePreferenceCases CPO = new ContrastivePreferenceCases("cpo", "sigmoid", 1);

    @Override
    public Set<String> names() {
        return Set.of(name);
    }

    @Override
    public void check(Document document, Checks checks) {
        var inputs = document.inputs();
        var expected = document.expected();
        var settings = settings(document.params());
        var rows = PaddedRows.pairs(inputs, "policy_logps");
        var targets = rows.targets(rows.flags(inputs, "mask"), true);
        var scored = Scored.of(rows.logProbs(inputs, "policy_logps"), targets);
        var weighed = new ContrastivePreference(settings).weigh(scored, Normalisers.of(List.of(targets)));
        WeighedChecks.compare(weighed, rows, expected, checks);
        if (expected.has("nll")) {
            checks.close("nll", weighed.metrics().get("nll_loss"), expected.number("nll"), GATE);
        }
        if (expected.has("per_pair_loss")) {
            var alone = new ContrastivePreference.Settings(settings.loss(), settings.beta(), settings.gamma(), 0, settings.labelSmoothing(),
                settings.alpha());
            checks.relativeL2("loss of each pair", WeighedChecks.perPair(new ContrastivePreference(alone), scored, rows),
                expected.numbers("per_pair_loss"), GATE);
        }
    }

    /** The objective with these options. */
    ContrastivePreference objective(Fields params) {
        return new ContrastivePreference(settings(params));
    }

    /** Options under TRL's names, or as cases abbreviate them. */
    private ContrastivePreference.Settings settings(Fields params) {
        params.requireText("layout", PaddedRows.PAIR_LAYOUT);
        double beta = params.number("beta");
        double gamma = one(params, 0, "gamma", "simpo_gamma");
        if (params.has("gamma_beta_ratio") && (params.has("gamma") || params.has("simpo_gamma"))) {
            throw params.wrong("gamma_beta_ratio", "says gamma over beta, and gamma is there too; one of them is expected");
        }
        return new ContrastivePreference.Settings(ContrastivePreference.Loss.named(params.text("loss_type", usualLoss)), beta,
            gamma + beta * params.number("gamma_beta_ratio", 0),
            one(params, usualLikelihood, "nll_coefficient", "cpo_alpha"), params.number("label_smoothing", 0), params.number("alpha", 0));
    }

    /** A number that has two names, of which at most one may be used. */
    private static double one(Fields params, double absent, String name, String other) {
        if (params.has(name) && params.has(other)) {
            throw params.wrong(name, "means the same as " + other + "; one of them is expected");
        }
        return params.number(name, params.number(other, absent));
    }
}
