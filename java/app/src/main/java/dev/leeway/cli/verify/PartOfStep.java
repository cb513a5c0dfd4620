package dev.leeway.cli.verify;

import dev.leeway.objective.Normalisers;
import dev.leeway.objective.Objective;
import dev.leeway.objective.ObjectiveWrapper;
import dev.leeway.objective.Scored;
import dev.leeway.objective.Weighed;
import java.util.function.UnaryOperator;

/**
 * A loss on rows that are a part of an optimiser step.
 *
 * @param objective the loss
 * @param divisors makes the denominators of the step from those of the rows
 */
record PartOfStep(Objective objective, UnaryOperator<Normalisers> divisors) implements ObjectiveWrapper {

    @Override
    public Weighed weigh(Scored scored, Normalisers normalisers) {
        return objective.weigh(scored, divisors.apply(normalisers));
    }
}
