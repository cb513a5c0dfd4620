package dev.leeway.objective;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/**
 * Learning from a teacher's distributions: the mean over the trained tokens of the optimiser step of a (−Σ_v q(v) log p(v)) + (1−a) (−log
 * p(target)), with the sparse q that the batch holds for each of them (Hinton et al. 2015, §2; sequences as in Kim and Rush 2016, §3.1).
 *
 * <p>The first term is the forward divergence KL(q ‖ p) plus the entropy of q, which no model changes: they have the same gradient. Where q
 * lacks some of the teacher's mass, that much less is asked of p.
 */
public final class Distillation implements Objective {

    private final double weight;
    private final Set<Column> needs;

    /** {@code weight} a, above 0 and at most 1: the teacher's share; the rest is the data's own next token. */
    public Distillation(double weight) {
        Require.within(0, 1, weight, "the weight of the teacher");
        this.weight = Require.positive(weight, "the weight of the teacher");
        needs = Set.copyOf(weight < 1 ? EnumSet.of(Column.LOG_PROB, Column.TARGET_LOSS) : EnumSet.of(Column.TARGET_LOSS));
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
        double taught = add(scored, Column.TARGET_LOSS, weight / normalisers.tokens());
        double told = weight < 1 ? add(scored, Column.LOG_PROB, -(1 - weight) / normalisers.tokens()) : 0;
        return new Weighed(taught + told, scored.gradients(), Map.of("teacher_cross_entropy", taught / weight));
    }

    /** {@code slope} times the sum of a column over the trained tokens, whose gradient it leaves in the room. */
    private static double add(Scored scored, Column column, double slope) {
        var mask = scored.targets().mask();
        var scores = scored.policy().column(column);
        var gradient = scored.gradients().room(column, mask.length);
        double sum = 0;
        for (int t = 0; t < mask.length; t++) {
            if (mask[t]) {
                sum += scores[t];
                gradient[t] = slope;
            }
        }
        return slope * sum;
    }
}
