package dev.leeway.cli;

import dev.leeway.data.Batching;
import dev.leeway.data.Purpose;
import dev.leeway.objective.KahnemanTversky;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code leeway kto}; names, meanings and defaults are those of TRL's KTOConfig. */
@Command(description = {"Trains a model on single answers, each of them good or bad, against a reference (Kahneman-Tversky Optimization): "
    + "all its weights, or a LoRA adapter (--use_peft).",
    "Rows have prompt, completion and label (true = good): text or messages. The baseline is measured on the prompts of each step with the "
        + "answers of its other rows.", PreferenceOptions.RATES})
final class KtoOptions implements ObjectiveOptions {

    @Option(names = "--beta", paramLabel = "B", description = "how dearly leaving the reference is paid (default: 0.1)")
    double beta = 0.1;

    @Option(names = "--loss_type", paramLabel = "KIND", description = "kto, or apo_zero_unpaired, which has no baseline (default: kto)")
    String lossType = "kto";

    @Option(names = "--desirable_weight", paramLabel = "W", description = "factor of the losses of good answers (default: 1)")
    double desirableWeight = 1;

    @Option(names = "--undesirable_weight", paramLabel = "W", description = "factor of the losses of bad answers (default: 1)")
    double undesirableWeight = 1;

    @Mixin
    final ReferenceOptions reference = new ReferenceOptions();

    @Mixin
    final PreferenceOptions preferences = new PreferenceOptions();

    @Override
    public void check(TrainingOptions shared, Problems problems) {
        PreferenceOptions.checkBeta(beta, problems);
        problems.check(() -> KahnemanTversky.Loss.named(lossType));
        problems.require(desirableWeight >= 0 && Double.isFinite(desirableWeight), "--desirable_weight must be at least 0; got %s",
            desirableWeight);
        problems.require(undesirableWeight >= 0 && Double.isFinite(undesirableWeight), "--undesirable_weight must be at least 0; got %s",
            undesirableWeight);
        long rows = (long) shared.optimization.batchSize * shared.optimization.accumulation;
        problems.require(rows != 1 || !lossType.equals("kto"), "a step of 1 row has no other row's answer to measure the baseline with; "
            + "raise --per_device_train_batch_size or --gradient_accumulation_steps, or take --loss_type apo_zero_unpaired");
        reference.check(shared, problems);
        preferences.check(shared, problems);
    }

    @Override
    public Task task(int maxLength) {
        var loss = KahnemanTversky.Loss.named(lossType);
        var truncation = preferences.truncation(maxLength);
        var batching = loss == KahnemanTversky.Loss.KTO ? Batching.mismatched(maxLength, truncation) : Batching.PLAIN;
        var settings = preferences.settings().put("beta", beta).put("loss_type", lossType).put("desirable_weight", desirableWeight)
            .put("undesirable_weight", undesirableWeight);
        return new Task(Purpose.LABELLED, truncation, batching,
            new KahnemanTversky(loss, beta, desirableWeight, undesirableWeight), settings, Optional.of(reference.compared()));
    }

    @Override
    public double usualRate(boolean adapter) {
        return preferences.usualRate(adapter);
    }
}
