package dev.leeway.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Where a run's results go, and what it says on the way. */
final class RunOptions {

    @Option(names = "--config", paramLabel = "FILE", description = "YAML file with any of these options as keys, without the dashes; an "
        + "option on the command line overrides it")
    Optional<Path> config = Optional.empty();

    @Option(names = "--output_dir", paramLabel = "DIR", description = "folder for the result, metrics.jsonl and training_args.json")
    Optional<Path> outputDir = Optional.empty();

    @Option(names = "--overwrite_output_dir", arity = "0..1", fallbackValue = "true", paramLabel = "BOOL",
        description = "write into a folder that leeway did not make, or over an earlier run")
    boolean overwrite;

    @Option(names = "--logging_steps", paramLabel = "N",
        description = "steps between progress lines (default: 10); metrics.jsonl has every step")
    int loggingSteps = 10;

    @Option(names = "--report_to", paramLabel = "KIND", description = "tensorboard = event files in runs/ of --output_dir too; none "
        + "(default: none)")
    String reportTo = "none";

    @Option(names = "--seed", paramLabel = "N", description = "of the order of the rows and of new weights (default: 0)")
    long seed;

    @ArgGroup(validate = false, heading = "%nCheckpoints:%n")
    final SavingOptions saving = new SavingOptions();

    /** Reports what is missing or in the way. */
    void check(Problems problems) {
        problems.require(outputDir.isPresent(), "--output_dir is missing: name a folder for the result");
        problems.require(loggingSteps > 0, "--logging_steps must be positive; got %d", loggingSteps);
        outputDir.ifPresent(folder -> OutputFolder.check(folder, overwrite, problems));
        problems.require(List.of("none", "tensorboard").contains(reportTo), "--report_to must be one of none, tensorboard; got %s",
            reportTo);
        saving.check(problems);
        outputDir.filter(_ -> !overwrite && !saving.resumes()).ifPresent(folder -> OutputFolder.requireUnused(folder, problems));
    }

    boolean reportsToTensorBoard() {
        return reportTo.equals("tensorboard");
    }

    /** The folder, locked. */
    OutputFolder claim(CommandSpec command) {
        return OutputFolder.claim(outputDir.orElseThrow(), ArgumentRecord.of(command));
    }
}
