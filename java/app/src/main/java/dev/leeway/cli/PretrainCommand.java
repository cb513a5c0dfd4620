package dev.leeway.cli;

import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import dev.leeway.model.ConfigReader;
import dev.leeway.model.Initializer;
import dev.leeway.model.ModelConfig;
import dev.leeway.model.ModelDirectory;
import dev.leeway.tensor.Device;
import dev.leeway.text.BpeTrainer;
import dev.leeway.text.BpeVocabulary.Specials;
import dev.leeway.text.Tokenizer;
import dev.leeway.train.TrainingState;
import java.nio.file.Path;
import java.util.Locale;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

/** {@code leeway pretrain}: next-token training on whole texts, of a new model or of one that exists. */
@Command(name = "pretrain", description = {"Trains a model on texts: a new one, or further the one in --model_name_or_path.",
    "Texts are rows with a text column, or .txt files; each is one sequence. A new model takes its shape from --config_name_or_path or "
        + "from the options below, and its tokenizer from --tokenizer_name, or learns one of --vocab_size tokens from the texts. "
        + "The learning rate is 1e-3 for a new model and 2e-5 for one that exists unless given."})
final class PretrainCommand implements Callable<Integer>, Checked {

    private static final double NEW_RATE = 1e-3;
    private static final double FURTHER_RATE = 2e-5;
    private static final int MAX_LENGTH = 1024;
    private static final int VOCABULARY = 4096;
    private static final Specials SPECIALS = new Specials("<s>", "</s>");

    /** A model about to be trained: its configuration, where its tokenizer is, and the weights it starts from, if any. */
    private record Start(JsonObject json, Path tokenizer, Optional<ModelDirectory> weights) {
    }

    @Spec
    private CommandSpec spec;

    @Option(names = "--model_name_or_path", paramLabel = "DIR", description = "model to train further")
    private Optional<Path> modelPath = Optional.empty();

    @Option(names = "--config_name_or_path", paramLabel = "DIR", description = "folder with the config.json of a new model")
    private Optional<Path> configPath = Optional.empty();

    @Option(names = "--tokenizer_name", paramLabel = "DIR", description = "folder with the tokenizer.json of a new model")
    private Optional<Path> tokenizerPath = Optional.empty();

    @Option(names = "--vocab_size", paramLabel = "N", description = "tokens of a byte-level BPE to learn from the texts (default: 4096)")
    private Optional<Integer> vocabSize = Optional.empty();

    @Option(names = "--sample_by", paramLabel = "KIND",
        description = "documents of a .txt file: line, paragraph or document (default: line)")
    private String sampleBy = "line";

    @Mixin
    private final SupervisedOptions objective = new SupervisedOptions();

    @ArgGroup(validate = false, heading = "%nNew model:%n")
    private final ArchitectureOptions architecture = new ArchitectureOptions();

    @ArgGroup(validate = false, heading = "%nData:%n")
    private final DataOptions data = new DataOptions();

    @ArgGroup(validate = false, heading = "%nEvaluation:%n")
    private final EvaluationOptions evaluation = new EvaluationOptions();

    @ArgGroup(validate = false, heading = "%nOptimisation:%n")
    private final OptimizationOptions optimization = new OptimizationOptions();

    @ArgGroup(validate = false, heading = "%nRun:%n")
    private final RunOptions run = new RunOptions();

    @ArgGroup(validate = false, heading = "%nDevice:%n")
    private final DeviceOptions device = new DeviceOptions();

    @Override
    public Integer call() {
        Problems.requireNone(this::check);
        var by = TextRows.SampleBy.valueOf(sampleBy.toUpperCase(Locale.ROOT));
        try (var folder = run.claim(spec); var source = tokenizerFolder(by); var tokenizer = Tokenizer.load(source.path());
            var opened = device.open()) {
            var start = start(tokenizer, source.path());
            var config = ConfigReader.read(start.json());
            var rows = source(by, tokenizer, config).rows(data, evaluation, run.seed);
            train(start, rows.asking(evaluation.probe.asked(start.tokenizer(), false)), folder, opened);
        }
        return 0;
    }

