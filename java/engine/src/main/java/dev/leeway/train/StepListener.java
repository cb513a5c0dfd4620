package dev.leeway.train;

/** Hears of every optimiser step when it is done: logs, probes, checkpoints. */
@FunctionalInterface
public interface StepListener {

    /** The step is done; the model holds its weights. */
    void stepDone(StepReport report);
}
