package dev.leeway.objective;

import java.util.Set;

/** A loss as a pure function of per-token scores. It computes in double and never sees a model. */
public interface Objective {

    /** The columns that {@link #weigh} reads. */
    Set<Column> needs();

    /** What must not be split between micro-batches. */
    Scope scope();

    /**
     * The loss of a micro-batch and its derivatives.
     *
     * @param scored scores and targets of the micro-batch
     * @param normalisers denominators of the whole optimiser step
     */
    Weighed weigh(Scored scored, Normalisers normalisers);
}
