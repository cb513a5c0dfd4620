package dev.leeway.cli;

import dev.leeway.io.JsonFile;
import dev.leeway.model.ModelDirectory;
import dev.leeway.objective.GeneralizedAdvantages;
import dev.leeway.objective.KlEstimator;
import dev.leeway.objective.ProximalPolicy;
import dev.leeway.train.AdvantageRule;
import dev.leeway.train.ProximalTrainer;
import dev.leeway.train.RolloutSettings;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/** {@code leeway ppo}; names, meanings and defaults are those of TRL's PPOConfig but for what docs/rollouts.md lists. */
@Command(description = {"Trains a model on its own completions, one of each prompt: a value model, trained beside it, says what was to be "
    + "expected at every token (Proximal Policy Optimization). All its weights, or a LoRA adapter (--use_peft).",
    PolicyOptions.ROWS, "A rollout has --per_device_train_batch_size × --gradient_accumulation_steps × --num_mini_batches completions.",
    "The learning rate, of both models, is 3e-6 for all weights and 3e-5 for an adapter unless given."})
final class PpoOptions implements PolicyOptions {

    @Option(names = "--response_length", paramLabel = "N", description = "TRL's name for --max_completion_length (default: 53)")
    Optional<Integer> responseLength = Optional.empty();

    @Option(names = "--num_ppo_epochs", paramLabel = "N", description = "times that a rollout is gone through (default: 4)")
    int ppoEpochs = 4;

    @Option(names = "--num_mini_batches", paramLabel = "N", description = "steps that a rollout is cut into (default: 1)")
    int miniBatches = 1;

    @Option(names = "--value_model", paramLabel = "DIR", description = "…ForSequenceClassification directory, such as a reward "
        + "model's, that "
        + "the value model starts from (default: the model itself with a fresh head)")
    Optional<Path> valueModel = Optional.empty();

    @Option(names = "--kl_coef", paramLabel = "B", description = "how dearly leaving the model that training starts from is paid, token by "
        + "token in the reward; 0 = nothing, and no reference (default: 0.05)")
    double klCoefficient = 0.05;

    @Option(names = "--kl_estimator", paramLabel = "KIND", description = "k1 or k3 (default: k1)")
    String klEstimator = "k1";

    @Option(names = "--cliprange", paramLabel = "E", description = "how far from 1 a ratio is followed (default: 0.2)")
    double cliprange = 0.2;

    @Option(names = "--cliprange_value", paramLabel = "E", description = "how far from its old one a value is followed (default: 0.2)")
    double cliprangeValue = 0.2;

    @Option(names = "--vf_coef", paramLabel = "C", description = "weight of the value model's loss (default: 0.1)")
    double valueCoefficient = 0.1;

    @Option(names = "--gamma", paramLabel = "G", description = "discount of later rewards (default: 1)")
    double gamma = 1;

    @Option(names = "--lam", paramLabel = "L", description = "λ of generalised advantages (default: 0.95)")
    double lambda = 0.95;

    @Option(names = "--whiten_rewards", arity = "0..1", fallbackValue = "true", paramLabel = "BOOL",
        description = "scale the tokens' rewards over the rollout (default: false)")
    boolean whitenRewards;

    @Option(names = "--missing_eos_penalty", paramLabel = "P",
        description = "what is taken off the reward of a completion that was cut off (default: 0)")
    double missingEosPenalty;

    @Mixin
    final ShapingOptions shaping = new ShapingOptions();

    @Override
    public void check(RolloutOptions shared, Problems problems) {
        problems.require(responseLength.isEmpty() || shared.draw.maxCompletionLength.isEmpty(),
            "--response_length and --max_completion_length say the same; give one of them");
        problems.require(ppoEpochs > 0, "--num_ppo_epochs must be positive; got %d", ppoEpochs);
        problems.require(miniBatches > 0, "--num_mini_batches must be positive; got %d", miniBatches);
        valueModel.ifPresent(path -> problems.require(!AdapterSource.isAdapter(path),
            "--value_model: %s is a PEFT adapter; merge it, and name the result", path));
        valueModel.ifPresent(path -> problems.requireReadable("--value_model", path.resolve("config.json")));
        problems.require(cliprangeValue > 0 && Double.isFinite(cliprangeValue), "--cliprange_value must be positive; got %s",
            cliprangeValue);
        problems.require(valueCoefficient >= 0 && Double.isFinite(valueCoefficient), "--vf_coef must be at least 0; got %s",
            valueCoefficient);
        problems.require(shaping.maxRedraws == 0, "--max_redraws compares the completions of a prompt, and ppo draws one; leave it out");
        problems.check(this::rule);
        problems.check(() -> new ProximalPolicy(cliprange));
        shaping.check(shared.draw.completionLength(this), problems);
    }

    private AdvantageRule.Generalized rule() {
        return new AdvantageRule.Generalized(new GeneralizedAdvantages.Settings(gamma, lambda, klCoefficient,
            KlEstimator.named(klEstimator),
            whitenRewards, GeneralizedAdvantages.EPSILON), missingEosPenalty);
    }

    @Override
    public int numGenerations() {
        return 1;
    }

    @Override
    public Replay replay(OptimizationOptions steps) {
        return Replay.of((long) steps.batchSize * steps.accumulation * miniBatches, miniBatches, ppoEpochs, true);
    }

    @Override
    public RolloutSettings.Shaping shaping() {
        return shaping.shaping(1);
    }

    @Override
    public Lesson lesson(RolloutOptions shared, boolean needsOld) {
        var directory = valueModel.map(ModelDirectory::open);
        directory.ifPresent(PpoOptions::requireValues);
        var critic = new Critic(directory, new ProximalTrainer.Losses(cliprange, cliprangeValue, valueCoefficient));
        return new Lesson(new ProximalPolicy(cliprange), rule(), klCoefficient > 0, Optional.of(critic), settings());
    }

    private static void requireValues(ModelDirectory directory) {
        if (!directory.config().isClassifier()) {
            throw dev.leeway.LeewayException.usage("--value_model %s is a language model and gives no value; name a "
                + "…ForSequenceClassification directory, or leave it out", directory.path());
        }
    }

    private ObjectNode settings() {
        var json = JsonFile.newObject().put("num_ppo_epochs", ppoEpochs).put("num_mini_batches", miniBatches).put("kl_coef", klCoefficient)
            .put("kl_estimator", klEstimator).put("cliprange", cliprange).put("cliprange_value", cliprangeValue)
            .put("vf_coef", valueCoefficient).put("gamma", gamma).put("lam", lambda).put("whiten_rewards", whitenRewards)
            .put("missing_eos_penalty", missingEosPenalty)
            .put("value_model", valueModel.map(Fingerprint::ofModel).orElse("the model itself with a fresh head"));
        shaping.describe(json);
        return json;
    }

    @Override
    public int usualCompletionLength() {
        return responseLength.orElse(53);
    }

    @Override
    public double usualTemperature() {
        return 0.7;
    }

    @Override
    public double usualRate(boolean adapter) {
        return adapter ? 3e-5 : 3e-6;
    }
}
