package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.data.Batching;
import dev.leeway.data.Columns;
import dev.leeway.data.DatasetReader;
import dev.leeway.data.EpochBatches;
import dev.leeway.ffi.DType;
import dev.leeway.data.Preference;
import dev.leeway.data.PromptCompletion;
import dev.leeway.data.ToyPreferences;
import dev.leeway.data.ToyText;
import dev.leeway.io.AtomicFile;
import dev.leeway.io.JsonFile;
import dev.leeway.model.Initializer;
import dev.leeway.model.ModelDirectory;
import dev.leeway.tensor.Device;
import dev.leeway.text.BpeTrainer;
import dev.leeway.text.BpeVocabulary.Specials;
import dev.leeway.text.Tokenizer;
import dev.leeway.train.AdamW;
import dev.leeway.train.Schedule;
import dev.leeway.train.TrainingState;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.ObjectNode;

/** {@code leeway quickstart}: toy text → tokenizer → a new model → a LoRA adapter, with samples before and after each stage. */
@Command(name = "quickstart",
    description = {"Trains a small model from scratch on generated toy text, then a LoRA adapter on toy questions and answers.",
    "Prints samples before and after each stage. Needs no download and a few minutes at most; what it writes is there to try the other "
        + "commands with."})
final class QuickstartCommand implements Callable<Integer> {

    private static final int MAX_LENGTH = 128;
    private static final int VOCABULARY = 512;
    private static final int DOCUMENTS = 12_800;
    private static final int QUESTIONS = 4_800;
    private static final int PREFERENCES = 2_000;
    private static final int LOGGING_STEPS = 50;
    private static final String AGAIN = "begin anew with leeway quickstart";
    private static final List<String> BEGINNINGS = List.of("Ana lives", "El gato", "Tom has", "3 + 4 =");

    @Spec
    private CommandSpec spec;

    @Option(names = "--output_dir", paramLabel = "DIR", description = "folder for everything it writes (default: ${DEFAULT-VALUE})")
    private Path outputDir = Path.of("leeway-quickstart");

    @Option(names = "--seed", paramLabel = "N", description = "of the text, the weights and the order (default: 0)")
    private long seed;

    @Option(names = "--pretrain_steps", paramLabel = "N", description = "steps of the first stage (default: ${DEFAULT-VALUE})")
    private int pretrainSteps = 800;

    @Option(names = "--tune_steps", paramLabel = "N", description = "steps of the second stage (default: ${DEFAULT-VALUE})")
    private int tuneSteps = 300;

    @Option(names = "--bf16", arity = "0..1", fallbackValue = "true", paramLabel = "BOOL",
        description = "hold weights and activations in bfloat16 (default: false)")
    private boolean bf16;

    @ArgGroup(validate = false, heading = "%nDevice:%n")
    private final DeviceOptions device = new DeviceOptions();

    @Override
    public Integer call() {
        check();
        var arguments = ArgumentRecord.of(spec);
        try (var opened = device.open(); var own = OutputFolder.claim(outputDir, arguments);
            var model = OutputFolder.claim(own.path().resolve("model"), arguments);
            var adapter = OutputFolder.claim(own.path().resolve("adapter"), arguments)) {
            own.begin();
            // A .gitignore of its own keeps the folder out of whatever repository it lies in.
            write(outputDir.resolve(".gitignore"), "*\n");
            if (pretrain(model, opened) && tune(adapter, opened)) {
                sayWhatIsThere();
            }
        }
        return 0;
    }

    private void check() {
        var problems = new Problems();
        problems.require(pretrainSteps > 0, "--pretrain_steps must be positive; got %d", pretrainSteps);
        problems.require(tuneSteps > 0, "--tune_steps must be positive; got %d", tuneSteps);
        device.check(problems);
        OutputFolder.check(outputDir, false, problems);
        problems.throwIfAny();
        var arguments = outputDir.resolve(OutputFolder.ARGUMENTS);
        if (Files.exists(arguments) && !JsonFile.read(arguments).requireString("command").equals(spec.name())) {
            throw LeewayException.usage("--output_dir: %s is the result of another command; name another folder", outputDir);
        }
    }

