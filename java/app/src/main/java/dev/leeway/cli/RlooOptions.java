package dev.leeway.cli;

import dev.leeway.io.JsonFile;
import dev.leeway.objective.PolicyGradient;
import dev.leeway.objective.Rloo;
import dev.leeway.train.AdvantageRule;
import dev.leeway.train.RolloutSettings;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/** {@code leeway rloo}; names, meanings and defaults are those of TRL's RLOOConfig but for what docs/rollouts.md lists. */
@Command(description = {"Trains a model on its own completions: of each prompt it draws several, and learns from how much better one is "
    + "rewarded than the mean of the others (REINFORCE leave-one-out). All its weights, or a LoRA adapter (--use_peft).",
    PolicyOptions.ROWS, PolicyOptions.BATCHES, PolicyOptions.RATES})
final class RlooOptions implements PolicyOptions {

    @Option(names = "--num_generations", paramLabel = "N", description = "completions of a prompt (default: 2)")
    int numGenerations = 2;

    @Option(names = "--beta", paramLabel = "B",
        description = "how dearly leaving the model that training starts from is paid, in the reward; 0 = nothing, and no reference "
            + "(default: 0.05)")
    double beta = 0.05;

    @Option(names = "--epsilon", paramLabel = "E", description = "how far below 1 a ratio is followed (default: 0.2)")
    double epsilon = 0.2;

    @Option(names = "--epsilon_high", paramLabel = "E", description = "how far above 1 (default: as --epsilon)")
    Optional<Double> epsilonHigh = Optional.empty();

    @Option(names = "--normalize_advantages", arity = "0..1", fallbackValue = "true", paramLabel = "BOOL",
        description = "scale advantages over the rollout (default: false)")
    boolean normalize;

    @Option(names = "--reward_clip_range", paramLabel = "LEAST,MOST", split = ",", hideParamSyntax = true,
        description = "hold rewards between two numbers (default: none)")
    List<Double> rewardClipRange = List.of();

    @Mixin
    final ReplayOptions replay = new ReplayOptions();

    @Mixin
    final ShapingOptions shaping = new ShapingOptions();

    @Override
    public void check(RolloutOptions shared, Problems problems) {
        problems.require(numGenerations >= 2, "--num_generations must be at least 2, so that completions have others to be compared with; "
            + "got %d", numGenerations);
        problems.require(rewardClipRange.isEmpty() || rewardClipRange.size() == 2, "--reward_clip_range must be two numbers; got %d",
            rewardClipRange.size());
        var own = new Problems();
        if (rewardClipRange.isEmpty() || rewardClipRange.size() == 2) {
            own.check(this::rule);
        }
        own.check(() -> objective(false));
        problems.addAll(own);
        replay.check(shared.optimization, numGenerations, problems);
        shaping.check(shared.draw.completionLength(this), problems);
    }

    private PolicyGradient objective(boolean needsOld) {
        return Rloo.objective(epsilon, epsilonHigh.orElse(epsilon), new PolicyGradient.Extras(0, Double.POSITIVE_INFINITY, needsOld));
    }

    private AdvantageRule.LeaveOneOut rule() {
        boolean held = !rewardClipRange.isEmpty();
        return new AdvantageRule.LeaveOneOut(beta, normalize, held ? rewardClipRange.getFirst() : Double.NEGATIVE_INFINITY,
            held ? rewardClipRange.getLast() : Double.POSITIVE_INFINITY);
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
        return shaping.shaping(1);
    }

    @Override
    public Lesson lesson(RolloutOptions shared, boolean needsOld) {
        return new Lesson(objective(needsOld), rule(), beta > 0, settings(shared.optimization));
    }

    private ObjectNode settings(OptimizationOptions steps) {
        var json = JsonFile.newObject().put("num_generations", numGenerations).put("beta", beta).put("epsilon", epsilon)
            .put("epsilon_high", epsilonHigh.orElse(epsilon)).put("normalize_advantages", normalize)
            .put("reward_clip_range", rewardClipRange.toString());
        replay.describe(steps, json);
        shaping.describe(json);
        return json;
    }
}
