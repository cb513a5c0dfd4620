package dev.leeway.objective;

import dev.leeway.LeewayException;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/**
 * Next-token prediction on the trained tokens: the mean over the n trained tokens of the optimiser step of
 * (1−e) (−log p(target)) + e (−(1/V) Σ_v log p(v)) + z lse².
 *
 * <p>Without options it is the loss of transformers' {@code ForCausalLMLoss} with {@code num_items_in_batch}; on text without a prompt it
 * is pretraining. e smooths the labels (Szegedy et al. 2016, §7; transformers' {@code LabelSmoother}), z keeps the log-normaliser near 0
 * (Chowdhery et al. 2022, §5). {@link Loss#DFT} weighs each token by its probability, through which no gradient flows (Wu et al. 2025,
 * dynamic fine-tuning). {@link Mean} says what the mean is taken over.
 */
public final class SupervisedFineTuning implements Objective {

    /** Losses of a token; their names in lower case are TRL's {@code loss_type}. */
    public enum Loss {
        /** −log p(target). */
        NLL,
        /** −p(target) log p(target), p a constant. */
        DFT;

        /** The loss of TRL's name. */
        public static Loss named(String name) {
            return Options.named("loss_type", name, values());
        }
    }

    /** What the mean of a step is taken over. */
    public enum Mean {
        /** Its trained tokens: all tokens count alike. */
        TOKENS,
        /** Its sequences with a trained token, of each the mean over its tokens: all sequences count alike. */
        SEQUENCES
    }

    /**
     * The loss's options.
     *
     * @param loss {@code loss_type}
     * @param mean over what
     * @param labelSmoothingFactor e = {@code label_smoothing_factor}, from 0 to below 1
     * @param zLossCoefficient z, at least 0; PaLM's is 1e-4
     */
    public record Settings(Loss loss, Mean mean, double labelSmoothingFactor, double zLossCoefficient) {

        /** Checks the ranges. */
        public Settings {
            Require.share(labelSmoothingFactor, 1, "label_smoothing_factor");
            Require.notNegative(zLossCoefficient, "z_loss_coefficient");
            if (labelSmoothingFactor > 0 && loss == Loss.DFT) {
                throw LeewayException.usage("label_smoothing_factor %s has no part in loss_type dft; set it to 0, or take nll",
                    labelSmoothingFactor);
            }
        }
    }

    private final Settings settings;
    private final Set<Column> needs;
    private final Column[] columns;

    /** The plain loss. */
    public SupervisedFineTuning() {
        this(0, 0);
    }

    /** The mean over tokens with the options of {@link Settings}. */
    public SupervisedFineTuning(double labelSmoothingFactor, double zLossCoefficient) {
        this(new Settings(Loss.NLL, Mean.TOKENS, labelSmoothingFactor, zLossCoefficient));
    }

    /** With all options. */
    public SupervisedFineTuning(Settings settings) {
        this.settings = settings;
        this.needs = Collections.unmodifiableSet(columns());
        this.columns = needs.toArray(Column[]::new);
    }

    private Set<Column> columns() {
        var columns = EnumSet.of(Column.LOG_PROB);
        if (settings.labelSmoothingFactor() > 0) {
            columns.add(Column.SOFT_LOSS);
        }
        if (settings.zLossCoefficient() > 0) {
            columns.add(Column.LOG_SUM_EXP);
        }
        return columns;
    }

    @Override
    public Set<Column> needs() {
        return needs;
    }

    @Override
    public Scope scope() {
        return settings.mean() == Mean.TOKENS ? Scope.TOKEN : Scope.SEQUENCE;
    }

    @Override
    public Weighed weigh(Scored scored, Normalisers normalisers) {
        var targets = scored.targets();
        double loss = 0;
        for (var column : columns) {
            var scores = scored.policy().column(column);
            var gradient = scored.gradients().room(column, targets.mask().length);
            if (settings.mean() == Mean.TOKENS) {
                loss += add(column, scores, gradient, targets.mask(), new Part(0, targets.mask().length, normalisers.tokens()));
                continue;
            }
            for (int s = 0; s < targets.sequences(); s++) {
                var part = new Part(targets.sequenceStarts()[s], targets.sequenceStarts()[s + 1],
                    (double) normalisers.trainedSequences() * targets.trainedTokens(s));
                loss += add(column, scores, gradient, targets.mask(), part);
            }
        }
        return new Weighed(loss, scored.gradients(), Map.of());
    }

    /** Positions from…to−1, whose tokens are divided by {@code divisor}. */
    private record Part(int from, int to, double divisor) {
    }

    private double add(Column column, double[] scores, double[] gradient, boolean[] mask, Part part) {
        double sum = 0;
        for (int t = part.from(); t < part.to(); t++) {
            if (mask[t]) {
                sum += term(column, scores[t]);
                gradient[t] = slope(column, scores[t]) / part.divisor();
            }
        }
        return sum == 0 ? 0 : sum / part.divisor();
    }

    /** A token's share of the loss that comes from one column; the shares of all columns add up. */
    private double term(Column column, double score) {
        return switch (column) {
            case LOG_PROB -> -weight(score) * score;
            case SOFT_LOSS -> settings.labelSmoothingFactor() * score;
            case LOG_SUM_EXP -> settings.zLossCoefficient() * score * score;
            default -> throw new IllegalStateException(column + " was not asked for");
        };
    }

    private double slope(Column column, double score) {
        return switch (column) {
            case LOG_PROB -> -weight(score);
            case SOFT_LOSS -> settings.labelSmoothingFactor();
            case LOG_SUM_EXP -> 2 * settings.zLossCoefficient() * score;
            default -> throw new IllegalStateException(column + " was not asked for");
        };
    }

    private double weight(double logProb) {
        return settings.loss() == Loss.DFT ? Math.exp(logProb) : 1 - settings.labelSmoothingFactor();
    }
}
