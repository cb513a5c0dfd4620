package dev.leeway.cli;

import dev.leeway.data.Batching;
import dev.leeway.data.RowSet;
import dev.leeway.data.Unit;
import dev.leeway.train.EarlyStopping;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/** Rows that are not trained on, what the model is asked, and when. */
final class EvaluationOptions {

    private static final Pattern NAMED = Pattern.compile("([A-Za-z][A-Za-z0-9_-]*)=(.+)");
    private static final String SAME = "same";

    @Option(names = "--eval_dataset_name", paramLabel = "[NAME=]FILE[,…]", split = ",", hideParamSyntax = true,
        description = "files to evaluate on: the loss is taken before the first step and after the last one; with names, each name has a "
            + "loss of its own, eval_NAME_loss")
    List<String> files = new ArrayList<>();

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

    @Option(names = "--eval_prompt_arm", paramLabel = "KIND",
        description = "same = rows are evaluated under --prompt_arm, none = as they are (default: same)")
    Optional<String> promptArm = Optional.empty();

    @Option(names = "--early_stopping_patience", paramLabel = "N",
        description = "end the run behind so many evaluations in a row that were no better than the best before them; the last model "
            + "stays, and not the best (default: train on)")
    Optional<Integer> patience = Optional.empty();

    @Option(names = "--early_stopping_threshold", paramLabel = "X", description = "by how much an evaluation must be better to count "
        + "(default: 0)")
    Optional<Double> threshold = Optional.empty();

    @Option(names = "--metric_for_best_model", paramLabel = "NAME", description = "what --early_stopping_patience looks at; more is better "
        + "unless the name ends with loss (default: eval_loss)")
    Optional<String> metric = Optional.empty();

    @Option(names = "--greater_is_better", arity = "0..1", fallbackValue = "true", paramLabel = "BOOL",
        description = "whether more of --metric_for_best_model is better (default: by its name)")
    Optional<Boolean> greaterIsBetter = Optional.empty();

    @ArgGroup(validate = false, heading = "%nBenchmarks on the way:%n")
    final ProbeOptions probe = new ProbeOptions();

    void check(DataOptions data, Problems problems) {
        int given = (files.isEmpty() ? 0 : 1) + (split.isPresent() ? 1 : 0) + (testSplit.isPresent() ? 1 : 0);
        problems.require(given <= 1, "--eval_dataset_name, --dataset_test_split and --eval_split exclude each other");
        boolean evaluates = given > 0 || probe.isGiven();
        problems.require(evaluates || steps.isEmpty() && batchSize.isEmpty(), "--eval_steps and --per_device_eval_batch_size have no "
            + "effect without --eval_dataset_name, --dataset_test_split, --eval_split or --eval_benchmarks");
        probe.check(problems);
        DataOptions.requireReadable("--eval_dataset_name", files.stream().map(EvaluationOptions::path).toList(), Optional.empty(),
            problems);
        problems.require(files.stream().map(EvaluationOptions::name).map(String::isEmpty).distinct().count() <= 1,
            "--eval_dataset_name gives names to some files only; give all of them a name, or none");
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
        checkStopping(evaluates, problems);
    }

    private void checkStopping(boolean evaluates, Problems problems) {
        problems.require(patience.isPresent() || threshold.isEmpty() && metric.isEmpty() && greaterIsBetter.isEmpty(),
            "--early_stopping_threshold, --metric_for_best_model and --greater_is_better have no effect without --early_stopping_patience");
        problems.require(patience.isEmpty() || evaluates && steps.isPresent(), "--early_stopping_patience looks at evaluations on the way: "
            + "name rows with --eval_dataset_name or --eval_split, or questions with --eval_benchmarks, and give --eval_steps");
        problems.require(patience.isEmpty() || metric.isPresent() || !files.isEmpty() || split.isPresent() || testSplit.isPresent(),
            "--early_stopping_patience: questions have no loss; say what it looks at with --metric_for_best_model, such as "
            + "eval_%s_MEASURE", probe.isGiven() ? probe.benchmarks.getFirst() : "ID");
        patience.ifPresent(count -> problems.require(count > 0, "--early_stopping_patience must be positive; got %d", count));
        threshold.ifPresent(least -> problems.require(least >= 0 && Double.isFinite(least),
            "--early_stopping_threshold must be at least 0; got %s", least));
        problems.require(patience.isEmpty() || metric.isPresent() || files.stream().allMatch(file -> name(file).isEmpty()),
            "--early_stopping_patience: each name of --eval_dataset_name has a loss of its own; say which one with "
            + "--metric_for_best_model, such as eval_%s_loss", files.isEmpty() ? "" : name(files.getFirst()));
    }

