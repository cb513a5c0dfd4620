package dev.leeway.objective;

import java.util.HashMap;
import java.util.Set;

/**
 * ORPO (Hong et al. 2024, eq. 6 and 7; TRL's {@code ORPOTrainer}): −log π of the chosen sequences, averaged over all of their trained
 * tokens in the step (prompt and answer, {@link Targets#mask}), plus β times the mean over pairs of −log σ(o). The log-odds ratio o is (a −
 * b) − (log(1 − eᵃ) − log(1 − eᵇ)) of the answers' mean log-probabilities a (chosen) and b (rejected). No reference.
 *
 * <p>∂(−log σ(o))/∂a = −σ(−o) / (1 − eᵃ), and by b the same with the other sign. 1 − eᵃ is taken to be at least the rounding unit of single
 * precision, which log-probabilities come in: an answer that is certain to it has finite odds.
 */
public final class OddsRatioPreference implements Objective {

    private static final Set<Column> NEEDS = Set.of(Column.LOG_PROB);
    private static final double SINGLE_PRECISION = 0x1p-24;

    private final double beta;

    /** {@code beta} β, λ in the paper: the weight of the odds ratio; TRL's default is 0.1. */
    public OddsRatioPreference(double beta) {
        this.beta = Require.notNegative(beta, "beta");
    }

    @Override
    public Set<Column> needs() {
        return NEEDS;
    }

    @Override
    public Scope scope() {
        return Scope.PAIR;
    }

    @Override
    public Weighed weigh(Scored scored, Normalisers normalisers) {
        var targets = scored.targets();
        var policy = scored.policy().logProb();
        var gradient = scored.gradients().room(Column.LOG_PROB, targets.mask().length);
        double pairs = normalisers.pairs();
        double slope = -1.0 / normalisers.chosenTokens();
        var log = new Pairs(pairs);
        double likelihood = 0;
        double logOdds = 0;
        double ratio = 0;
        for (int c = 0; c < Pairs.sequences(targets); c += 2) {
            var whole = Answer.withPrompt(targets, c);
            likelihood += slope * whole.sum(policy);
            whole.spread(slope, gradient);
            var chosen = Answer.require(targets, c);
            var rejected = Answer.require(targets, c + 1);
            double a = chosen.sum(policy) / chosen.length();
            double b = rejected.sum(policy) / rejected.length();
            double notChosen = Math.max(-Math.expm1(a), SINGLE_PRECISION);
            double notRejected = Math.max(-Math.expm1(b), SINGLE_PRECISION);
            double odds = a - b - Math.log(notChosen) + Math.log(notRejected);
            logOdds += odds / pairs;
            ratio += Logistic.logSigmoid(odds) / pairs;
            double weight = beta * Logistic.sigmoid(-odds) / pairs;
            chosen.spread(-weight / notChosen / chosen.length(), gradient);
            rejected.spread(weight / notRejected / rejected.length(), gradient);
            log.add(beta * a, beta * b, a, b);
        }
        var metrics = new HashMap<>(log.metrics());
        metrics.put("nll_loss", likelihood);
        metrics.put("log_odds_ratio", ratio);
        metrics.put("log_odds_chosen", logOdds);
        return new Weighed(likelihood - beta * ratio, scored.gradients(), metrics);
    }
}
