package dev.leeway.cli;

import dev.leeway.io.JsonFile;
import dev.leeway.objective.SupervisedFineTuning;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code leeway sft}, and what the loss of the next token has beside it; names and meanings are those of transformers. */
@Command(description = {"Fine-tunes a model on rows of text: all its weights, or a LoRA adapter (--use_peft).",
    "Rows have prompt and completion (the completion is trained), messages (the assistant's are), or text (all of it is). The result in "
        + "--output_dir is a Hugging Face model directory, or a PEFT adapter directory. The learning rate is 2e-5 for all weights and 2e-4 "
        + "for an adapter unless given."})
final class SupervisedOptions implements ObjectiveOptions {

    private static final double FULL_RATE = 2e-5;
    private static final double ADAPTER_RATE = 2e-4;

    @Option(names = "--label_smoothing_factor", paramLabel = "E",
        description = "share of the target that is spread over all tokens, from 0 to below 1 (default: 0)")
    double labelSmoothing;

    @Option(names = {"--z_loss_coefficient", "--z_loss"}, paramLabel = "Z",
        description = "adds Z times the squared log of the softmax's normaliser; PaLM's is 1e-4 (default: 0)")
    double zLoss;

    @Override
    public void check(TrainingOptions shared, Problems problems) {
        check(problems);
    }

    /** The same where nothing else matters. */
    void check(Problems problems) {
        problems.require(labelSmoothing >= 0 && labelSmoothing < 1, "--label_smoothing_factor must be at least 0 and below 1; got %s",
            labelSmoothing);
        problems.require(zLoss >= 0 && Double.isFinite(zLoss), "--z_loss_coefficient must be at least 0; got %s", zLoss);
    }

    @Override
    public Task task(int maxLength) {
        return task();
    }

    /** Rows may have any length. */
    Task task() {
        return Task.supervised(new SupervisedFineTuning(labelSmoothing, zLoss),
            JsonFile.newObject().put("label_smoothing_factor", labelSmoothing).put("z_loss_coefficient", zLoss));
    }

    /** TRL's for all weights, ten times that for an adapter. */
    @Override
    public double usualRate(boolean adapter) {
        return adapter ? ADAPTER_RATE : FULL_RATE;
    }
}
