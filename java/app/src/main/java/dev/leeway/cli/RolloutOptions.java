package dev.leeway.cli;

import dev.leeway.io.JsonFile;
import dev.leeway.reward.RewardName;
import dev.leeway.train.RolloutSettings;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/** The options that all training on a model's own completions has, declared once: a command trains with them, plan says what would come. */
final class RolloutOptions {

    @Option(names = "--model_name_or_path", paramLabel = "DIR", description = "Hugging Face model directory to start from")
    Optional<Path> modelPath = Optional.empty();

    @ArgGroup(validate = false, heading = "%nPrompts:%n")
    final PromptOptions prompts = new PromptOptions();

    @ArgGroup(validate = false, heading = "%nPrompt arm:%n")
    final PromptArmOptions promptArm = new PromptArmOptions();

    @ArgGroup(validate = false, heading = "%nRewards:%n")
    final RewardFunctionOptions rewards = new RewardFunctionOptions();

    @ArgGroup(validate = false, heading = "%nJudge:%n")
    final JudgeOptions judge = new JudgeOptions();

    @ArgGroup(validate = false, heading = "%nCompletions:%n")
    final DrawOptions draw = new DrawOptions();

    @ArgGroup(validate = false, heading = "%nAdapter:%n")
    final LoraOptions lora = new LoraOptions();

    @ArgGroup(validate = false, heading = "%nOptimisation:%n")
    final OptimizationOptions optimization = new OptimizationOptions();

    @ArgGroup(validate = false, heading = "%nRun:%n")
    final RunOptions run = new RunOptions();

    @ArgGroup(validate = false, heading = "%nDevice:%n")
    final DeviceOptions device = new DeviceOptions();

    /** Reports everything that can be known to be wrong before anything is read, except about the output folder. */
    void check(PolicyOptions policy, Problems problems) {
        prompts.check(problems);
        checkGiven(policy, problems);
    }

    /** The same where prompts are not needed. */
    void checkWithoutPrompts(PolicyOptions policy, Problems problems) {
        prompts.checkGiven(problems);
        checkGiven(policy, problems);
    }

    private void checkGiven(PolicyOptions policy, Problems problems) {
        TrainingOptions.checkModel(modelPath, problems);
        promptArm.check(problems);
        rewards.check(draw.completionLength(policy), problems);
        checkJudge(problems);
        draw.check(policy, problems);
        lora.check(problems);
        optimization.check(problems);
        problems.require(!draw.batchInvariant || lora.dropout.orElse(0.0) == 0 && optimization.neftuneAlpha == 0,
            "--lora_dropout and --neftune_noise_alpha make training's log-probs others than those of the draws; add --batch_invariant "
            + "false");
        problems.require(!optimization.stochasticRounding || !lora.use || !lora.modulesToSave.isEmpty(),
            "--stochastic_rounding has no effect with --use_peft, whose factors are float32; leave it out");
        device.check(problems);
        policy.check(this, problems);
    }

    private void checkJudge(Problems problems) {
        var named = new Problems();
        named.check(rewards::names);
        if (named.isEmpty()) { // else nobody knows whether a judge is wanted
            var own = new Problems();
            judge.check(rewards.asksJudge(), own);
            if (own.isEmpty()) {
                prompts.requireRead(rewards.names().stream().flatMap(name -> reads(name).stream()).collect(Collectors.toSet()), problems);
            }
            problems.addAll(own);
        }
    }

    /** The parts of a row that a reward reads beside the prompt. */
    Set<String> reads(RewardName name) {
        return name.kind() == RewardName.Kind.JUDGE ? judge.reads() : name.reads();
    }

    /** How far the sampler's log-probs are the trainer's. */
    RolloutSettings.Agreement agreement() {
        return draw.batchInvariant ? RolloutSettings.Agreement.BITWISE : RolloutSettings.Agreement.MEASURED;
    }

    /** Whether a rollout serves more than the step for which it is drawn, or its log-probs are others than training's. */
    boolean needsOld(PolicyOptions policy) {
        return policy.replay(optimization).stepsPerRollout() > 1 || !draw.batchInvariant;
    }

    /** Everything that decides numbers beside the recipe and the policy's own, under the options' names. */
    ObjectNode describe(PolicyOptions policy) {
        var json = JsonFile.newObject();
        prompts.describe(json);
        promptArm.describe(run.seed, json);
        rewards.describe(json);
        if (rewards.asksJudge()) {
            judge.describe(json);
        }
        draw.describe(policy, json);
        return json;
    }
}
