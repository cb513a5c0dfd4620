package dev.leeway.cli;

import dev.leeway.data.Batching;
import dev.leeway.data.Purpose;
import dev.leeway.objective.DirectPreference;
import dev.leeway.objective.Divergence;
import dev.leeway.objective.PairLoss;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code leeway dpo}; names, meanings and defaults are those of TRL's DPOConfig. */
@Command(description = {"Trains a model to prefer the chosen answers of pairs to the rejected ones, against a reference (Direct Preference "
    + "Optimization): all its weights, or a LoRA adapter (--use_peft).",
    PreferenceOptions.PAIRS, PreferenceOptions.RATES})
final class DpoOptions implements ObjectiveOptions {

    private static final String ALPHA_DIVERGENCE = "alpha_divergence";

    @Option(names = "--beta", paramLabel = "B", description = "how dearly leaving the reference is paid (default: 0.1)")
    double beta = 0.1;

    @Option(names = "--loss_type", paramLabel = "KIND[,KIND…]", split = ",", hideParamSyntax = true,
        description = "sigmoid, hinge, ipo, exo_pair, nca_pair, robust, bco_pair, sppo_hard, apo_zero, apo_down, discopop, sft or "
            + "sigmoid_norm; several are added up (default: sigmoid)")
    List<String> lossTypes = List.of("sigmoid");

    @Option(names = "--loss_weights", paramLabel = "W[,W…]", split = ",", hideParamSyntax = true,
        description = "factors of the losses in --loss_type (default: 1 each)")
    List<Double> lossWeights = List.of();

    @Option(names = "--label_smoothing", paramLabel = "E",
        description = "share of pairs whose labels are thought to be wrong, from 0 to below 0.5 (default: 0)")
    double labelSmoothing;

    @Option(names = "--f_divergence_type", paramLabel = "KIND",
        description = "how far from the reference is far: reverse_kl, forward_kl, js_divergence or alpha_divergence (default: reverse_kl)")
    String divergenceType = "reverse_kl";

    @Option(names = "--f_alpha_divergence_coef", paramLabel = "A", description = "alpha of alpha_divergence (default: 0.5)")
    Optional<Double> divergenceCoefficient = Optional.empty();

    @Option(names = "--ld_alpha", paramLabel = "A",
        description = "weight of tokens behind the length of the shorter answer, from 0 to 1 (default: 1)")
    Optional<Double> ldAlpha = Optional.empty();

    @Option(names = "--use_weighting", arity = "0..1", fallbackValue = "true", paramLabel = "BOOL",
        description = "weigh pairs by how likely the policy finds their answers, as WPO does (default: false)")
    boolean useWeighting;

    @Option(names = "--discopop_tau", paramLabel = "T", description = "temperature of discopop (default: 0.05)")
    Optional<Double> discopopTau = Optional.empty();

    @Mixin
    final ReferenceOptions reference = new ReferenceOptions();

    @Mixin
    final PreferenceOptions preferences = new PreferenceOptions();

    @Override
    public void check(TrainingOptions shared, Problems problems) {
        var own = new Problems();
        PreferenceOptions.checkBeta(beta, own);
        PreferenceOptions.checkSmoothing(labelSmoothing, own);
        lossTypes.forEach(type -> own.check(() -> PairLoss.named(type)));
        own.require(lossWeights.isEmpty() || lossWeights.size() == lossTypes.size(),
            "--loss_weights has %d weights for %d losses in --loss_type; give one for each", lossWeights.size(), lossTypes.size());
        lossWeights.forEach(weight -> own.require(Double.isFinite(weight), "--loss_weights must be numbers; got %s", weight));
        own.check(this::divergence);
        own.require(divergenceCoefficient.isEmpty() || divergenceType.equals(ALPHA_DIVERGENCE),
            "--f_alpha_divergence_coef has no effect with --f_divergence_type %s; name alpha_divergence or leave it out", divergenceType);
        ldAlpha.ifPresent(alpha -> own.require(alpha >= 0 && alpha <= 1, "--ld_alpha must be from 0 to 1; got %s", alpha));
        discopopTau.ifPresent(tau -> own.require(tau > 0 && Double.isFinite(tau), "--discopop_tau must be positive; got %s", tau));
        own.require(discopopTau.isEmpty() || lossTypes.contains("discopop"), "--discopop_tau has no effect without --loss_type discopop");
        if (own.isEmpty()) {
            own.check(this::objective);
        }
        problems.addAll(own);
        reference.check(shared, problems);
        preferences.check(shared, problems);
    }

    private Divergence divergence() {
        return new Divergence(Divergence.Kind.named(divergenceType), divergenceCoefficient.orElse(0.5));
    }

    private DirectPreference objective() {
        var terms = new ArrayList<DirectPreference.Term>();
        for (int i = 0; i < lossTypes.size(); i++) {
            terms.add(new DirectPreference.Term(PairLoss.named(lossTypes.get(i)), lossWeights.isEmpty() ? 1 : lossWeights.get(i)));
        }
        var damping = ldAlpha.map(OptionalDouble::of).orElse(OptionalDouble.empty());
        return new DirectPreference(terms, new DirectPreference.Settings(beta, labelSmoothing, discopopTau.orElse(0.05), divergence(),
            damping, useWeighting));
    }

    @Override
    public Task task(int maxLength) {
        var settings = preferences.settings().put("beta", beta).put("loss_type", String.join(",", lossTypes))
            .put("loss_weights", lossWeights.toString()).put("label_smoothing", labelSmoothing).put("f_divergence_type", divergenceType)
            .put("f_alpha_divergence_coef", divergenceCoefficient.orElse(0.5)).put("ld_alpha", ldAlpha.orElse(1.0))
            .put("use_weighting", useWeighting).put("discopop_tau", discopopTau.orElse(0.05));
        return new Task(Purpose.PREFERENCE, preferences.truncation(maxLength), Batching.PLAIN, objective(), settings,
            Optional.of(reference.compared()));
    }

    @Override
    public double usualRate(boolean adapter) {
        return preferences.usualRate(adapter);
    }
}
