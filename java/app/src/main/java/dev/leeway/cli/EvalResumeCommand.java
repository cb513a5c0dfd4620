package dev.leeway.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code leeway eval resume}: the rest of an evaluation. */
@Command(name = "resume", description = {"Goes on with an evaluation that was interrupted, by what its folder says; everything else must "
    + "be as it was: models, data, judges. What was answered is not asked again.", "One that is finished gets its results written anew."})
final class EvalResumeCommand implements Callable<Integer>, Checked {

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "DIR", arity = "0..1", description = "the output folder of leeway eval")
    private Optional<Path> folder = Optional.empty();

    @Option(names = "--retry_missing", arity = "0..1", fallbackValue = "true", paramLabel = "BOOL",
        description = "score answers once more whose score misses a value, such as one that a judge did not give (default: false)")
    private boolean retryMissing;

    @Override
    public void check(Problems problems) {
        problems.require(folder.isPresent(), "eval resume needs the folder of an evaluation");
        folder.ifPresent(path -> problems.require(Files.isDirectory(path), "%s is no folder", path));
    }

    @Override
    public Integer call() {
        Problems.requireNone(this::check);
        EvalCommand.resume(folder.orElseThrow(), retryMissing, spec);
        return 0;
    }
}
