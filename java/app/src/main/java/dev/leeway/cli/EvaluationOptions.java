package dev.leeway.cli;

import dev.leeway.data.RowSet;
import dev.leeway.data.Unit;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/** Rows that are not trained on, and when the loss of them is taken. */
final class EvaluationOptions {

    @Option(names = "--eval_dataset_name", paramLabel = "FILE[,FILE…]", split = ",", hideParamSyntax = true,
        description = "files to evaluate on: the loss is taken before the first step and after the last one")
    List<Path> files = new ArrayList<>();

    @Option(names = "--dataset_test_split", paramLabel = "NAME",
        description = "the files of this split instead, in the folders of --dataset_name, such as test (default: none)")
    Optional<String> testSplit = Optional.empty();

    @Option(names = "--eval_split", paramLabel = "SHARE",
        description = "set this share of the rows aside instead, such as 0.05 (default: none)")
    Optional<Double> split = Optional.empty();

    @Option(names = "--eval_steps", paramLabel = "N", description = "steps between further evaluations (default: none)")
    Optional<Integer> steps = Optional.empty();

    @Option(names = "--per_device_eval_batch_size", paramLabel = "N", description = "rows evaluated at once (default: 8)")
    Optional<Integer> batchSize = Optional.empty();

    void check(DataOptions data, Problems problems) {
        int given = (files.isEmpty() ? 0 : 1) + (split.isPresent() ? 1 : 0) + (testSplit.isPresent() ? 1 : 0);
        problems.require(given <= 1, "--eval_dataset_name, --dataset_test_split and --eval_split exclude each other");
        problems.require(given > 0 || steps.isEmpty() && batchSize.isEmpty(), "--eval_steps and --per_device_eval_batch_size have no "
            + "effect without --eval_dataset_name, --dataset_test_split or --eval_split");
        DataOptions.requireReadable("--eval_dataset_name", files, Optional.empty(), problems);
        testSplit.ifPresent(name -> {
            DataOptions.requireReadable("--dataset_test_split", data.files, testSplit, problems);
            problems.require(data.split.isPresent(), "--dataset_test_split %s needs --dataset_train_split, or its rows would be trained on "
                + "too", name);
        });
        split.ifPresent(share -> problems.require(share > 0 && share < 1, "--eval_split must be between 0 and 1; got %s", share));
        problems.require(split.isEmpty() || !data.streaming,
            "--streaming and --eval_split exclude each other; name rows to evaluate on with --eval_dataset_name");
        steps.ifPresent(count -> problems.require(count > 0, "--eval_steps must be positive; got %d", count));
        batchSize.ifPresent(count -> problems.require(count > 0, "--per_device_eval_batch_size must be positive; got %d", count));
    }

    /** The rows that were set aside, or those of files, which {@code read} reads as it reads the training's. */
    Evaluation evaluation(List<Unit> aside, DataOptions data, Function<List<Path>, RowSet<? extends Unit>> read) {
        var named = testSplit.isPresent() ? data.files.stream().flatMap(name -> DataOptions.expand(name, testSplit).stream()).toList()
            : files.stream().flatMap(name -> DataOptions.expand(name, Optional.empty()).stream()).toList();
        if (split.isEmpty() && named.isEmpty()) {
            return Evaluation.NONE;
        }
        return new Evaluation(split.isPresent() ? aside : read.apply(named).units(), batchSize.orElse(8), steps.orElse(0),
            RowLoader.places(split.isPresent() ? data.expanded() : named));
    }

    /** Puts everything that decides numbers into an object, under the options' names. */
    void describe(ObjectNode json) {
        split.ifPresent(share -> json.put("eval_split", share));
    }
}
