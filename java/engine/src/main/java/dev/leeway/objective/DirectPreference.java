package dev.leeway.objective;

import dev.leeway.LeewayException;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * Preference optimisation against a frozen reference: the mean over the pairs of the optimiser step of a sum of weighted {@link PairLoss}es
 * (DPO: Rafailov et al. 2023, eq. 7; TRL's {@code DPOTrainer}).
 *
 * <p>Pairs lie as {@link Targets} says. Σ log π goes over the completion; with {@code ld_alpha}, tokens behind the shorter answer's length
 * count that much. With {@code use_weighting}, a pair's loss is multiplied by both answers' w = exp(mean log(π / Σ_v π²)), through which no
 * gradient flows (Zhou et al. 2024, WPO, eq. 2, in its aligned form).
 */
public final class DirectPreference implements Objective {

    /**
     * One of the losses that are added up.
     *
     * @param loss which
     * @param weight its factor, one of {@code loss_weights}
     */
    public record Term(PairLoss loss, double weight) {

        /** Checks the weight. */
        public Term {
            Require.finite(weight, "loss_weights of " + loss.label());
        }
    }

    /**
     * What the losses have in common.
     *
     * @param beta β, above 0: how dearly leaving the reference is paid; TRL's default is 0.1
     * @param labelSmoothing ε, from 0 to below ½: the share of pairs whose label is thought to be wrong
     * @param discopopTau τ of DiscoPOP, above 0
     * @param divergence {@code f_divergence_type} and its coefficient
     * @param ldAlpha {@code ld_alpha} from 0 to 1 (Liu et al. 2024, LD-DPO), or none
     * @param useWeighting {@code use_weighting}
     */
    public record Settings(double beta, double labelSmoothing, double discopopTau, Divergence divergence, OptionalDouble ldAlpha,
            boolean useWeighting) {

        /** Checks the ranges. */
        public Settings {
            Require.positive(beta, "beta");
            Require.share(labelSmoothing, 0.5, "label_smoothing");
            Require.positive(discopopTau, "discopop_tau");
            ldAlpha.ifPresent(alpha -> Require.within(0, 1, alpha, "ld_alpha"));
        }

        /** TRL's defaults, but for β. */
        public static Settings of(double beta) {
            return new Settings(beta, 0, 0.05, Divergence.reverseKl(), OptionalDouble.empty(), false);
        }

        /** The same with {@code label_smoothing}. */
        public Settings withLabelSmoothing(double epsilon) {
            return new Settings(beta, epsilon, discopopTau, divergence, ldAlpha, useWeighting);
        }

        /** The same with {@code discopop_tau}. */
        public Settings withDiscopopTau(double tau) {
            return new Settings(beta, labelSmoothing, tau, divergence, ldAlpha, useWeighting);
        }

        /** The same with another divergence. */
        public Settings withDivergence(Divergence other) {
            return new Settings(beta, labelSmoothing, discopopTau, other, ldAlpha, useWeighting);
        }

        /** The same with {@code ld_alpha}. */
        public Settings withLdAlpha(double alpha) {
            return new Settings(beta, labelSmoothing, discopopTau, divergence, OptionalDouble.of(alpha), useWeighting);
        }

        /** The same with {@code use_weighting}. */
        public Settings withWeighting() {
            return new Settings(beta, labelSmoothing, discopopTau, divergence, ldAlpha, true);
        }
    }

    private final List<Term> terms;
    private final Settings settings;
    private final Set<Column> needs;

    /** One loss. */
    public DirectPreference(PairLoss loss, Settings settings) {
        this(List.of(new Term(loss, 1)), settings);
    }

    /** A sum of losses: {@code loss_type} as a list, with {@code loss_weights}. */
    public DirectPreference(List<Term> terms, Settings settings) {
        this.terms = List.copyOf(terms);
        this.settings = settings;
        needs = Collections.unmodifiableSet(settings.useWeighting() ? EnumSet.of(Column.LOG_PROB, Column.LOG_COLLISION)
            : EnumSet.of(Column.LOG_PROB));
        requireTerms();
    }

    private void requireTerms() {
        if (terms.isEmpty()) {
            throw LeewayException.usage("loss_type names no loss; sigmoid is the usual one");
        }
        if (settings.labelSmoothing() > 0 && terms.stream().noneMatch(term -> term.loss().smooths())) {
            throw LeewayException.usage("label_smoothing %s has no part in loss_type %s; sigmoid, robust and exo_pair take it: set it to "
                + "0, or choose one of them", settings.labelSmoothing(), terms.stream().map(term -> term.loss().label()).toList());
        }
        if (settings.labelSmoothing() == 0 && has(PairLoss.EXO_PAIR)) {
            throw LeewayException.usage("loss_type exo_pair needs label_smoothing above 0, got 0; its paper takes 1e-3");
        }
        if (settings.useWeighting() && has(PairLoss.SFT)) {
            throw LeewayException.usage("use_weighting weighs pairs, and loss_type sft is a mean over tokens; leave one of them out");
        }
    }

    private boolean has(PairLoss loss) {
        return terms.stream().anyMatch(term -> term.loss() == loss);
    }

    @Override
    public Set<Column> needs() {
        return needs;
    }

    @Override
    public Scope scope() {
        return Scope.PAIR;
    }

    @Override
    public boolean needsReference() {
        return true;
    }

    @Override
    public Weighed weigh(Scored scored, Normalisers normalisers) {
        var targets = scored.targets();
        var policy = scored.policy().logProb();
        var reference = scored.requireReference().logProb();
        var gradient = scored.gradients().room(Column.LOG_PROB, targets.mask().length);
        double pairs = normalisers.pairs();
        var log = new Pairs(pairs);
        double loss = 0;
        for (int c = 0; c < Pairs.sequences(targets); c += 2) {
            var chosen = damped(targets, c, c + 1);
            var rejected = damped(targets, c + 1, c);
            double weight = settings.useWeighting() ? alignment(scored, c) * alignment(scored, c + 1) : 1;
            double chosenRatio = chosen.sumOfDifferences(policy, reference);
            double rejectedRatio = rejected.sumOfDifferences(policy, reference);
            var sum = sum(new RatioPair(Dual.chosen(chosenRatio), Dual.rejected(rejectedRatio), chosen.length(), rejected.length(),
                settings)).times(weight / pairs);
            loss += sum.value() + likelihood(targets, c, policy, gradient, normalisers);
            chosen.spread(sum.byChosen(), gradient);
            rejected.spread(sum.byRejected(), gradient);
            log.add(settings.beta() * chosenRatio, settings.beta() * rejectedRatio, chosen.sum(policy), rejected.sum(policy));
        }
        return new Weighed(loss, scored.gradients(), log.metrics());
    }

    private Answer damped(Targets targets, int sequence, int other) {
        var answer = Answer.require(targets, sequence);
        return settings.ldAlpha().isEmpty() ? answer
            : answer.damped(Math.min(answer.length(), targets.completionTokens(other)), settings.ldAlpha().getAsDouble());
    }

    private Dual sum(RatioPair pair) {
        var sum = Dual.constant(0);
        for (var term : terms) {
            if (term.loss() != PairLoss.SFT) {
                sum = sum.plus(term.loss().of(pair).times(term.weight()));
            }
        }
        return sum;
    }

    /** The chosen answer's share of the {@link PairLoss#SFT} terms, whose gradient it adds. */
    private double likelihood(Targets targets, int sequence, double[] policy, double[] gradient, Normalisers normalisers) {
        double loss = 0;
        for (var term : terms) {
            if (term.loss() == PairLoss.SFT) {
                var answer = Answer.of(targets, sequence);
                double slope = -term.weight() / normalisers.chosenCompletionTokens();
                loss += slope * answer.sum(policy);
                answer.spread(slope, gradient);
            }
        }
        return loss;
    }

    private static double alignment(Scored scored, int sequence) {
        var answer = Answer.of(scored.targets(), sequence);
        return Math.exp(answer.sumOfDifferences(scored.policy().logProb(), scored.policy().column(Column.LOG_COLLISION)) / answer.length());
    }
}
