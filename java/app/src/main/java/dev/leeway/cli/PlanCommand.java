package dev.leeway.cli;

import dev.leeway.model.ModelDirectory;
import dev.leeway.text.Tokenizer;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code leeway plan}: what {@code leeway sft} would do with the same options. */
@Command(name = "plan", description = {"Takes the options of sft and says what the run would be, without training: parameters, memory, "
    + "steps, work, what becomes of the rows, and the first micro-batch with its trained tokens in colour (or in brackets).",
    "Nothing is allocated or written; a run that doesn't fit into memory is exit code 5."})
final class PlanCommand implements Callable<Integer>, Checked {

    @Spec
    private CommandSpec spec;

    /** Those of the output folder are accepted, so that a command line of sft is one of plan. */
    @Mixin
    private final SftOptions options = new SftOptions();

    @Override
    public Integer call() {
        var problems = new Problems();
        check(problems);
        problems.throwIfAny();
        var directory = ModelDirectory.open(options.modelPath.orElseThrow());
        try (var tokenizer = Tokenizer.load(directory.path()); var opened = options.device.open()) {
            var planned = PlannedRun.of(options.job(directory, tokenizer), opened);
            var text = new BatchText(tokenizer, isColoured() ? BatchText.Marks.COLOUR : BatchText.Marks.BRACKETS);
            planned.print(Turns.count(options.data.expanded(), options.data.readColumns()), text, spec.commandLine().getOut());
            planned.requireRoom();
        }
        return 0;
    }

    private static boolean isColoured() {
        var console = System.console();
        return console != null && console.isTerminal() && System.getenv("NO_COLOR") == null;
    }

    @Override
    public void check(Problems problems) {
        options.check(problems);
    }
}
