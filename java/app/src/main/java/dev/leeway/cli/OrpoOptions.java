package dev.leeway.cli;

import dev.leeway.data.Batching;
import dev.leeway.data.Purpose;
import dev.leeway.objective.OddsRatioPreference;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code leeway orpo}; names, meanings and defaults are those of TRL's ORPOConfig. */
@Command(description = {"Trains a model on the chosen answers of pairs and against the odds of the rejected ones, without a reference "
    + "(ORPO): all its weights, or a LoRA adapter (--use_peft).",
    PreferenceOptions.PAIRS, PreferenceOptions.RATES})
final class OrpoOptions implements ObjectiveOptions {

    @Option(names = "--beta", paramLabel = "L",
        description = "lambda of the paper: weight of the odds beside the likelihood of prompt and chosen answer (default: 0.1)")
    double beta = 0.1;

    @Mixin
    final PreferenceOptions preferences = new PreferenceOptions();

    @Override
    public void check(TrainingOptions shared, Problems problems) {
        PreferenceOptions.checkBeta(beta, problems);
        preferences.check(shared, problems);
    }

    @Override
    public Task task(int maxLength) {
        return new Task(Purpose.PREFERENCE, preferences.truncation(maxLength), Batching.CHOSEN_PROMPTS, new OddsRatioPreference(beta),
            preferences.settings().put("beta", beta), Optional.empty());
    }

    @Override
    public double usualRate(boolean adapter) {
        return preferences.usualRate(adapter);
    }
}
