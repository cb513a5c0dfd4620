package dev.leeway.cli;

import dev.leeway.objective.Advantages;
import dev.leeway.objective.GrpoSettings;
import dev.leeway.objective.ImportanceLevel;
import dev.leeway.objective.KlPenalty;
import dev.leeway.objective.LossType;
import dev.leeway.objective.PolicyGradient;
import dev.leeway.objective.Surrogate;
import dev.leeway.io.JsonFile;
import dev.leeway.train.AdvantageRule;
import dev.leeway.train.RolloutSettings;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/** {@code leeway grpo}; names, meanings and defaults are those of TRL's GRPOConfig but for what docs/rollouts.md lists. */
@Command(description = {"Trains a model on its own completions: of each prompt it draws several, and learns from how much better one is "
    + "rewarded than the others (Group Relative Policy Optimization). All its weights, or a LoRA adapter (--use_peft).",
    PolicyOptions.ROWS, PolicyOptions.BATCHES, PolicyOptions.RATES})
final class GrpoOptions implements PolicyOptions {

    private static final String SEQUENCE = "sequence";

    @Option(names = "--num_generations", paramLabel = "N", description = "completions of a prompt (default: 8)")
    int numGenerations = 8;

    @Option(names = "--loss_type", paramLabel = "KIND",
        description = "grpo, bnpo, dr_grpo, dapo, luspo, cispo, sapo or vespo (default: dapo)")
    String lossType = "dapo";

    @Option(names = "--beta", paramLabel = "B",
        description = "how dearly leaving the model that training starts from is paid, in the loss; 0 = nothing, and no reference "
            + "(default: 0)")
    double beta;

    @Option(names = "--use_bias_correction_kl", arity = "0..1", fallbackValue = "true", paramLabel = "BOOL",
        description = "multiply that with the importance ratio (default: false)")
    boolean biasCorrection;

    @Option(names = "--epsilon", paramLabel = "E", description = "how far below 1 a ratio is followed (default: 0.2)")
    Optional<Double> epsilon = Optional.empty();

    @Option(names = "--epsilon_high", paramLabel = "E", description = "how far above 1; of cispo the largest ratio "
        + "(default: as --epsilon)")
    Optional<Double> epsilonHigh = Optional.empty();

    @Option(names = "--delta", paramLabel = "D", description = "cap of the ratio before it meets a negative advantage (default: none)")
    Optional<Double> delta = Optional.empty();

    @Option(names = "--importance_sampling_level", paramLabel = "KIND", description = "token, or sequence for GSPO (default: token)")
    String level = "token";

    @Option(names = "--scale_rewards", paramLabel = "KIND", description = "what advantages are divided by: the deviation of the "
        + "group, of the batch, or none; true is group, false is none (default: group)")
    String scaleRewards = "group";

    @Option(names = "--multi_objective_aggregation", paramLabel = "KIND",
        description = "sum_then_normalize, or normalize_then_sum, which scales each reward by itself (default: sum_then_normalize)")
    String multiObjective = "sum_then_normalize";

    @Option(names = "--entropy_coef", paramLabel = "C", description = "reward of the mean entropy of a token (default: 0)")
    double entropyCoefficient;

    @Option(names = "--top_entropy_quantile", paramLabel = "Q",
        description = "share of the tokens, those of the highest entropy, that is trained (default: 1)")
    double topEntropyQuantile = 1;

    @Option(names = "--off_policy_mask_threshold", paramLabel = "T",
        description = "leave out tokens with negative advantage of completions "
        + "that drifted by more nats a token (default: none)")
    Optional<Double> offPolicyMaskThreshold = Optional.empty();

    @Option(names = "--sapo_temperature_pos", paramLabel = "T", description = "of sapo, where the advantage is positive (default: 1)")
    Optional<Double> sapoPositive = Optional.empty();

    @Option(names = "--sapo_temperature_neg", paramLabel = "T", description = "of sapo, elsewhere (default: 1.05)")
    Optional<Double> sapoNegative = Optional.empty();

    @Mixin
    final ReplayOptions replay = new ReplayOptions();

    @Mixin
    final ShapingOptions shaping = new ShapingOptions();

