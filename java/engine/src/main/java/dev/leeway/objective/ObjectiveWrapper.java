package dev.leeway.objective;

import java.util.Set;

/** An objective that changes what another one weighs, and leaves everything else of it as it is. */
public interface ObjectiveWrapper extends Objective {

    /** The other one. */
    Objective objective();

    @Override
    default Set<Column> needs() {
        return objective().needs();
    }

    @Override
    default Scope scope() {
        return objective().scope();
    }

    @Override
    default boolean needsReference() {
        return objective().needsReference();
    }

    @Override
    default boolean needsOld() {
        return objective().needsOld();
    }

    @Override
    default double[] measure(Scored scored) {
        return objective().measure(scored);
    }

    @Override
    default boolean measures(Targets targets) {
        return objective().measures(targets);
    }

    @Override
    default boolean trains(Targets targets) {
        return objective().trains(targets);
    }
}
