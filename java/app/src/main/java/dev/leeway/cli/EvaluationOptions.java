package dev.leeway.cli;

import dev.leeway.data.Dataset;
import dev.leeway.data.Split;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import picocli.CommandLine.Option;

/** Rows that are not trained on, and when the loss of them is taken. */
final class EvaluationOptions {

    @Option(names = "--eval_dataset_name", paramLabel = "FILE[,FILE…]", split = ",", hideParamSyntax = true,
        description = "files to evaluate on: the loss is taken before the first step and after the last one")
    List<Path> files = new ArrayList<>();

    @Option(names = "--eval_split", paramLabel = "SHARE", description = "set this share of the rows aside instead, such as 0.05")
    Optional<Double> split = Optional.empty();

    @Option(names = "--eval_steps", paramLabel = "N", description = "steps between further evaluations (default: none)")
    Optional<Integer> steps = Optional.empty();

    @Option(names = "--per_device_eval_batch_size", paramLabel = "N", description = "rows evaluated at once (default: 8)")
    Optional<Integer> batchSize = Optional.empty();

    void check(Problems problems) {
        boolean given = !files.isEmpty() || split.isPresent();
        problems.require(files.isEmpty() || split.isEmpty(), "--eval_dataset_name and --eval_split exclude each other");
        problems.require(given || steps.isEmpty() && batchSize.isEmpty(),
            "--eval_steps and --per_device_eval_batch_size have no effect without --eval_dataset_name or --eval_split");
        files.forEach(file -> problems.requireReadable("--eval_dataset_name", file));
        split.ifPresent(share -> problems.require(share > 0 && share < 1, "--eval_split must be between 0 and 1; got %s", share));
        steps.ifPresent(count -> problems.require(count > 0, "--eval_steps must be positive; got %d", count));
        batchSize.ifPresent(count -> problems.require(count > 0, "--per_device_eval_batch_size must be positive; got %d", count));
    }

    /** The rows to train on, and those to evaluate on; {@code read} reads files as the training's are read. */
    TrainingRun.Rows rows(Dataset all, Function<List<Path>, Dataset> read, long seed) {
        if (split.isPresent()) {
            var parts = Split.of(all, split.get(), seed);
            return new TrainingRun.Rows(new Dataset(parts.train().units(), parts.train().report()),
                evaluation(new Dataset(parts.validation().units(), parts.validation().report())));
        }
        return new TrainingRun.Rows(all, files.isEmpty() ? Evaluation.NONE : evaluation(read.apply(files)));
    }

    private Evaluation evaluation(Dataset rows) {
        return new Evaluation(rows.examples(), batchSize.orElse(8), steps.orElse(0));
    }
}
