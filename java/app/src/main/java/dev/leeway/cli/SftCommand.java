package dev.leeway.cli;

import dev.leeway.io.AdapterConfig;
import dev.leeway.model.Initializer;
import dev.leeway.model.ModelDirectory;
import dev.leeway.text.Tokenizer;
import dev.leeway.train.TrainingState;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code leeway sft}: supervised fine-tuning of a Hugging Face directory, all weights or a LoRA adapter. */
@Command(name = "sft", description = {"Fine-tunes a model on rows of text: all its weights, or a LoRA adapter (--use_peft).",
    "The result in --output_dir is a Hugging Face model directory, or a PEFT adapter directory. The learning rate is 2e-5 for all "
        + "weights and 2e-4 for an adapter unless given."})
final class SftCommand implements Callable<Integer>, Checked {

    @Spec
    private CommandSpec spec;

    @Mixin
    private final SftOptions options = new SftOptions();

    @Override
    public Integer call() {
        Problems.requireNone(this::check);
        var directory = ModelDirectory.open(options.modelPath.orElseThrow());
        try (var tokenizer = Tokenizer.load(directory.path()); var opened = options.device.open()) {
            var job = options.job(directory, tokenizer);
            try (var folder = options.run.claim(spec); var training = new TrainingRun(job, TrainingRun.Extras.FINE_TUNING, opened)) {
                directory.loadInto(training.model());
                new Initializer(options.run.seed, 0).fillAdapter(training.model());
                job.adapter().ifPresent(_ -> training.dependsOn("base_model", Fingerprint.ofWeights(directory.path())));
                training.dependsOn(options.describe(directory));
                train(training, directory, job.adapter(), folder);
            }
        }
        return 0;
    }

    @Override
    public void check(Problems problems) {
        options.check(problems);
        options.modelPath.ifPresent(path -> OutputFolder.requireOther(options.run.outputDir, path, problems));
        options.run.check(problems);
    }

    private void train(TrainingRun training, ModelDirectory directory, Optional<AdapterConfig> adapter, OutputFolder folder) {
        var line = spec.commandLine();
        line.getErr().println("leeway sft → " + folder.path());
        var kind = adapter.map(config -> new KeptRun.Kind(session -> TrainingState.ofAdapter(session, config, directory.path()),
            OutputFolder.Result.ADAPTER, () -> directory.saveAdapter(training.model(), config, folder.path())))
            .orElseGet(() -> new KeptRun.Kind(session -> TrainingState.ofModel(session, training.json(), directory.path()),
                OutputFolder.Result.MODEL, () -> directory.save(training.model(), folder.path())));
        new KeptRun(training, kind, folder, options.run, line.getOut(), line.getErr()).run();
    }
}
