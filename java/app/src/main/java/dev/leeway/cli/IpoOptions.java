package dev.leeway.cli;

import dev.leeway.data.Batching;
import dev.leeway.data.Purpose;
import dev.leeway.objective.DirectPreference;
import dev.leeway.objective.PairLoss;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code leeway ipo}; names, meanings and defaults are those of TRL's DPOConfig with {@code loss_type ipo}. */
@Command(description = {"Trains a model to prefer the chosen answers of pairs by a fixed margin over the reference, a token on average "
    + "(Identity Preference Optimization): all its weights, or a LoRA adapter (--use_peft).",
    PreferenceOptions.PAIRS, PreferenceOptions.RATES})
final class IpoOptions implements ObjectiveOptions {

    @Option(names = "--beta", paramLabel = "T", description = "tau of the paper: the margin is 1 / (2 tau) (default: 0.1)")
    double beta = 0.1;

    @Mixin
    final ReferenceOptions reference = new ReferenceOptions();

    @Mixin
    final PreferenceOptions preferences = new PreferenceOptions();

    @Override
    public void check(TrainingOptions shared, Problems problems) {
        PreferenceOptions.checkBeta(beta, problems);
        reference.check(shared, problems);
        preferences.check(shared, problems);
    }

    @Override
    public Task task(int maxLength) {
        return new Task(Purpose.PREFERENCE, preferences.truncation(maxLength), Batching.PLAIN,
            new DirectPreference(PairLoss.IPO, DirectPreference.Settings.of(beta)), preferences.settings().put("beta", beta),
            Optional.of(reference.compared()));
    }

    @Override
    public double usualRate(boolean adapter) {
        return preferences.usualRate(adapter);
    }
}
