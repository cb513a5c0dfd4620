package dev.leeway.cli;

import dev.leeway.data.Batching;
import dev.leeway.data.Purpose;
import dev.leeway.objective.ContrastivePreference;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code leeway simpo}; names, meanings and defaults are those of TRL's CPOConfig, but that SimPO is the loss and stands alone. */
@Command(description = {"Trains a model to prefer the chosen answers of pairs by their mean log-prob a token, without a reference (SimPO; "
    + "CPO with --loss_type sigmoid --cpo_alpha 1): all its weights, or a LoRA adapter (--use_peft).",
    PreferenceOptions.PAIRS, PreferenceOptions.RATES, "SimPO's paper takes --beta 2 to 2.5 and --gamma_beta_ratio 0.3 to 0.8."})
final class SimpoOptions implements ObjectiveOptions {

    private static final double GAMMA = 0.5;

    @Option(names = "--beta", paramLabel = "B", description = "scale of the mean log-probs (default: 0.1)")
    double beta = 0.1;

    @Option(names = "--simpo_gamma", paramLabel = "G", description = "margin asked of the scaled difference (default: 0.5)")
    Optional<Double> gamma = Optional.empty();

    @Option(names = "--gamma_beta_ratio", paramLabel = "R", description = "the same as a multiple of beta, as SimPO's own code names it")
    Optional<Double> ratio = Optional.empty();

    @Option(names = "--cpo_alpha", paramLabel = "A",
        description = "weight of the chosen answers' likelihood, which TRL sets to 1 and SimPO to 0 (default: 0)")
    double cpoAlpha;

    @Option(names = "--loss_type", paramLabel = "KIND", description = "simpo, sigmoid, hinge or ipo (default: simpo)")
    String lossType = "simpo";

    @Option(names = "--label_smoothing", paramLabel = "E",
        description = "share of pairs whose labels are thought to be wrong, from 0 to below 0.5 (default: 0)")
    double labelSmoothing;

    @Option(names = "--alpha", paramLabel = "A", description = "shape of the reward as in AlphaPO, 0 = log-prob (default: 0)")
    double alpha;

    @Mixin
    final PreferenceOptions preferences = new PreferenceOptions();

    @Override
    public void check(TrainingOptions shared, Problems problems) {
        var own = new Problems();
        PreferenceOptions.checkBeta(beta, own);
        PreferenceOptions.checkSmoothing(labelSmoothing, own);
        own.check(() -> ContrastivePreference.Loss.named(lossType));
        own.require(gamma.isEmpty() || ratio.isEmpty(), "--simpo_gamma and --gamma_beta_ratio exclude each other");
        own.require((gamma.isEmpty() && ratio.isEmpty()) || lossType.equals("simpo"),
            "--simpo_gamma and --gamma_beta_ratio have no effect with --loss_type %s", lossType);
        gamma.ifPresent(value -> own.require(Double.isFinite(value), "--simpo_gamma must be a number; got %s", value));
        ratio.ifPresent(value -> own.require(Double.isFinite(value), "--gamma_beta_ratio must be a number; got %s", value));
        own.require(cpoAlpha >= 0 && Double.isFinite(cpoAlpha), "--cpo_alpha must be at least 0; got %s", cpoAlpha);
        own.require(Double.isFinite(alpha), "--alpha must be a number; got %s", alpha);
        if (own.isEmpty()) {
            own.check(this::objective);
        }
        problems.addAll(own);
        preferences.check(shared, problems);
    }

    private double margin() {
        return ratio.map(value -> value * beta).or(() -> gamma).orElse(GAMMA);
    }

    private ContrastivePreference objective() {
        return new ContrastivePreference(new ContrastivePreference.Settings(ContrastivePreference.Loss.named(lossType), beta, margin(),
            cpoAlpha, labelSmoothing, alpha));
    }

    @Override
    public Task task(int maxLength) {
        var settings = preferences.settings().put("beta", beta).put("simpo_gamma", margin()).put("cpo_alpha", cpoAlpha)
            .put("loss_type", lossType).put("label_smoothing", labelSmoothing).put("alpha", alpha);
        return new Task(Purpose.PREFERENCE, preferences.truncation(maxLength), Batching.PLAIN, objective(), settings, Optional.empty());
    }

    @Override
    public double usualRate(boolean adapter) {
        return preferences.usualRate(adapter);
    }
}
