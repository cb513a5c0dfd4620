package dev.leeway.objective;

import java.util.Set;

/** A loss as a pure function of per-token scores. It computes in double and never sees a model. */
public interface Objective {

    /** The columns that {@link #weigh} reads. */
    Set<Column> needs();

    /** What must not be split between micro-batches. */
    Scope scope();

    /** Whether {@link Scored#reference} must be there, with {@link Column#LOG_PROB} at every position that the mask scores. */
    default boolean needsReference() {
        return false;
    }

    /** Whether {@link Scored#old} must be there: {@link Column#LOG_PROB} as the sampler stored it. */
    default boolean needsOld() {
        return false;
    }

    /**
     * What a forward-only pass before the gradients measures in a micro-batch, where {@link #scope} is {@link Scope#BATCH}. The entries of
     * all micro-batches of a step are added up and come back as {@link Normalisers#measured}; so the pass with gradients may be split
     * anywhere between units.
     */
    default double[] measure(Scored scored) {
        return Targets.NONE;
    }

    /** Whether {@link #measure} reads anything of a micro-batch with these targets. */
    default boolean measures(Targets targets) {
        return true;
    }

    /** Whether {@link #weigh} makes anything of a micro-batch with these targets; if not, the pass with gradients leaves it out. */
    default boolean trains(Targets targets) {
        return true;
    }

    /**
     * The loss of a micro-batch and its derivatives.
     *
     * @param scored scores and targets of the micro-batch
     * @param normalisers denominators of the whole optimiser step
     */
    Weighed weigh(Scored scored, Normalisers normalisers);
}
