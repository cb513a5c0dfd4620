package dev.leeway.cli;

import dev.leeway.io.AdapterConfig;
import dev.leeway.model.Initializer;
import dev.leeway.model.ModelDirectory;
import dev.leeway.text.Tokenizer;
import dev.leeway.train.ReferenceCache;
import dev.leeway.train.TrainingState;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * {@code leeway sft}, {@code leeway dpo} and the others that train a Hugging Face directory, all its weights or a LoRA adapter. What each
 * of them trains for is said by its options.
 */
@Command
final class TrainCommand implements Callable<Integer>, Checked {

    @Spec
    private CommandSpec spec;

    @Mixin
    private final TrainingOptions options = new TrainingOptions();

    @Mixin
    private final ObjectiveOptions objective;

    /** A command with these options of its own. */
    TrainCommand(ObjectiveOptions objective) {
        this.objective = objective;
    }

    @Override
    public Integer call() {
        Problems.requireNone(this::check);
        var named = ModelDirectory.open(options.modelPath.orElseThrow());
        try (var tokenizer = Tokenizer.load(named.path()); var opened = options.device.open()) {
            var directory = objective.start(named, tokenizer.padding());
            var job = options.job(directory, tokenizer, objective);
            try (var folder = options.run.claim(spec); var training = new TrainingRun(job, TrainingRun.Extras.FINE_TUNING, opened)) {
                directory.loadInto(training.model());
                if (directory.hasFreshScore()) {
                    new Initializer(options.run.seed, scoreRange(directory)).fillScore(training.model());
                }
                new Initializer(options.run.seed, 0).fillAdapter(training.model());
                job.adapter().ifPresent(_ -> training.dependencies().add("base_model", Fingerprint.ofWeights(directory.path())));
                training.dependsOnReference(directory);
                training.dependencies().add("command", spec.name());
                training.dependencies().addAll(options.describe(directory));
                train(training, directory, job.adapter(), folder);
            }
        }
        return 0;
    }

    @Override
    public void check(Problems problems) {
        options.check(problems);
        objective.check(options, problems);
        options.modelPath.ifPresent(path -> OutputFolder.requireOther(options.run.outputDir, path, problems));
        options.run.check(problems);
    }

    /** transformers' default where the configuration has none. */
    private static double scoreRange(ModelDirectory directory) {
        return directory.json().optionalDouble("initializer_range").orElse(0.02);
    }

    private void train(TrainingRun training, ModelDirectory directory, Optional<AdapterConfig> adapter, OutputFolder folder) {
        var line = spec.commandLine();
        line.getErr().println("leeway " + spec.name() + " → " + folder.path());
        if (directory.hasFreshScore()) {
            line.getErr().println("  score     a fresh head: normal with standard deviation " + Figures.plain(scoreRange(directory))
                + " (initializer_range), of the seed; " + directory.path() + " has none");
        }
        if (directory.config().isClassifier() && !directory.json().has("pad_token_id")) {
            line.getErr().println("  padding   neither config.json nor the tokenizer has a padding token: transformers will give this "
                + "model one text at a time; give " + directory.path() + "/config.json a pad_token_id for more");
        }
        var kind = adapter.map(config -> new KeptRun.Kind(session -> TrainingState.ofAdapter(session, config, directory.path()),
            OutputFolder.Result.ADAPTER, () -> directory.saveAdapter(training.model(), config, folder.path())))
            .orElseGet(() -> new KeptRun.Kind(session -> TrainingState.ofModel(session, training.json(), directory.path()),
                OutputFolder.Result.MODEL, () -> directory.save(training.model(), folder.path())));
        var kept = new KeptRun(training, kind, folder, options.run, line.getOut(), line.getErr());
        training.compare(directory, new ReferenceCache(folder.path().resolve(OutputFolder.REFERENCE), line.getErr()::println));
        kept.run();
    }
}
