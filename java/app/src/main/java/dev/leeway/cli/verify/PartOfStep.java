package dev.leeway.cli.verify;

import dev.leeway.objective.Column;
import dev.leeway.objective.Normalisers;
import dev.leeway.objective.Objective;
import dev.leeway.objective.Scope;
import dev.leeway.objective.Scored;
import dev.leeway.objective.Weighed;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * A loss on rows that are a part of an optimiser step.
 *
 * @param objective the loss
 * @param divisors makes the denominators of the step from those of the rows
 */
record PartOfStep(Objective objective, UnaryOperator<Normalisers> divisors) implements Objective {

    @Override
    public Set<Column> needs() {
        return objective.needs();
    }

    @Override
    public Scope scope() {
        return objective.scope();
    }

    @Override
    public boolean needsReference() {
        return objective.needsReference();
    }

    @Override
    public boolean needsOld() {
        return objective.needsOld();
    }

    @Override
    public double[] measure(Scored scored) {
        return objective.measure(scored);
    }

    @Override
    public Weighed weigh(Scored scored, Normalisers normalisers) {
        return objective.weigh(scored, divisors.apply(normalisers));
    }
}
