package dev.leeway.cli;

import dev.leeway.train.EarlyStopping;
import dev.leeway.train.RunConfiguration;
import dev.leeway.train.StepListener;
import dev.leeway.train.StopRequest;
import dev.leeway.train.TrainingSession;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.OptionalInt;

/** A training that is kept in a folder: what its logging, saving and going on need of it. */
interface KeptTraining {

    TrainingSession session();

    int totalSteps();

    /** Steps of an epoch, where that is known. */
    OptionalInt stepsPerEpoch();

    /** All that the numbers of the run depend on. */
    RunConfiguration configuration();

    /** What the loss of a step is a mean over. */
    Metrics.Mean lossIsMean();

    /** Says what is about to happen. */
    void describe(PrintWriter err);

    /** Hears where it will be logged and how many steps are behind it, before anything else happens. */
    default void begin(int done, RunLog log) {
    }

    /** Takes the loss of the evaluation's rows where it is due behind so many steps, and says whether it was. */
    default boolean evaluateIfDue(int step, RunLog log) {
        return false;
    }

    /** What ends it before its last step. */
    default Optional<EarlyStopping> rule() {
        return Optional.empty();
    }

    /** Goes on behind the first {@code done} steps; returns how many are behind the model at the end. */
    int train(int done, StopRequest stop, StepListener listener);

    /** What became of rows that were read on the way. */
    default Optional<String> found() {
        return Optional.empty();
    }
}
