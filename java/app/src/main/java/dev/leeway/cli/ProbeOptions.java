package dev.leeway.cli;

import dev.leeway.eval.Candidate;
import dev.leeway.eval.Catalogue;
import dev.leeway.eval.DataFolder;
import dev.leeway.eval.Options;
import dev.leeway.eval.Probe;
import dev.leeway.eval.RunPlan;
import dev.leeway.io.Nearest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/** Benchmarks that the model is asked on the way, whenever it is evaluated. */
final class ProbeOptions {

    private static final int MOST = 100_000;
    private static final int USUAL = 16;

    @Option(names = "--eval_benchmarks", paramLabel = "ID[,ID…]", split = ",", hideParamSyntax = true,
        description = "ask the model the first items of these too, as it is then: eval_ID_MEASURE; leeway eval list has them all, and "
            + "those will do that need nothing but the model")
    List<String> benchmarks = List.of();

    @Option(names = "--eval_benchmark_limit", paramLabel = "N", description = "items of each (default: 16)")
    Optional<Integer> limit = Optional.empty();

    @Option(names = "--eval_benchmark_data", paramLabel = "FILE|DIR[,…]", split = ",", hideParamSyntax = true,
        description = "where they find their files, before the hub's cache")
    List<Path> data = List.of();

    void check(Problems problems) {
        problems.require(isGiven() || limit.isEmpty() && data.isEmpty(), "--eval_benchmark_limit and --eval_benchmark_data have no effect "
            + "without --eval_benchmarks");
        var ids = Catalogue.entries().stream().map(entry -> entry.card().id()).toList();
        benchmarks.stream().filter(id -> !ids.contains(id)).forEach(id -> problems.add("--eval_benchmarks: there is no " + id
            + Nearest.hint(id, ids) + (Nearest.to(id, ids).isPresent() ? "" : "; leeway eval list has them all")));
        problems.require(benchmarks.stream().distinct().count() == benchmarks.size(), "--eval_benchmarks names one twice: %s",
            String.join(",", benchmarks));
        problems.require(limit.orElse(1) > 0 && limit.orElse(1) <= MOST, "--eval_benchmark_limit must be from 1 to %d; got %d", MOST,
            limit.orElse(0));
        data.forEach(place -> problems.require(Files.exists(place), "--eval_benchmark_data: %s does not exist", place));
    }

    boolean isGiven() {
        return !benchmarks.isEmpty();
    }

    /**
     * What is asked, if anything is.
     *
     * @param folder with the model's tokenizer and chat template
     * @param scores whether the model rates, and speaks not
     */
    Optional<Evaluation.Asked> asked(Path folder, boolean scores) {
        if (!isGiven()) {
            return Optional.empty();
        }
        var places = new DataFolder(data, DataFolder.hubCache(System.getenv()));
        var problems = new Problems();
        var parts = benchmarks.stream().map(Catalogue::named).flatMap(entry -> {
            var part = new RunPlan.Part[1];
            problems.check(() -> part[0] = RunPlan.Part.load(entry, places, new Options(entry.card().id(), entry.options(), Map.of())));
            return Optional.ofNullable(part[0]).stream();
        }).toList();
        problems.throwIfAny();
        var probe = new Probe("the model that is trained", scores ? Candidate.Ability.RATING : Candidate.Ability.LANGUAGE, parts,
            limit.orElse(USUAL));
        return Optional.of(new Evaluation.Asked(probe, probe.reach(folder), folder));
    }

    /** Puts what a rule may rest on into an object. */
    void describe(ObjectNode json) {
        if (isGiven()) {
            json.put("eval_benchmarks", benchmarks.stream().sorted().collect(Collectors.joining(", ")) + ": "
                + limit.orElse(USUAL) + " items each");
        }
    }
}
