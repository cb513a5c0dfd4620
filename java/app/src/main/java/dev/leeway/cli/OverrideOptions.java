package dev.leeway.cli;

import dev.leeway.study.Overrides;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** What somebody wants otherwise than a study has it. */
final class OverrideOptions {

    @Option(names = "--set", paramLabel = "STAGE.OPTION=VALUE",
        description = "another value of an option of a stage, such as sft.max_steps=10, in all arms that have the stage; "
            + "ARM.STAGE.OPTION=VALUE in one; without a value the option is left out; may be given again")
    List<String> set = new ArrayList<>();

    @Option(names = "--arms", paramLabel = "NAME[,NAME…]", split = ",", hideParamSyntax = true,
        description = "these arms alone, without contrasts that name others, and without the study's analyses, which are about all arms")
    List<String> arms = new ArrayList<>();

    @Option(names = "--limit", paramLabel = "N", description = "items of an exam at most (default: the study's own)")
    Optional<Integer> limit = Optional.empty();

    @Option(names = "--alpha", paramLabel = "P", description = "probability of a contrast where there is none (default: the study's own)")
    Optional<Double> alpha = Optional.empty();

    @Option(names = "--correction", paramLabel = "KIND", description = "holm, bh, bonferroni or none (default: the study's own)")
    Optional<String> correction = Optional.empty();

    void check(Problems problems) {
        set.forEach(one -> read(one).filter(path -> !Files.exists(path)).forEach(path -> problems.add("--set " + one + ": there is no "
            + path)));
        limit.ifPresent(items -> problems.require(items > 0, "--limit must be positive; got %d", items));
        alpha.ifPresent(value -> problems.require(value > 0 && value < 1, "--alpha must be between 0 and 1; got %s", value));
        correction.ifPresent(name -> problems.require(List.of("holm", "bh", "bonferroni", "none").contains(name),
            "--correction must be one of holm, bh, bonferroni, none; got %s", name));
    }

    /** With absolute paths in the place of others. */
    static String absolute(String assignment) {
        int equals = assignment.indexOf('=') + 1;
        var kind = kind(assignment);
        return assignment.substring(0, equals) + kind.parts(assignment.substring(equals)).stream().map(value ->
            DataPaths.pathOf(value, kind.isPath()).map(path -> (kind.isPath() ? "" : value.substring(0, value.indexOf(':') + 1)) + path)
                .orElse(value)).collect(Collectors.joining(","));
    }

    /** Files and folders that must be there. */
    private static Stream<Path> read(String assignment) {
        var kind = kind(assignment);
        return kind == StageOptions.Kind.WRITTEN ? Stream.empty() : kind.parts(assignment.substring(assignment.indexOf('=') + 1)).stream()
            .flatMap(value -> DataPaths.pathOf(value, kind.isPath()).stream());
    }

    private static StageOptions.Kind kind(String assignment) {
        var place = assignment.substring(0, Math.max(0, assignment.indexOf('=')));
        return StageOptions.ofPaths().getOrDefault(place.substring(place.lastIndexOf('.') + 1), StageOptions.Kind.WORDS);
    }

    /** All of it. */
    Overrides overrides() {
        return new Overrides(set, arms, limit.orElse(0), alpha.map(OptionalDouble::of).orElse(OptionalDouble.empty()), correction);
    }
}
