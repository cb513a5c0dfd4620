package dev.leeway.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code leeway eval}: models on benchmarks. */
@Command(name = "eval", description = {"Asks models the items of benchmarks, scores their answers, and writes results.json, tables and a "
    + "page with plots. Items come from your own files; how to get them is said where they are missing.",
    "Every answer is on the disk as soon as it is there: after Ctrl-C, a kill or a power cut, leeway eval resume DIR asks nothing again "
        + "and ends with the same results. What has no value is counted with its reason, and never taken for 0."})
final class EvalCommand implements Callable<Integer>, Checked {

    @Spec
    private CommandSpec spec;

    @Mixin
    private final EvalOptions options = new EvalOptions();

    @Override
    public void check(Problems problems) {
        options.check(problems);
        options.output.ifPresent(folder -> EvalFolder.requireFree(folder, problems));
    }

    @Override
    public Integer call() {
        Problems.requireNone(this::check);
        var line = spec.commandLine();
        var run = new EvalRun(options, false, line.getOut(), line.getErr());
        run.begin(arguments());
        return 0;
    }

    /** What was given, as it can be given again. */
    private List<String> arguments() {
        var arguments = new ArrayList<String>();
        for (var option : spec.commandLine().getParseResult().matchedOptions()) {
            arguments.add(option.longestName());
            arguments.addAll(option.originalStringValues());
        }
        return arguments;
    }

    /** Goes on with the evaluation that a folder has the arguments of. */
    static void resume(Path folder, boolean retryMissing, CommandSpec by) {
        var command = new EvalCommand();
        new CommandLine(command).parseArgs(EvalFolder.arguments(folder).toArray(String[]::new));
        command.options.output = Optional.of(folder);
        Problems.requireNone(command.options::check);
        new EvalRun(command.options, retryMissing, by.commandLine().getOut(), by.commandLine().getErr()).goOn();
    }
}
