package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.io.CheckpointStore;
import dev.leeway.train.SaveGrid;
import dev.leeway.train.SavingSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import picocli.CommandLine.Option;

/** When a run is saved on the way, and where it goes on; names are those of TRL and transformers. */
final class SavingOptions {

    private static final List<String> STRATEGIES = List.of("steps", "epoch", "no");
    private static final List<String> LATEST = List.of("latest", "true");

    @Option(names = "--save_strategy", paramLabel = "KIND",
        description = "steps = checkpoint-N by steps, by time and at the end; epoch = behind every epoch and by time; no = only where the "
            + "run is stopped (default: steps)")
    String strategy = "steps";

    @Option(names = "--save_steps", paramLabel = "N",
        description = "steps between checkpoints; below 1, this share of all steps (default: by time alone)")
    Optional<Double> steps = Optional.empty();

    @Option(names = "--save_minutes", paramLabel = "M", description = "minutes between checkpoints, 0 = not by time (default: 10)")
    Optional<Double> minutes = Optional.empty();

    @Option(names = "--save_at", paramLabel = "GRID", description = "checkpoints that stay beside the newest: log (0, 1, 2, 4, …), "
        + "every:N, or a list of steps; a number with an e counts epochs: every:0.5e, 0,1e,2.5e")
    Optional<String> at = Optional.empty();

    @Option(names = "--save_total_limit", paramLabel = "K", description = "checkpoints to keep, at least 2 (default: 3)")
    Optional<Integer> limit = Optional.empty();

    @Option(names = "--resume_from_checkpoint", arity = "0..1", fallbackValue = "latest", paramLabel = "latest|DIR",
        description = "go on from the newest checkpoint in --output_dir, or from this one, bit for bit as if nothing had happened")
    Optional<String> resume = Optional.empty();

    void check(Problems problems) {
        problems.require(STRATEGIES.contains(strategy), "--save_strategy must be one of %s; got %s", String.join(", ", STRATEGIES),
            strategy);
        problems.require(savesOnTheWay() || steps.isEmpty() && minutes.isEmpty() && at.isEmpty(),
            "--save_steps, --save_at and --save_minutes have no effect with --save_strategy no");
        at.ifPresent(grid -> problems.check(() -> SaveGrid.parse(grid)));
        problems.require(!strategy.equals("epoch") || steps.isEmpty(), "--save_steps has no effect with --save_strategy epoch");
        steps.ifPresent(count -> problems.require(count > 0 && count <= Integer.MAX_VALUE && (count < 1 || count == Math.rint(count)),
            "--save_steps must be a whole number of steps, or a share of them between 0 and 1; got %s", Figures.plain(count)));
        minutes.ifPresent(time -> problems.require(time >= 0 && time < 1e6, "--save_minutes must be at least 0; got %s", time));
        limit.ifPresent(keep -> problems.require(keep >= CheckpointStore.FEWEST,
            "--save_total_limit must be at least %d, so that a damaged checkpoint is never the only one; got %d", CheckpointStore.FEWEST,
            keep));
    }

    boolean resumes() {
        return resume.isPresent() && !resume.get().equals("false");
    }

    boolean savesOnTheWay() {
        return !strategy.equals("no");
    }

    int keep() {
        return limit.orElse(3);
    }

    /** When the run saves; the steps of an epoch are empty where they aren't known. */
    SavingSettings settings(int totalSteps, OptionalInt stepsPerEpoch) {
        if (!savesOnTheWay()) {
            return new SavingSettings(0, Duration.ZERO, SavingSettings.OnFailure.CONTINUE);
        }
        var staying = at.map(grid -> SaveGrid.parse(grid).steps(totalSteps, stepsPerEpoch));
        return new SavingSettings(every(totalSteps, stepsPerEpoch), Duration.ofMillis(Math.round(minutes.orElse(10.0) * 60_000)),
            SavingSettings.OnFailure.CONTINUE, staying.<Set<Integer>>map(Function.identity()).orElse(Set.of()));
    }

    /** A share of the steps is rounded up, as transformers does. */
    private int every(int totalSteps, OptionalInt stepsPerEpoch) {
        if (strategy.equals("epoch")) {
            return stepsPerEpoch.orElseThrow();
        }
        double count = steps.orElse(0.0);
        return (int) (count < 1 ? Math.ceil(count * totalSteps) : count);
    }

    /** The checkpoint to go on from, if the run is not new. */
    Optional<Path> checkpoint(Path outputFolder) {
        if (!resumes()) {
            return Optional.empty();
        }
        var name = resume.orElseThrow();
        return Optional.of(LATEST.contains(name) ? CheckpointStore.latest(outputFolder).orElseThrow(() -> LeewayException.data(
            "%s has no complete checkpoint to go on from; leave --resume_from_checkpoint out to begin anew", outputFolder))
            : Path.of(name));
    }
}
