package dev.leeway.objective;

import dev.leeway.LeewayException;
import java.util.HashMap;
import java.util.Set;

/**
 * Preference optimisation without a reference: the mean over the pairs of the optimiser step of a loss on d = r_w − r_l, plus
 * {@code cpo_alpha} times −log π of the chosen answers, averaged over their tokens (CPO: Xu et al. 2024, eq. 3; SimPO: Meng et al.
 * 2024, eq. 6; TRL's {@code CPOTrainer}).
 *
 * <p>r of an answer is its Σ log π, or for ipo and simpo its mean a token; with {@code alpha} α ≠ 0 it is (1 − e^(−αr)) / α instead
 * (AlphaPO: Gupta et al. 2025).
 */
public final class ContrastivePreference implements Objective {

    /** Losses on d; their names in lower case are TRL's. */
    public enum Loss {
        /** −(1−ε) log σ(βd) − ε log σ(−βd): CPO. */
        SIGMOID,
        /** max(0, 1 − βd). */
        HINGE,
        /** (d − 1/(2β))², by length. */
        IPO,
        /** −(1−ε) log σ(βd − γ) − ε log σ(γ − βd), by length: SimPO. */
        SIMPO;

        /** The loss of TRL's name. */
        public static Loss named(String name) {
            return Options.named("loss_type", name, values());
        }

        private boolean isByLength() {
            return this == IPO || this == SIMPO;
        }

        private boolean smooths() {
            return this == SIGMOID || this == SIMPO;
        }
    }

    /**
     * Its options.
     *
     * @param loss {@code loss_type}
     * @param beta β, above 0
     * @param gamma γ, {@code simpo_gamma}: the margin that SimPO asks of βd; SimPO's own code takes γ/β as {@code gamma_beta_ratio}
     * @param cpoAlpha {@code cpo_alpha}: the weight of the chosen answers' likelihood; 0 for SimPO proper
     * @param labelSmoothing ε, from 0 to below ½
     * @param alpha α of AlphaPO; 0 for log-probabilities as they are
     */
    public record Settings(Loss loss, double beta, double gamma, double cpoAlpha, double labelSmoothing, double alpha) {

        /** Checks the ranges. */
        public Settings {
            Require.positive(beta, "beta");
            Require.finite(gamma, "simpo_gamma");
            Require.finite(cpoAlpha, "cpo_alpha");
            Require.finite(alpha, "alpha");
            Require.share(labelSmoothing, 0.5, "label_smoothing");
            if (labelSmoothing > 0 && !loss.smooths()) {
                throw LeewayException.usage("label_smoothing %s has no part in loss_type %s; sigmoid and simpo take it", labelSmoothing,
                    Options.label(loss));
            }
        }

        /** CPO with its own loss. */
        public static Settings cpo(double beta, double cpoAlpha) {
            return new Settings(Loss.SIGMOID, beta, 0, cpoAlpha, 0, 0);
        }

        /** SimPO proper. */
        public static Settings simpo(double beta, double gamma) {
            return new Settings(Loss.SIMPO, beta, gamma, 0, 0, 0);
        }
    }

    private static final Set<Column> NEEDS = Set.of(Column.LOG_PROB);

    private final Settings settings;

    /** With these options. */
    public ContrastivePreference(Settings settings) {
        this.settings = settings;
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
        double slope = -1.0 / normalisers.chosenCompletionTokens();
        var log = new Pairs(pairs);
        double loss = 0;
        double likelihood = 0;
        for (int c = 0; c < Pairs.sequences(targets); c += 2) {
            var chosen = Answer.require(targets, c);
            var rejected = Answer.require(targets, c + 1);
            double perChosen = settings.loss().isByLength() ? 1.0 / chosen.length() : 1;
            double perRejected = settings.loss().isByLength() ? 1.0 / rejected.length() : 1;
            double chosenLogProb = chosen.sum(policy) * perChosen;
            double rejectedLogProb = rejected.sum(policy) * perRejected;
            var chosenReward = reward(Dual.chosen(chosenLogProb));
            var rejectedReward = reward(Dual.rejected(rejectedLogProb));
            var weighed = loss(chosenReward.minus(rejectedReward)).times(1 / pairs);
            loss += weighed.value();
            likelihood += slope * chosen.sum(policy);
            chosen.spread(weighed.byChosen() * perChosen + settings.cpoAlpha() * slope, gradient);
            rejected.spread(weighed.byRejected() * perRejected, gradient);
            log.add(settings.beta() * chosenReward.value(), settings.beta() * rejectedReward.value(), chosenLogProb, rejectedLogProb);
        }
        var metrics = new HashMap<>(log.metrics());
        metrics.put("nll_loss", likelihood);
        return new Weighed(loss + settings.cpoAlpha() * likelihood, scored.gradients(), metrics);
    }

    private Dual reward(Dual logProb) {
        double alpha = settings.alpha();
        return alpha == 0 ? logProb : logProb.times(-alpha).exp().plus(-1).times(-1 / alpha);
    }

    private Dual loss(Dual difference) {
        return switch (settings.loss()) {
            case SIGMOID -> difference.times(settings.beta()).preferenceLoss(settings.labelSmoothing());
            case HINGE -> difference.times(-settings.beta()).plus(1).positivePart();
            case IPO -> difference.plus(-0.5 / settings.beta()).square();
            case SIMPO -> difference.times(settings.beta()).plus(-settings.gamma()).preferenceLoss(settings.labelSmoothing());
        };
    }
}
