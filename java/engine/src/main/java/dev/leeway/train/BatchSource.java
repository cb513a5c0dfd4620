package dev.leeway.train;

import dev.leeway.model.Batch;
import dev.leeway.model.TrainingNoise;
import dev.leeway.objective.TokenScores;
import java.util.List;
import java.util.Map;

/** Where the batches of a run come from: a data set, or rollouts. */
public interface BatchSource {

    /** The micro-batches of an optimiser step. Asking for the same step again gives the same batches. */
    List<Batch> step(int step);

    /** Epochs behind the given number of steps, for the log. */
    double epochs(int steps);

    /** Refuses a method that its batches are not for, before the first step. */
    default void requireFits(Method method) {
    }

    /** Refuses noise that its batches are not for, before the first step. */
    default void requireFits(TrainingNoise noise) {
    }

    /** Whether a step in which nothing is trained is a step all the same; elsewhere it is refused as a fault of the data. */
    default boolean mayTrainNothing() {
        return false;
    }

    /** Hears what the model says of a micro-batch of a step, before anything is made of it. The columns live until the next pass. */
    default void scored(int step, Batch micro, TokenScores scores) {
    }

    /** What the source adds to the metrics of a step that is done. */
    default Map<String, Double> metrics(int step) {
        return Map.of();
    }
}
