package dev.leeway.train;

import dev.leeway.LeewayException;
import dev.leeway.io.AppendLog;
import dev.leeway.io.CheckpointStore;
import dev.leeway.io.Crash;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;
import java.util.function.IntSupplier;

/**
 * Takes checkpoints of a run while it goes on: a step waits only for the copy to the host (and for the write before, if that is not done
 * yet), a thread of its own writes. At most one write is under way. As a listener it comes behind the run's log, whose length it
 * records. {@link #finish} behind the last step, also after a {@link StopRequest}, makes sure that this step is on disk.
 *
 * <p>Every method belongs to the thread that trains; events are told there too, at the next step or in {@link #finish}.
 */
public final class Checkpointer implements StepListener, AutoCloseable {

    /**
     * What a run tells about itself in every checkpoint.
     *
     * @param seeds name → seed
     * @param configuration what a resumed run must agree with
     * @param log the run's log, if it writes one
     */
    public record Run(Map<String, Long> seeds, RunConfiguration configuration, Optional<AppendLog> log) {
    }

    private final TrainingState state;
    private final CheckpointStore store;
    private final Run run;
    private final SavingSettings settings;
    private final Consumer<CheckpointEvent> events;
    private final InstantSource clock;
    private Optional<FutureTask<CheckpointEvent>> underWay = Optional.empty();
    private Instant lastTaken;
    private int lastSaved = -1;

    /** A checkpointer that reads the machine's clock. */
    public Checkpointer(TrainingState state, CheckpointStore store, Run run, SavingSettings settings, Consumer<CheckpointEvent> events) {
        this(state, store, run, settings, events, InstantSource.system());
    }

    /** The same with a clock of its own. */
    public Checkpointer(TrainingState state, CheckpointStore store, Run run, SavingSettings settings, Consumer<CheckpointEvent> events,
            InstantSource clock) {
        this.state = state;
        this.store = store;
        this.run = run;
        this.settings = settings;
        this.events = events;
        this.clock = clock;
        lastTaken = clock.instant();
    }

    /** Says that the state behind {@code step} steps is on disk already, because the run continues from there. */
    public void resumedFrom(int step) {
        lastSaved = step;
    }

    /** Saves the state before the first step, if that is wanted. */
    public void begin() {
        if (settings.at().contains(0)) {
            save(0);
        }
    }

    @Override
    public void stepDone(StepReport report) {
        if (underWay.isPresent() && underWay.get().isDone()) {
            settle(settings.onFailure());
        }
        if (settings.isDue(report.step(), Duration.between(lastTaken, clock.instant()))) {
            save(report.step());
        }
    }

    /** Runs a loop; if its numbers or the device fail, it ends with the same failure and the checkpoint from which a run can go on. */
    public int training(IntSupplier loop) {
        try {
            return loop.getAsInt();
        } catch (LeewayException failure) {
            if (failure.kind() != LeewayException.Kind.NUMERICS && failure.kind() != LeewayException.Kind.RESOURCES) {
                throw failure;
            }
            settle(SavingSettings.OnFailure.CONTINUE);
            throw failure.and(CheckpointStore.latest(store.folder())
                .map(path -> "the newest checkpoint is " + path).orElse("there is no checkpoint yet"));
        }
    }

    /** Copies the state behind {@code step} steps and begins to write it. */
    public void save(int step) {
        save(step, settings.onFailure());
    }

    /**
     * Waits until the state behind the run's last step is on disk, writing it if the cadence has not; a failure is thrown whatever the
     * policy is.
     */
    public void finish(int step) {
        settle(SavingSettings.OnFailure.CONTINUE);
        if (lastSaved != step) {
            save(step, SavingSettings.OnFailure.STOP);
            settle(SavingSettings.OnFailure.STOP);
        }
    }

    private void save(int step, SavingSettings.OnFailure policy) {
        long begin = System.nanoTime();
        settle(policy);
        state.take();
        Crash.at(Crash.Point.AFTER_SNAPSHOT);
        var position = new RunState(step, state.optimizerSteps(), run.log().map(AppendLog::position).orElse(0L), new TreeMap<>(run.seeds()),
            run.configuration());
        double stall = seconds(begin);
        var write = new FutureTask<>(() -> write(position, stall));
        Thread.ofPlatform().daemon().name("checkpoint-" + step).start(write);
        underWay = Optional.of(write);
        lastTaken = clock.instant();
    }

    /** The log reaches the disk before the checkpoint that records its length. */
    private CheckpointEvent write(RunState position, double stall) {
        long begin = System.nanoTime();
        try {
            run.log().ifPresent(AppendLog::force);
            var folder = store.write(position.step(), state.files(position));
            return new CheckpointEvent.Saved(position.step(), folder, stall, seconds(begin), store.prune(folder));
        } catch (LeewayException failure) {
            return new CheckpointEvent.Failed(position.step(), failure);
        }
    }

    /** Waits for the write that is under way and tells what became of it. */
    private void settle(SavingSettings.OnFailure policy) {
        if (underWay.isEmpty()) {
            return;
        }
        var write = underWay.get();
        underWay = Optional.empty();
        var event = await(write);
        if (event instanceof CheckpointEvent.Saved saved) {
            lastSaved = saved.step();
        }
        events.accept(event);
        if (event instanceof CheckpointEvent.Failed failed && policy == SavingSettings.OnFailure.STOP) {
            throw failed.reason();
        }
    }

    /** An interrupt does not cut a write short; it is kept for the caller. */
    private static CheckpointEvent await(FutureTask<CheckpointEvent> write) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return write.get();
                } catch (InterruptedException later) {
                    interrupted = true;
                } catch (ExecutionException defect) {
                    throw new IllegalStateException("the checkpoint thread failed: " + defect.getCause(), defect.getCause());
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static double seconds(long begin) {
        return (System.nanoTime() - begin) * 1e-9;
    }

    /** Waits for the write that is under way; its event is told, its failure is not thrown. */
    @Override
    public void close() {
        settle(SavingSettings.OnFailure.CONTINUE);
    }
}
