package dev.leeway.cli;

import dev.leeway.io.CheckpointStore;
import dev.leeway.io.Disk;
import dev.leeway.io.JsonFile;
import dev.leeway.io.StoredCheckpoint;
import dev.leeway.train.CheckpointEvent;
import dev.leeway.train.Checkpointer;
import dev.leeway.train.RunState;
import dev.leeway.train.StopRequest;
import dev.leeway.train.TrainingSession;
import dev.leeway.train.TrainingState;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import tools.jackson.databind.node.ObjectNode;

/**
 * A training run in its output folder: new or continued, logged, saved on the way, stopped by a signal, and in the end replaced by its
 * result.
 */
final class KeptRun {

    /**
     * What differs between the commands.
     *
     * @param state what of the session goes into a checkpoint
     * @param result what the run comes to
     * @param save writes it, each file as a whole in the place of an earlier one
     */
    record Kind(Function<TrainingSession, TrainingState> state, OutputFolder.Result result, Runnable save) {
    }

    private final KeptTraining training;
    private final Kind kind;
    private final OutputFolder folder;
    private final RunOptions options;
    private final PrintWriter out;
    private final PrintWriter err;
    private final Optional<StoredCheckpoint> checkpoint;
    private final StopRequest stop = new StopRequest();
    private Optional<String> ended = Optional.empty();

    /** Refuses a checkpoint of another configuration, before anything moves or is written. */
    KeptRun(KeptTraining training, Kind kind, OutputFolder folder, RunOptions options, PrintWriter out, PrintWriter err) {
        this.training = training;
        this.kind = kind;
        this.folder = folder;
        this.options = options;
        this.out = out;
        this.err = err;
        checkpoint = options.saving.checkpoint(folder.path()).map(StoredCheckpoint::open);
        checkpoint.ifPresent(from -> training.configuration().requireContinues(RunState.read(from).configuration(), from.folder()));
    }

    /** Trains to the end, or until a signal; only a run that came to its end leaves a result. Whether it did. */
    boolean run() {
        try (var state = kind.state().apply(training.session()); var _ = Interruption.listen(stop, err)) {
            var resumed = checkpoint.map(from -> restore(state, from));
            training.describe(err);
            if (resumed.isEmpty()) {
                folder.begin();
            }
            resumed.ifPresent(from -> err.println("  going on behind step " + from.step()));
            var tensorBoard = Optional.of(folder.path().resolve(OutputFolder.RUNS)).filter(_ -> options.reportsToTensorBoard());
            try (var log = RunLog.open(folder.path(), resumed, training.lossIsMean(), out, options.loggingSteps, tensorBoard);
                var checkpoints = checkpointer(state, log)) {
                resumed.ifPresent(from -> checkpoints.resumedFrom(from.step()));
                int done = resumed.map(RunState::step).orElse(0);
                training.begin(done, log);
                if (done == 0) {
                    training.evaluateIfDue(0, log);
                }
                endIfItGetsNoBetter(done, log);
                if (resumed.isEmpty()) {
                    checkpoints.begin();
                }
                int step = checkpoints.training(() -> training.train(done, stop,
                    log.then(report -> evaluate(report.step(), log)).then(checkpoints)));
                training.found().ifPresent(sentence -> log.note(err, sentence));
                return finish(step, log, checkpoints, state);
            }
        }
    }

    private void evaluate(int step, RunLog log) {
        if (training.evaluateIfDue(step, log)) {
            endIfItGetsNoBetter(step, log);
        }
    }

    /** The log knows all evaluations so far, also those before a checkpoint from which the run goes on. */
    private void endIfItGetsNoBetter(int step, RunLog log) {
        ended = training.rule().filter(_ -> step < training.totalSteps())
            .flatMap(rule -> rule.reason(log.soFar().evaluated(rule.metric())));
        ended.ifPresent(_ -> stop.request());
    }

    private RunState restore(TrainingState state, StoredCheckpoint from) {
        var run = state.restore(from);
        folder.goOn();
        return run;
    }

    private Checkpointer checkpointer(TrainingState state, RunLog log) {
        var about = new Checkpointer.Run(Map.of("seed", options.seed), training.configuration(), Optional.of(log.metrics()));
        var settings = options.saving.settings(training.totalSteps(), training.stepsPerEpoch());
        var store = new CheckpointStore(folder.lock(), options.saving.keep(), settings.at(), Disk.local());
        return new Checkpointer(state, store, about, settings, event -> tell(event, log));
    }

    private void tell(CheckpointEvent event, RunLog log) {
        switch (event) {
            case CheckpointEvent.Saved saved -> {
                log.note(err, String.format(Locale.ROOT, "saved %s in %.1f s, the training waited %.2f s",
                    folder.path().resolve(saved.folder().getFileName()), saved.writeSeconds(), saved.stallSeconds()));
                saved.problems().forEach(problem -> log.note(err, problem));
            }
            case CheckpointEvent.Failed failed -> log.note(err, "no checkpoint behind step " + failed.step() + ": "
                + failed.reason().getMessage());
        }
    }

    private boolean finish(int step, RunLog log, Checkpointer checkpoints, TrainingState state) {
        boolean complete = step == training.totalSteps() || ended.isPresent();
        ended.ifPresent(reason -> log.note(err, "ended behind step " + step + " of " + training.totalSteps() + ": " + reason));
        if (!complete || options.saving.savesOnTheWay()) {
            checkpoints.finish(step);
        }
        if (step > 0) {
            LossPage.write(folder.path().resolve(OutputFolder.PAGE), "leeway: " + folder.path().toAbsolutePath().getFileName(),
                log.soFar());
        }
        if (!complete) {
            log.note(err, "stopped behind step " + step + " of " + training.totalSteps()
                + "; go on with --resume_from_checkpoint latest");
            return false;
        }
        checkpoints.close();
        state.close(); // so that the result's copy takes the place of the checkpoints'
        kind.save().run();
        folder.keepOnly(kind.result());
        folder.finish(results(log));
        err.println(log.summary() + "; wrote " + folder.path());
        return true;
    }

    private ObjectNode results(RunLog log) {
        var metrics = log.soFar();
        var json = JsonFile.newObject().put("global_step", metrics.steps().size()).put("train_loss", metrics.meanLoss())
            .put("num_tokens", metrics.tokens());
        ended.ifPresent(reason -> json.put("max_steps", training.totalSteps()).put("ended_because", reason));
        metrics.evaluations().stream().reduce((_, last) -> last).ifPresent(last -> last.values().forEach((name, value) -> {
            if (Double.isFinite(value)) {
                json.put(name, value);
            } else {
                json.putNull(name);
            }
        }));
        return json;
    }
}