    @Override
    public void check(Problems problems) {
        boolean isNew = modelPath.isEmpty();
        problems.require(isNew || configPath.isEmpty() && tokenizerPath.isEmpty() && vocabSize.isEmpty() && !architecture.isGiven(),
            "--model_name_or_path trains a model that exists; leave out the options that describe a new one");
        problems.require(configPath.isEmpty() || !architecture.isGiven(),
            "--config_name_or_path and the sizes of a new model exclude each other");
        problems.require(tokenizerPath.isEmpty() || vocabSize.isEmpty(), "--tokenizer_name and --vocab_size exclude each other");
        configPath.ifPresent(path -> problems.requireReadable("--config_name_or_path", path.resolve("config.json")));
        tokenizerPath.ifPresent(path -> problems.requireReadable("--tokenizer_name", path.resolve("tokenizer.json")));
        problems.check(() -> vocabSize.ifPresent(size -> new BpeTrainer(size, SPECIALS)));
        problems.require(sampleBy.matches("line|paragraph|document"), "--sample_by must be line, paragraph or document; got %s", sampleBy);
        modelPath.ifPresent(path -> OutputFolder.requireOther(run.outputDir, path, problems));
        architecture.check(isNew && configPath.isEmpty() ? data.maxLength.orElse(MAX_LENGTH) : 1, problems);
        data.check(problems);
        evaluation.check(data, problems);
        evaluation.checkArm(false, problems);
        problems.require(Stream.of(data.files, evaluation.paths()).flatMap(List::stream).map(TextRows::isPlain).distinct().count() <= 1,
            "--dataset_name and --eval_dataset_name mix .txt files with others");
        optimization.check(problems);
        objective.check(problems);
        data.checkStreaming(optimization, run.saving, problems);
        run.check(problems);
        device.check(problems);
    }

    private TokenizerFolder tokenizerFolder(TextRows.SampleBy by) {
        return modelPath.or(() -> tokenizerPath).map(TokenizerFolder::of).orElseGet(() -> TokenizerFolder.of(
            new BpeTrainer(vocabSize.orElse(VOCABULARY), SPECIALS).train(TextRows.texts(data.expanded(), data.readColumns(), by))));
    }

    /** Plain text is encoded anew each time, rows go through the cache. */
    private RowSource source(TextRows.SampleBy by, Tokenizer tokenizer, ModelConfig config) {
        var options = data.readerOptions(config, Optional.empty());
        return data.files.stream().anyMatch(TextRows::isPlain)
            ? new RowSource(tokenizer, options, objective.task(),
                RowSource.Read.alike(files -> TextRows.read(files, by, tokenizer, options)),
                () -> new TrainingRows.Note("cache", "not used for .txt files"))
            : RowSource.cached(data, tokenizer, options, objective.task());
    }

    private Start start(Tokenizer tokenizer, Path tokenizerFolder) {
        if (modelPath.isPresent()) {
            var directory = ModelDirectory.open(modelPath.get());
            return new Start(JsonFile.read(directory.path().resolve("config.json")), directory.path(), Optional.of(directory));
        }
        var json = configPath.map(path -> JsonFile.read(path.resolve("config.json"))).orElseGet(() -> architecture.config(
            tokenizer.vocabSize(), data.maxLength.orElse(MAX_LENGTH), tokenizer.beginOfSequence(), tokenizer.endOfSequence()));
        return new Start(json, tokenizerFolder, Optional.empty());
    }

    private void train(Start start, TrainingRun.Rows rows, OutputFolder folder, Device opened) {
        var line = spec.commandLine();
        var name = start.weights().map(directory -> directory.path().toString()).orElse("a new model");
        var recipe = optimization.recipe(start.weights().isPresent() ? FURTHER_RATE : NEW_RATE, run.seed);
        var job = new TrainingRun.Job(name, start.json(), Optional.empty(), objective.task(), rows, recipe);
        try (var training = new TrainingRun(job, TrainingRun.Extras.PRETRAINING, opened)) {
            start.weights().ifPresentOrElse(directory -> directory.loadInto(training.model()),
                () -> new Initializer(run.seed, start.json().optionalDouble("initializer_range").orElse(0.02)).fillBase(training.model()));
            training.dependencies().add("command", spec.name());
            training.dependencies().addAll(describe(training.model().config()));
            line.getErr().println("leeway pretrain → " + folder.path());
            var kind = new KeptRun.Kind(session -> TrainingState.ofModel(session, start.json(), start.tokenizer()),
                OutputFolder.Result.MODEL, () -> ModelDirectory.save(training.model(), folder.path(), start.json(), start.tokenizer()));
            new KeptRun(training, kind, folder, run, line.getOut(), line.getErr()).run();
        }
    }

    private ObjectNode describe(ModelConfig config) {
        var json = JsonFile.newObject();
        data.describe(config, json);
        evaluation.describe(json);
        return json;
    }
}
