package dev.leeway.cli;

import dev.leeway.io.JsonFile;
import dev.leeway.model.ModelDirectory;
import dev.leeway.text.Tokenizer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code leeway plan}: what {@code leeway sft} would do with the same options. */
@Command(name = "plan", description = {"Takes the options of sft and says what the run would be, without training: parameters, memory, "
    + "steps, work, what becomes of the rows, and the first micro-batch with its trained tokens in colour (or in brackets).",
    "Nothing is allocated or written; a run that doesn't fit into memory is exit code 5."})
final class PlanCommand implements Callable<Integer>, Checked {

    @Spec
    private CommandSpec spec;

    @Option(names = "--model_name_or_path", paramLabel = "DIR", description = "Hugging Face model directory to start from")
    private Optional<Path> modelPath = Optional.empty();

    @ArgGroup(validate = false, heading = "%nData:%n")
    private final DataOptions data = new DataOptions();

    @ArgGroup(validate = false, heading = "%nEvaluation:%n")
    private final EvaluationOptions evaluation = new EvaluationOptions();

    @ArgGroup(validate = false, heading = "%nAdapter:%n")
    private final LoraOptions lora = new LoraOptions();

    @ArgGroup(validate = false, heading = "%nOptimisation:%n")
    private final OptimizationOptions optimization = new OptimizationOptions();

    /** Accepted, so that a command line of sft is one of plan; only the seed counts. */
    @ArgGroup(validate = false, heading = "%nRun:%n")
    private final RunOptions run = new RunOptions();

    @ArgGroup(validate = false, heading = "%nDevice:%n")
    private final DeviceOptions device = new DeviceOptions();

    @Override
    public Integer call() {
        var problems = new Problems();
        check(problems);
        problems.throwIfAny();
        var directory = ModelDirectory.open(modelPath.orElseThrow());
        try (var tokenizer = Tokenizer.load(directory.path()); var opened = device.open()) {
            var read = data.reader(directory, tokenizer);
            var rows = evaluation.rows(read.apply(data.files), read, run.seed);
            var adapter = lora.adapter(directory.path().toAbsolutePath().normalize().toString());
            var recipe = optimization.fineTuning(adapter.isPresent(), run.seed);
            var json = JsonFile.read(directory.path().resolve("config.json"));
            var planned = PlannedRun.of(new TrainingRun.Job(directory.path().toString(), json, adapter, rows, recipe), opened);
            var text = new BatchText(tokenizer, isColoured() ? BatchText.Marks.COLOUR : BatchText.Marks.BRACKETS);
            planned.print(Turns.count(data.files, data.readColumns()), text, spec.commandLine().getOut());
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
        problems.require(modelPath.isPresent(), "--model_name_or_path is missing: name a Hugging Face model directory");
        modelPath.ifPresent(path -> problems.require(!AdapterSource.isAdapter(path),
            "--model_name_or_path: %s is a PEFT adapter; name the model directory it was trained on", path));
        data.check(problems);
        evaluation.check(problems);
        lora.check(problems);
        optimization.check(problems);
        device.check(problems);
    }
}
