package dev.leeway.cli;

import dev.leeway.io.JsonFile;
import dev.leeway.model.ModelDirectory;
import dev.leeway.text.Tokenizer;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/** The options that all training of a model has, declared once: a command trains with them, plan says what would come of them. */
final class TrainingOptions {

    @Option(names = "--model_name_or_path", paramLabel = "DIR", description = "Hugging Face model directory to start from")
    Optional<Path> modelPath = Optional.empty();

    @ArgGroup(validate = false, heading = "%nData:%n")
    final DataOptions data = new DataOptions();

    @ArgGroup(validate = false, heading = "%nConversations:%n")
    final ChatOptions chat = new ChatOptions();

    @ArgGroup(validate = false, heading = "%nPrompt arm:%n")
    final PromptArmOptions promptArm = new PromptArmOptions();

    @ArgGroup(validate = false, heading = "%nEvaluation:%n")
    final EvaluationOptions evaluation = new EvaluationOptions();

    @ArgGroup(validate = false, heading = "%nAdapter:%n")
    final LoraOptions lora = new LoraOptions();

    @ArgGroup(validate = false, heading = "%nOptimisation:%n")
    final OptimizationOptions optimization = new OptimizationOptions();

    @ArgGroup(validate = false, heading = "%nRun:%n")
    final RunOptions run = new RunOptions();

    @ArgGroup(validate = false, heading = "%nDevice:%n")
    final DeviceOptions device = new DeviceOptions();

    /** Reports everything that can be known to be wrong before anything is read, except about the output folder. */
    void check(Problems problems) {
        data.check(problems);
        checkGiven(problems);
    }

    /** The same where rows are not needed. */
    void checkWithoutRows(Problems problems) {
        data.checkGiven(problems);
        checkGiven(problems);
    }

    /** Reports a model that is not named, or that is an adapter. */
    static void checkModel(Optional<Path> modelPath, Problems problems) {
        problems.require(modelPath.isPresent(), "--model_name_or_path is missing: name a Hugging Face model directory");
        modelPath.ifPresent(path -> problems.require(!AdapterSource.isAdapter(path),
            "--model_name_or_path: %s is a PEFT adapter; name the model directory it was trained on", path));
    }

    private void checkGiven(Problems problems) {
        checkModel(modelPath, problems);
        chat.check(problems);
        promptArm.check(problems);
        evaluation.check(data, problems);
        evaluation.checkArm(!promptArm.kind.equals("none"), problems);
        lora.check(problems);
        optimization.check(problems);
        problems.require(!optimization.stochasticRounding || !lora.use || !lora.modulesToSave.isEmpty(),
            "--stochastic_rounding has no effect with --use_peft, whose factors are float32; leave it out");
        data.checkStreaming(optimization, run.saving, problems);
        device.check(problems);
    }

    /** Reads and encodes the rows: what would be trained, and how. */
    TrainingRun.Job job(ModelDirectory directory, Tokenizer tokenizer, ObjectiveOptions objective) {
        var config = directory.config();
        var task = objective.task(data.maxLength(config));
        var reading = task.reading(data.readerOptions(config, chat.format(directory.path())).withPromptArm(promptArm.arm(run.seed)));
        var rows = RowSource.cached(data, tokenizer, reading, task).rows(data, evaluation, run.seed);
        return job(directory, objective, rows.asking(evaluation.probe.asked(directory.path(), task.scores())));
    }

    /** What would be trained on these rows. */
    TrainingRun.Job job(ModelDirectory directory, ObjectiveOptions objective, TrainingRun.Rows rows) {
        var adapter = lora.adapter(directory.path().toAbsolutePath().normalize().toString()).map(objective::adapter);
        var recipe = optimization.recipe(objective.usualRate(adapter.isPresent()), run.seed);
        return new TrainingRun.Job(directory.path().toString(), directory.json(), adapter,
            objective.task(data.maxLength(directory.config())), rows, recipe);
    }

    /** Everything about the rows that decides numbers, under the options' names. */
    ObjectNode describe(ModelDirectory directory) {
        var json = JsonFile.newObject();
        data.describe(directory.config(), json);
        chat.describe(json);
        promptArm.describe(run.seed, json);
        evaluation.describe(json);
        return json;
    }
}