    /** Reports an arm that evaluation can't leave out. */
    void checkArm(boolean hasArm, Problems problems) {
        promptArm.ifPresent(kind -> {
            problems.require(kind.equals(SAME) || kind.equals("none"), "--eval_prompt_arm must be same or none; got %s", kind);
            problems.require(hasArm, "--eval_prompt_arm has no effect without --prompt_arm");
            problems.require(split.isEmpty() || kind.equals(SAME), "--eval_prompt_arm %s: the rows of --eval_split are read with those "
                + "that are trained on; name others with --eval_dataset_name", kind);
        });
    }

    /** Whether rows are evaluated without the arm that they are trained under. */
    boolean leavesArmOut() {
        return promptArm.filter(kind -> !kind.equals(SAME)).isPresent();
    }

    /** The name before a file; empty where there is none, or where the whole is a file's name. */
    private static String name(String file) {
        var named = NAMED.matcher(file);
        return named.matches() && !Files.exists(Path.of(file)) ? named.group(1) : "";
    }

    private static Path path(String file) {
        return Path.of(name(file).isEmpty() ? file : file.substring(name(file).length() + 1));
    }

    /** The files, without their names. */
    List<Path> paths() {
        return files.stream().map(EvaluationOptions::path).toList();
    }

    /** The rows that were set aside, or those of files, which {@code read} reads as it reads the training's. */
    Evaluation evaluation(List<Unit> aside, DataOptions data, Function<List<Path>, RowSet<? extends Unit>> read) {
        var when = new Evaluation.When(batchSize.orElse(8), steps.orElse(0), rule());
        if (split.isPresent()) {
            return new Evaluation(List.of(new Evaluation.Named("", aside)), Batching.PLAIN, when, RowLoader.places(data.expanded()),
                Optional.empty());
        }
        var byName = new LinkedHashMap<String, List<Path>>();
        if (testSplit.isPresent()) {
            data.files.forEach(name -> byName.computeIfAbsent("", _ -> new ArrayList<>()).addAll(DataOptions.expand(name, testSplit)));
        }
        files.forEach(file -> byName.computeIfAbsent(name(file), _ -> new ArrayList<>())
            .addAll(DataOptions.expand(path(file), Optional.empty())));
        var sets = new ArrayList<Evaluation.Named>();
        long before = 0;
        for (var set : byName.entrySet()) {
            long first = before;
            var found = read.apply(set.getValue());
            sets.add(new Evaluation.Named(set.getKey(), found.units().stream().<Unit>map(unit -> unit.numbered(first + unit.unitId()))
                .toList()));
            before += found.report().rows();
        }
        return sets.isEmpty() ? Evaluation.nothing(when) : new Evaluation(sets, Batching.PLAIN, when, RowLoader.places(byName.values()
            .stream().flatMap(List::stream).toList()), Optional.empty());
    }

    private Optional<EarlyStopping> rule() {
        var name = metric.map(given -> given.startsWith("eval_") ? given : "eval_" + given).orElse("eval_loss");
        return patience.map(count -> new EarlyStopping(name, count, threshold.orElse(0.0)))
            .map(rule -> new EarlyStopping(name, rule.patience(), rule.threshold(), greaterIsBetter.orElse(rule.greaterIsBetter())));
    }

    /** Puts everything that decides numbers into an object, under the options' names. */
    void describe(ObjectNode json) {
        split.ifPresent(share -> json.put("eval_split", share));
        rule().ifPresent(rule -> json.put("early_stopping", rule + " every " + steps.orElseThrow() + " steps of "
            + batchSize.orElse(8) + " rows at once"));
        rule().ifPresent(_ -> probe.describe(json));
    }
}
