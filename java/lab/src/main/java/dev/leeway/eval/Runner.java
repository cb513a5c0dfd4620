package dev.leeway.eval;

import dev.leeway.LeewayException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Runs a plan. Responses and scores go to a file of records as soon as they are there; a run that finds records of the same plan asks only
 * for what they lack, neither a model nor a judge is asked again, and its results are those of a run that was never interrupted.
 *
 * <p>What a judge's verdict misses is a result like any other: it is recorded as missing with its reason, and a resumed run leaves it so,
 * unless it is told to try again. An answer that the model could not give ({@link Response.Unable}) is never tried again.
 */
public final class Runner {

    private final Instruments instruments;
    private final Division division;
    private final RunListener listener;

    /**
     * How work is divided, which changes no result.
     *
     * @param batchSize answers that are asked for, and scored, at once: a kill loses at most these
     * @param retryMissing whether answers whose score misses a value or a grade are scored once more; a judge's cache answers for the rest
     */
    public record Division(int batchSize, boolean retryMissing) {

        /** Checks the size. */
        public Division {
            if (batchSize < 1) {
                throw LeewayException.usage("batch_size must be at least 1; got %d", batchSize);
            }
        }
    }

    /**
     * A runner.
     *
     * @param instruments what scores are made with, but for the seed, which is the plan's
     * @param listener hears how it goes
     */
    public Runner(Instruments instruments, Division division, RunListener listener) {
        this.instruments = instruments;
        this.division = division;
        this.listener = listener;
    }

    /**
     * Runs a plan, or what is left of it. Nothing is asked where the records have everything.
     *
     * @param records file of records, made if it is missing
     * @return empty where the listener ended it early
     * @throws LeewayException if the records are of another plan, or a benchmark needs what is not there; before anything is asked
     */
    public Optional<Results> run(RunPlan plan, Path records) {
        plan.parts().forEach(part -> instruments.requireFor(part.benchmark().card(), part.benchmark().needs()));
        var judges = instruments.judges().stream().map(WatchedJudge::new).toList();
        var own = new Instruments(List.copyOf(judges), instruments.reference(), instruments.sandbox(), plan.seed());
        try (var file = Records.open(records, Identity.of(plan, own)); var run = new Run(plan, own, judges, this, file)) {
            listener.began(file.damaged());
            return run.results();
        }
    }

    Division division() {
        return division;
    }

    RunListener listener() {
        return listener;
    }
}
