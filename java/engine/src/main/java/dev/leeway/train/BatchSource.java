package dev.leeway.train;

import dev.leeway.model.Batch;
import java.util.List;

/** Where the batches of a run come from: a data set, or rollouts. */
public interface BatchSource {

    /** The micro-batches of an optimiser step. Asking for the same step again gives the same batches. */
    List<Batch> step(int step);

    /** Epochs behind the given number of steps, for the log. */
    double epochs(int steps);
}
