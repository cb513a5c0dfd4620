package dev.leeway.objective;

import dev.leeway.LeewayException;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Set;

/**
 * Another objective plus the mean over the trained tokens of the optimiser step of z lse² − c H: a z-loss, which keeps the log-normaliser
 * of the logits near 0 (Chowdhery et al. 2022, §5), and an entropy bonus, which keeps the distribution wide (Mnih et al. 2016, §4).
 */
public final class Regularised implements ObjectiveWrapper {

    private final Objective objective;
    private final double zLossCoefficient;
    private final double entropyCoefficient;
    private final Set<Column> needs;

    /**
     * Adds both terms.
     *
     * @param objective what is regularised; it must not read the columns of the terms itself
     * @param zLossCoefficient z, at least 0
     * @param entropyCoefficient c = {@code entropy_coef}; below 0 it makes the distribution narrow
     */
    public Regularised(Objective objective, double zLossCoefficient, double entropyCoefficient) {
        this.objective = objective;
        this.zLossCoefficient = Require.notNegative(zLossCoefficient, "z_loss_coefficient");
        this.entropyCoefficient = Require.finite(entropyCoefficient, "entropy_coef");
        var columns = EnumSet.copyOf(objective.needs());
        for (var column : new Column[] {Column.LOG_SUM_EXP, Column.ENTROPY}) {
            if ((column == Column.ENTROPY ? entropyCoefficient : zLossCoefficient) != 0 && !columns.add(column)) {
                throw LeewayException.usage("the objective reads %s itself; give it its own z-loss or entropy bonus, and no second one",
                    column);
            }
        }
        needs = Collections.unmodifiableSet(columns);
    }

    @Override
    public Objective objective() {
        return objective;
    }

    @Override
    public Set<Column> needs() {
        return needs;
    }

    /** Both terms are of every masked token, those of sequences that the objective only measures included. */
    @Override
    public boolean trains(Targets targets) {
        return zLossCoefficient != 0 || entropyCoefficient != 0 || objective.trains(targets);
    }

    @Override
    public Weighed weigh(Scored scored, Normalisers normalisers) {
        var weighed = objective.weigh(scored, normalisers);
        var metrics = new HashMap<>(weighed.metrics());
        double loss = weighed.loss();
        if (zLossCoefficient != 0) {
            double mean = add(scored, Column.LOG_SUM_EXP, normalisers.tokens());
            metrics.put("z_loss", zLossCoefficient * mean);
            loss += zLossCoefficient * mean;
        }
        if (entropyCoefficient != 0) {
            double mean = add(scored, Column.ENTROPY, normalisers.tokens());
            metrics.put("entropy", mean);
            loss -= entropyCoefficient * mean;
        }
        return new Weighed(loss, weighed.gradients(), metrics);
    }

    /** This micro-batch's share of the mean of lse² or H, whose gradient it leaves in the room. */
    private double add(Scored scored, Column column, double tokens) {
        var mask = scored.targets().mask();
        var scores = scored.policy().column(column);
        var gradient = scored.gradients().room(column, mask.length);
        double sum = 0;
        for (int t = 0; t < mask.length; t++) {
            if (mask[t]) {
                sum += column == Column.ENTROPY ? scores[t] : scores[t] * scores[t];
                gradient[t] = (column == Column.ENTROPY ? -entropyCoefficient : 2 * zLossCoefficient * scores[t]) / tokens;
            }
        }
        return sum / tokens;
    }
}
