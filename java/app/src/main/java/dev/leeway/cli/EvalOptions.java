package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.eval.Catalogue;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Entry;
import dev.leeway.eval.Options;
import dev.leeway.eval.RunPlan;
import dev.leeway.eval.Runner;
import dev.leeway.io.Nearest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What an evaluation asks, of whom, and how the work is done. */
final class EvalOptions implements Checked {

    private static final int MOST_EPOCHS = 10_000;
    private static final int LARGEST_BATCH = 4096;

    @Mixin
    final EvaluatedModels models = new EvaluatedModels();

    @Option(names = "--benchmarks", paramLabel = "ID[,ID…]", split = ",", hideParamSyntax = true,
        description = "what is asked; leeway eval list has them all")
    List<String> benchmarks = List.of();

    @Option(names = "--data", paramLabel = "FILE|DIR", arity = "1..*", description = "where benchmarks find their files, before the hub's "
        + "cache; several may follow")
    List<Path> data = List.of();

    @Option(names = "--set", paramLabel = "ID.OPTION=VALUE", arity = "1..*", description = "options of benchmarks, several behind each "
        + "other, or given again; leeway eval list ID has them")
    List<String> settings = List.of();

    @Option(names = "--contexts", paramLabel = "NAME[,NAME…]", split = ",", hideParamSyntax = true,
        description = "of the contexts that benchmarks ask in, these alone (default: all)")
    List<String> contexts = List.of();

    @Mixin
    final EvaluationPrompts prompts = new EvaluationPrompts();

    @Option(names = "--limit", paramLabel = "N", description = "the first N items of each benchmark, of mmlu of each "
        + "subject (default: all)")
    Optional<Integer> limit = Optional.empty();

    @Option(names = "--epochs", paramLabel = "N", description = "how often each item is asked (default: each benchmark's own)")
    Optional<Integer> epochs = Optional.empty();

    @Option(names = "--seed", paramLabel = "N", description = "of everything that is drawn (default: 0)")
    long seed;

    @Option(names = "--output_dir", paramLabel = "DIR", description = "new folder for records and results")
    Optional<Path> output = Optional.empty();

    @Option(names = "--batch_size", paramLabel = "N", description = "answers that are made at once; results do not depend on it "
        + "(default: 8)")
    int batchSize = 8;

    @Mixin
    final DtypeOptions dtype = new DtypeOptions();

    @ArgGroup(validate = false, heading = "%nJudge:%n")
    final EvalJudgeOptions judge = new EvalJudgeOptions();

    @ArgGroup(validate = false, heading = "%nDevice:%n")
    final DeviceOptions device = new DeviceOptions();

    @Override
    public void check(Problems problems) {
        models.check(problems);
        checkBenchmarks(problems);
        data.forEach(place -> problems.require(Files.exists(place), "--data: %s does not exist", place));
        prompts.check(problems);
        problems.require(limit.orElse(1) > 0, "--limit must be positive; got %d", limit.orElse(0));
        problems.require(epochs.orElse(1) > 0 && epochs.orElse(1) <= MOST_EPOCHS, "--epochs must be from 1 to %d; got %d", MOST_EPOCHS,
            epochs.orElse(0));
        problems.require(batchSize > 0 && batchSize <= LARGEST_BATCH, "--batch_size must be from 1 to %d; got %d", LARGEST_BATCH,
            batchSize);
        problems.require(output.isPresent(), "--output_dir is missing: name a new folder for records and results");
        judge.check(problems);
        dtype.check(problems);
        device.check(problems);
    }

    private void checkBenchmarks(Problems problems) {
        problems.require(!benchmarks.isEmpty(), "--benchmarks is missing: name what is asked; leeway eval list has them all");
        var ids = Catalogue.entries().stream().map(entry -> entry.card().id()).toList();
        benchmarks.stream().filter(id -> !ids.contains(id)).forEach(id -> problems.add("--benchmarks: there is no " + id
            + Nearest.hint(id, ids) + (Nearest.to(id, ids).isPresent() ? "" : "; leeway eval list has them all")));
        problems.require(benchmarks.stream().distinct().count() == benchmarks.size(), "--benchmarks names one twice: %s",
            String.join(",", benchmarks));
        for (var setting : settings) {
            problems.require(setting.matches("[^.=]+\\.[^.=]+=(?s:.*)"), "--set takes ID.OPTION=VALUE, such as em.aligned=30; got %s",
                setting);
            problems.require(benchmarks.contains(setting.split("\\.", 2)[0]), "--set %s is of no benchmark in --benchmarks", setting);
        }
        benchmarks.stream().filter(ids::contains).forEach(id -> problems.check(() -> options(Catalogue.named(id))));
    }

    private Options options(Entry entry) {
        var id = entry.card().id();
        var given = new LinkedHashMap<String, String>();
        settings.stream().filter(setting -> setting.startsWith(id + ".") && setting.contains("=")).map(setting ->
            setting.substring(id.length() + 1).split("=", 2)).forEach(parts -> {
                if (given.put(parts[0], parts[1]) != null) {
                    throw LeewayException.usage("--set gives %s.%s twice", id, parts[0]);
                }
            });
        return new Options(id, entry.options(), given);
    }

    /** The benchmarks with their items; everything that is wrong with their files at once. */
    List<RunPlan.Part> load(Map<String, String> environment) {
        var folder = new DataFolder(data, DataFolder.hubCache(environment));
        var problems = new Problems();
        var parts = benchmarks.stream().map(Catalogue::named).flatMap(entry -> {
            var part = new RunPlan.Part[1];
            problems.check(() -> part[0] = RunPlan.Part.load(entry, folder, options(entry)));
            return Optional.ofNullable(part[0]).stream();
        }).toList();
        problems.throwIfAny();
        requireContexts(parts.stream().flatMap(part -> part.benchmark().contexts().stream()).collect(Collectors.toSet()));
        return parts.stream().map(this::restricted).toList();
    }

    private void requireContexts(Set<String> known) {
        contexts.stream().filter(name -> !known.contains(name)).findFirst().ifPresent(unknown -> {
            throw LeewayException.usage("--contexts: none of these benchmarks is asked in %s%s; there are %s", unknown,
                Nearest.hint(unknown, known), known.stream().sorted().collect(Collectors.joining(", ")));
        });
    }

    private RunPlan.Part restricted(RunPlan.Part part) {
        return contexts.isEmpty() ? part : new RunPlan.Part(InContexts.of(part.benchmark(), contexts), part.options(), part.data());
    }

    RunPlan.Extent extent() {
        return new RunPlan.Extent(epochs.map(OptionalInt::of).orElse(OptionalInt.empty()),
            limit.map(OptionalInt::of).orElse(OptionalInt.empty()));
    }

    Runner.Division division(boolean retryMissing) {
        return new Runner.Division(batchSize, retryMissing);
    }

    /** For people. */
    String text() {
        return benchmarks.stream().collect(Collectors.joining(", ")) + limit.map(count -> ", the first " + Figures.count(count)
            + " items of each").orElse("");
    }
}