    @Override
    public void check(RolloutOptions shared, Problems problems) {
        problems.require(numGenerations >= 2, "--num_generations must be at least 2, so that completions have others to be compared with; "
            + "got %d", numGenerations);
        var own = new Problems();
        own.check(() -> LossType.named(lossType));
        own.check(() -> ImportanceLevel.named(level));
        own.check(() -> Advantages.Scale.named(scale()));
        own.check(() -> AdvantageRule.MultiObjective.named(multiObjective));
        own.require(beta >= 0 && Double.isFinite(beta), "--beta must be at least 0; got %s", beta);
        own.require(topEntropyQuantile > 0 && topEntropyQuantile <= 1, "--top_entropy_quantile must be above 0 and at most 1; got %s",
            topEntropyQuantile);
        own.require(lossType.equals("sapo") || sapoPositive.isEmpty() && sapoNegative.isEmpty(),
            "--sapo_temperature_pos and --sapo_temperature_neg have no effect without --loss_type sapo");
        own.require(!biasCorrection || beta > 0, "--use_bias_correction_kl has no effect at --beta 0");
        own.require(multiObjective.equals("sum_then_normalize") || scale().equals("group"),
            "--scale_rewards has no effect with --multi_objective_aggregation normalize_then_sum; leave it out");
        checkRatios(own);
        if (own.isEmpty()) {
            own.check(() -> settings(shared, false).objective());
        }
        problems.addAll(own);
        replay.check(shared.optimization, numGenerations, problems);
        shaping.check(shared.draw.completionLength(this), problems);
    }

    /** Reports what the loss type does not read of what was given. */
    private void checkRatios(Problems problems) {
        boolean clips = !Set.of("cispo", "sapo", "vespo").contains(lossType);
        problems.require(clips || delta.isEmpty(), "--delta has no effect with --loss_type %s; leave it out", lossType);
        problems.require(clips || lossType.equals("cispo") || epsilon.isEmpty() && epsilonHigh.isEmpty(),
            "--epsilon and --epsilon_high have no effect with --loss_type %s, which does not clip; leave them out", lossType);
        problems.require(!lossType.equals("cispo") || epsilon.isEmpty() || epsilonHigh.isEmpty(),
            "--epsilon has no effect with --loss_type cispo beside --epsilon_high, which is all that cispo reads; leave it out");
        problems.require(!lossType.equals("vespo") || !level.equals(SEQUENCE), "--importance_sampling_level sequence has no effect with "
            + "--loss_type vespo, which takes the ratio of whole completions by itself; leave it out");
    }

    private double epsilonLow() {
        return epsilon.orElse(0.2);
    }

    /** The truth values that TRL takes for group and none. */
    private String scale() {
        return switch (scaleRewards) {
            case "true" -> "group";
            case "false" -> "none";
            default -> scaleRewards;
        };
    }

    private GrpoSettings settings(RolloutOptions shared, boolean needsOld) {
        return new GrpoSettings(LossType.named(lossType), ImportanceLevel.named(level),
            new Surrogate.Clipped(epsilonLow(), epsilonHigh.orElse(epsilonLow()), delta.orElse(Double.POSITIVE_INFINITY)),
            new Surrogate.Gated(sapoPositive.orElse(1.0), sapoNegative.orElse(1.05)), GrpoSettings.DEFAULTS.gammaWeighted(),
            new KlPenalty(beta, biasCorrection), shared.draw.completionLength(this),
            new PolicyGradient.Extras(entropyCoefficient, offPolicyMaskThreshold.orElse(Double.POSITIVE_INFINITY), needsOld));
    }

    @Override
    public int numGenerations() {
        return numGenerations;
    }

    @Override
    public Replay replay(OptimizationOptions steps) {
        return replay.replay(steps);
    }

    @Override
    public OptionalInt microBatches() {
        return replay.microBatches();
    }

    @Override
    public RolloutSettings.Shaping shaping() {
        return shaping.shaping(topEntropyQuantile);
    }

    @Override
    public Lesson lesson(RolloutOptions shared, boolean needsOld) {
        var rule = new AdvantageRule.GroupRelative(Advantages.Scale.named(scale()),
            AdvantageRule.MultiObjective.named(multiObjective));
        return new Lesson(settings(shared, needsOld).objective(), rule, beta > 0, settings(shared.optimization));
    }

    private ObjectNode settings(OptimizationOptions steps) {
        var json = JsonFile.newObject().put("num_generations", numGenerations).put("loss_type", lossType).put("beta", beta)
            .put("use_bias_correction_kl", biasCorrection).put("epsilon", epsilonLow())
            .put("epsilon_high", epsilonHigh.orElse(epsilonLow())).put("delta", delta.map(Object::toString).orElse("none"))
            .put("importance_sampling_level", level).put("scale_rewards", scale()).put("multi_objective_aggregation", multiObjective)
            .put("entropy_coef", entropyCoefficient).put("top_entropy_quantile", topEntropyQuantile)
            .put("off_policy_mask_threshold", offPolicyMaskThreshold.map(Object::toString).orElse("none"))
            .put("sapo_temperature_pos", sapoPositive.orElse(1.0)).put("sapo_temperature_neg", sapoNegative.orElse(1.05));
        replay.describe(steps, json);
        shaping.describe(json);
        return json;
    }
}
