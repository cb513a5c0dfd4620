package dev.leeway.cli;

import dev.leeway.io.AdapterConfig;
import dev.leeway.io.JsonFile;
import dev.leeway.model.Initializer;
import dev.leeway.model.ModelConfig;
import dev.leeway.model.ModelDirectory;
import dev.leeway.text.Tokenizer;
import dev.leeway.train.TrainingState;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code leeway sft}: supervised fine-tuning of a Hugging Face directory, all weights or a LoRA adapter. */
@Command(name = "sft", description = {"Fine-tunes a model on rows of text: all its weights, or a LoRA adapter (--use_peft).",
    "The result in --output_dir is a Hugging Face model directory, or a PEFT adapter directory. The learning rate is 2e-5 for all "
        + "weights and 2e-4 for an adapter unless given."})
final class SftCommand implements Callable<Integer>, Checked {

    private static final int MAX_LENGTH = 1024;

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
            var job = new TrainingRun.Job(directory.path().toString(), json, adapter, rows, recipe);
            try (var folder = run.claim(spec); var training = new TrainingRun(job, TrainingRun.Sampling.NONE, opened)) {
                directory.loadInto(training.model());
                new Initializer(run.seed, 0).fillAdapter(training.model());
                adapter.ifPresent(_ -> training.dependsOn("base_model", Fingerprint.ofWeights(directory.path())));
                train(training, directory, adapter, folder);
            }
        }
        return 0;
    }

    @Override
    public void check(Problems problems) {
        problems.require(modelPath.isPresent(), "--model_name_or_path is missing: name a Hugging Face model directory");
        modelPath.ifPresent(path -> requireModel(path, problems));
        data.check(problems);
        evaluation.check(problems);
        lora.check(problems);
        optimization.check(problems);
        run.check(problems);
        device.check(problems);
    }

    private void requireModel(Path path, Problems problems) {
        problems.require(!AdapterSource.isAdapter(path),
            "--model_name_or_path: %s is a PEFT adapter; name the model directory it was trained on", path);
        OutputFolder.requireOther(run.outputDir, path, problems);
    }

    /** The length that rows are cut to: never more than the model has positions for. */
    static int maxLength(DataOptions data, ModelConfig config) {
        int positions = config.maxPositionEmbeddings();
        var problems = new Problems();
        data.maxLength.ifPresent(length -> problems.require(length <= positions,
            "--max_length %d is more than the model's max_position_embeddings %d; give at most that", length, positions));
        problems.throwIfAny();
        return data.maxLength.orElse(Math.min(MAX_LENGTH, positions));
    }

    private void train(TrainingRun training, ModelDirectory directory, Optional<AdapterConfig> adapter, OutputFolder folder) {
        var line = spec.commandLine();
        line.getErr().println("leeway sft → " + folder.path());
        var kind = adapter.map(config -> new KeptRun.Kind(session -> TrainingState.ofAdapter(session, config, directory.path()),
            OutputFolder.Result.ADAPTER, () -> directory.saveAdapter(training.model(), config, folder.path())))
            .orElseGet(() -> new KeptRun.Kind(session -> TrainingState.ofModel(session, training.json(), directory.path()),
                OutputFolder.Result.MODEL, () -> directory.save(training.model(), folder.path())));
        new KeptRun(training, kind, folder, run, line.getOut(), line.getErr()).run();
    }
}
