package dev.leeway.train;

/** Hears of every optimiser step when it is done: logs, probes, checkpoints. */
@FunctionalInterface
public interface StepListener {

    /** The step is done; the model holds its weights. */
    void stepDone(StepReport report);

    /** This listener, then {@code next}: a log before the checkpoint that records its length. */
    default StepListener then(StepListener next) {
        return report -> {
            stepDone(report);
            next.stepDone(report);
        };
    }
}
