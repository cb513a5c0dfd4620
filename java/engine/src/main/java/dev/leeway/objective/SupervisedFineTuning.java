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
 * (Chowdhery et al. 2022, §5).
 */
public final class SupervisedFineTuning implements Objective {

    private final double labelSmoothingFactor;
    private final double zLossCoefficient;
    private final Set<Column> needs;
    private final Column[] columns;

    /** The plain loss. */
    public SupervisedFineTuning() {
        this(0, 0);
    }

    /**
     * The loss with its options.
     *
     * @param labelSmoothingFactor e = {@code label_smoothing_factor}, from 0 to below 1
     * @param zLossCoefficient z, at least 0; PaLM's is 1e-4
     */
    public SupervisedFineTuning(double labelSmoothingFactor, double zLossCoefficient) {
        if (!(labelSmoothingFactor >= 0 && labelSmoothingFactor < 1)) {
            throw LeewayException.usage("label_smoothing_factor must be at least 0 and below 1, got %s", labelSmoothingFactor);
        }
        if (!(zLossCoefficient >= 0 && zLossCoefficient < Double.POSITIVE_INFINITY)) {
            throw LeewayException.usage("z_loss_coefficient must be at least 0 and finite, got %s", zLossCoefficient);
        }
        this.labelSmoothingFactor = labelSmoothingFactor;
        this.zLossCoefficient = zLossCoefficient;
        this.needs = Collections.unmodifiableSet(columns());
        this.columns = needs.toArray(Column[]::new);
    }

    private Set<Column> columns() {
        var columns = EnumSet.of(Column.LOG_PROB);
        if (labelSmoothingFactor > 0) {
            columns.add(Column.SOFT_LOSS);
        }
        if (zLossCoefficient > 0) {
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
        return Scope.TOKEN;
    }

    @Override
    public Weighed weigh(Scored scored, Normalisers normalisers) {
        var mask = scored.targets().mask();
        double tokens = normalisers.tokens();
        double loss = 0;
        for (var column : columns) {
            var scores = scored.policy().column(column);
            var gradient = scored.gradients().room(column, mask.length);
            double sum = 0;
            for (int t = 0; t < mask.length; t++) {
                if (mask[t]) {
                    sum += term(column, scores[t]);
                    gradient[t] = slope(column, scores[t]) / tokens;
                }
            }
            loss += sum / tokens;
        }
        return new Weighed(loss, scored.gradients(), Map.of());
    }

    /** A token's share of the loss that comes from one column; the shares of all columns add up. */
    private double term(Column column, double score) {
        return switch (column) {
            case LOG_PROB -> -(1 - labelSmoothingFactor) * score;
            case SOFT_LOSS -> labelSmoothingFactor * score;
            case LOG_SUM_EXP -> zLossCoefficient * score * score;
            case ENTROPY, VALUE, TOKEN_VALUE -> throw new IllegalStateException(column + " was not asked for");
        };
    }

    private double slope(Column column, double score) {
        return switch (column) {
            case LOG_PROB -> -(1 - labelSmoothingFactor);
            case SOFT_LOSS -> labelSmoothingFactor;
            case LOG_SUM_EXP -> 2 * zLossCoefficient * score;
            case ENTROPY, VALUE, TOKEN_VALUE -> throw new IllegalStateException(column + " was not asked for");
        };
    }
}