    private boolean pretrain(OutputFolder folder, Device opened) {
        var documents = ToyText.documents(seed, DOCUMENTS);
        writeRows("documents.jsonl", documents.stream().map(text -> JsonFile.newObject().put("text", text)));
        try (var learned = TokenizerFolder.of(new BpeTrainer(VOCABULARY, new Specials("<s>", "</s>")).train(documents));
            var tokenizer = Tokenizer.load(learned.path())) {
            var json = new ArchitectureOptions().config(tokenizer.vocabSize(), MAX_LENGTH, tokenizer.beginOfSequence(),
                tokenizer.endOfSequence());
            var job = new TrainingRun.Job("a new model", json, Optional.empty(), Task.nextToken(),
                rows(documents.stream().map(PromptCompletion::ofText).toList(), tokenizer), recipe(pretrainSteps, 2e-3));
            try (var training = new TrainingRun(job, TrainingRun.Extras.samples(BEGINNINGS.size(), MAX_LENGTH), opened)) {
                new Initializer(seed, 0.02).fillBase(training.model());
                var samples = new Samples(training.session().generator(), tokenizer);
                var kind = new KeptRun.Kind(session -> TrainingState.ofModel(session, json, learned.path()), OutputFolder.Result.MODEL,
                    () -> ModelDirectory.save(training.model(), folder.path(), json, learned.path()), AGAIN);
                out().println("1. A new model learns toy text");
                return stage(new KeptRun(training, kind, folder, runOptions(), out(), out()), () -> samples.show(BEGINNINGS, out()));
            }
        }
    }

    private boolean tune(OutputFolder folder, Device opened) {
        var questions = ToyText.chatRows(seed, QUESTIONS);
        writeRows("chat.jsonl", questions.stream()
            .map(row -> JsonFile.newObject().put("prompt", row.prompt()).put("completion", row.completion())));
        writeRows("preferences.jsonl", ToyPreferences.training(seed, PREFERENCES).stream().map(QuickstartCommand::pair));
        var directory = ModelDirectory.open(outputDir.resolve("model"));
        var unseen = ToyText.chatRows(seed + 1, 50);
        try (var tokenizer = Tokenizer.load(directory.path())) {
            var config = JsonFile.read(directory.path().resolve("config.json"));
            var adapter = new LoraOptions().configured("../model");
            var job = new TrainingRun.Job(directory.path().toString(), config, Optional.of(adapter), Task.nextToken(),
                rows(questions, tokenizer), recipe(tuneSteps, 3e-3));
            try (var training = new TrainingRun(job, TrainingRun.Extras.samples(16, MAX_LENGTH), opened)) {
                directory.loadInto(training.model());
                new Initializer(seed, 0).fillAdapter(training.model());
                var samples = new Samples(training.session().generator(), tokenizer);
                var kind = new KeptRun.Kind(session -> TrainingState.ofAdapter(session, adapter, directory.path()),
                    OutputFolder.Result.ADAPTER, () -> directory.saveAdapter(training.model(), adapter, folder.path()), AGAIN);
                out().println("2. A LoRA adapter learns to answer questions");
                return stage(new KeptRun(training, kind, folder, runOptions(), out(), out()), () -> samples.showAnswers(unseen, out()));
            }
        }
    }

    private static ObjectNode pair(Preference row) {
        var chosen = (PromptCompletion) row.chosen();
        return JsonFile.newObject().put("prompt", chosen.prompt()).put("chosen", chosen.completion())
            .put("rejected", ((PromptCompletion) row.rejected()).completion());
    }

    /** Whether the stage came to its end. */
    private boolean stage(KeptRun run, Runnable samples) {
        out().println("before:");
        samples.run();
        if (!run.run()) {
            return false;
        }
        out().println("after:");
        samples.run();
        out().println();
        out().flush();
        return true;
    }

    private RunOptions runOptions() {
        var options = new RunOptions();
        options.loggingSteps = LOGGING_STEPS;
        options.seed = seed;
        return options;
    }

    private Recipe recipe(int steps, double rate) {
        return new Recipe(new EpochBatches.Steps(16, 1, 1, steps), new Recipe.Rate(rate, Schedule.Kind.COSINE, 0.05, 0, 0),
            AdamW.Settings.standard(), seed).withDtype(bf16 ? DType.BF16 : DType.F32);
    }

    private TrainingRun.Rows rows(List<PromptCompletion> texts, Tokenizer tokenizer) {
        var encoded = DatasetReader.encode(texts, tokenizer, new DatasetReader.Options(Columns.AS_NAMED, MAX_LENGTH, false));
        return TrainingRun.Rows.without(EncodedRows.of(encoded.rows(), Batching.PLAIN, seed));
    }

    private void writeRows(String name, Stream<ObjectNode> rows) {
        write(outputDir.resolve(name), rows.map(row -> row + "\n").collect(Collectors.joining()));
    }

    private static void write(Path file, String text) {
        AtomicFile.write(file, text.getBytes(StandardCharsets.UTF_8));
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }

    private void sayWhatIsThere() {
        out().println("Written to " + outputDir
            + ": documents.jsonl, chat.jsonl, preferences.jsonl, model/ (a Hugging Face directory), adapter/ (a PEFT directory).");
        out().println("Try:  leeway generate --model_name_or_path " + outputDir.resolve("adapter")
            + " --prompt $'Question: What does the cat say?\\nAnswer:'");
    }
}
