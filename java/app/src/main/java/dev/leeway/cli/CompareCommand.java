package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.eval.output.ResultFolder;
import dev.leeway.io.AtomicFile;
import dev.leeway.stats.Bootstrap;
import dev.leeway.stats.Correction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code leeway compare}: two evaluations, item by item. */
@Command(name = "compare", description = {"Compares two finished evaluations on the items that both have: the difference (second minus "
    + "first) with an interval from resamples of the items, and p. Outcomes of 0 or 1 are tested by McNemar's exact test, other numbers by "
    + "a paired t-test with Wilcoxon's signed ranks beside it. p is corrected over all benchmarks and settings in the table.",
    "Where one run has a single model, it is compared with each of the other's; else models of the same name are."})
final class CompareCommand implements Callable<Integer>, Checked {

    private static final List<String> MEASURES = List.of("headline", "all");

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "DIR", arity = "0..*", description = "the two output folders of leeway eval")
    private List<Path> folders = List.of();

    @Option(names = "--models", paramLabel = "NAME,NAME", split = ",", hideParamSyntax = true,
        description = "a model of the first run and one of the second, which may be the same run twice")
    private List<String> models = List.of();

    @Option(names = "--measures", paramLabel = "WHICH", description = "headline: the one measure that a benchmark is compared by; all "
        + "(default: headline)")
    private String measures = "headline";

    @Option(names = "--correction", paramLabel = "NAME", description = "bh (Benjamini and Hochberg), holm, bonferroni or none "
        + "(default: bh)")
    private String correction = "bh";

    @Option(names = "--confidence_level", paramLabel = "X", description = "of intervals (default: 0.95)")
    private double level = 0.95;

    @Option(names = "--bootstrap_resamples", paramLabel = "N", description = "resamples that an interval is made from (default: 10000)")
    private int resamples = 10_000;

    @Option(names = "--seed", paramLabel = "N", description = "of the resamples (default: 0)")
    private long seed;

    @Option(names = "--allow_differences", arity = "0..1", fallbackValue = "true", paramLabel = "BOOL",
        description = "compare although data, options, judges or versions of a benchmark differ, and say so (default: false)")
    private boolean allowDifferences;

    @Option(names = "--output_file", paramLabel = "FILE", description = "new file for the table too, .csv or .json")
    private Optional<Path> outputFile = Optional.empty();

    @Override
    public void check(Problems problems) {
        problems.require(folders.size() == 2, "compare takes two folders of finished evaluations; got %d", folders.size());
        folders.forEach(folder -> problems.require(Files.isDirectory(folder), "%s is no folder", folder));
        problems.require(models.isEmpty() || models.size() == 2, "--models takes two names, of the first run and of the second; got %d",
            models.size());
        problems.require(MEASURES.contains(measures), "--measures must be headline or all; got %s", measures);
        problems.check(() -> Correction.named(correction));
        problems.require(level > 0 && level < 1, "--confidence_level must be between 0 and 1; got %s", level);
        problems.require(resamples >= 100 && resamples <= 1_000_000, "--bootstrap_resamples must be from 100 to 1000000; got %d",
            resamples);
        outputFile.ifPresent(file -> {
            problems.require(Stream.of(".csv", ".json").anyMatch(file.toString()::endsWith),
                "--output_file must end in .csv or .json; got %s", file);
            problems.require(!Files.exists(file), "--output_file: %s exists; compare never overwrites, name a new one", file);
        });
    }

    @Override
    public Integer call() {
        Problems.requireNone(this::check);
        var err = spec.commandLine().getErr();
        var runs = new ComparedRuns(ResultFolder.read(folders.getFirst()), ResultFolder.read(folders.getLast()));
        if (models.isEmpty() && isSameFolder()) {
            throw LeewayException.usage("%s is compared with itself; name two of its models with --models: %s", folders.getFirst(),
                String.join(", ", runs.first().models()));
        }
        var pairs = models.isEmpty() ? runs.modelPairs() : List.of(runs.named(models.getFirst(), models.getLast()));
        var cells = runs.cells(pairs, measures.equals("all"));
        runs.requireSameQuestions(cells, allowDifferences).forEach(note -> err.println("  differs   " + note));
        runs.leftOut(cells, pairs, measures.equals("all"), models.isEmpty()).forEach(note -> err.println("  left out  " + note));
        var table = ComparisonTable.of(runs.compare(pairs, cells, new Bootstrap(resamples, level, seed)), Correction.named(correction));
        spec.commandLine().getOut().print(table.text(level, correction));
        outputFile.ifPresent(file -> AtomicFile.write(file, (file.toString().endsWith(".csv") ? table.csv()
            : table.json(level, resamples, seed, correction)).getBytes(StandardCharsets.UTF_8)));
        return 0;
    }

    private boolean isSameFolder() {
        return folders.getFirst().toAbsolutePath().normalize().equals(folders.getLast().toAbsolutePath().normalize());
    }
}
