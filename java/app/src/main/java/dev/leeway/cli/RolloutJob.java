package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.data.EpochBatches;
import dev.leeway.io.AdapterConfig;
import dev.leeway.model.ModelConfig;
import dev.leeway.model.ModelDirectory;
import dev.leeway.rollout.Generator;
import dev.leeway.train.RolloutSettings;
import dev.leeway.train.TrainingSession;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A training on a model's own completions, before anything is allocated.
 *
 * @param start what training starts from
 * @param adapter the LoRA to train; empty = all weights
 * @param recipe how weights are moved
 * @param lesson what is learned
 * @param drawn how completions are drawn and gone through
 * @param extent how much there is
 */
record RolloutJob(ModelDirectory start, Optional<AdapterConfig> adapter, Recipe recipe, PolicyOptions.Lesson lesson,
    RolloutSettings drawn, Extent extent) {

    /**
     * How much there is to draw.
     *
     * @param prompts of the data; 0 = not known
     * @param longestPrompt tokens of the longest
     * @param lanes completions that are drawn at once
     * @param stopTokens that end a completion
     * @param microBatches of a rollout, where it is they that were given
     */
    record Extent(int prompts, int longestPrompt, int lanes, Set<Integer> stopTokens, OptionalInt microBatches) {

        /** Where a rollout is counted in completions. */
        Extent(int prompts, int longestPrompt, int lanes, Set<Integer> stopTokens) {
            this(prompts, longestPrompt, lanes, stopTokens, OptionalInt.empty());
        }

        Extent withLanes(int other) {
            return new Extent(prompts, longestPrompt, other, stopTokens, microBatches);
        }

        Extent withMicroBatches(OptionalInt given) {
            return new Extent(prompts, longestPrompt, lanes, stopTokens, given);
        }
    }

    /** What {@code options} ask for, with prompts of this extent. */
    static RolloutJob of(RolloutOptions options, PolicyOptions policy, ModelDirectory start, Extent asked) {
        var config = start.config();
        var draw = options.draw;
        var steps = options.optimization;
        int longest = asked.longestPrompt() + draw.completionLength(policy);
        if (config.isClassifier()) {
            throw LeewayException.usage("%s is a sequence classifier and draws nothing; name a …ForCausalLM directory", start.path());
        }
        if (longest > config.maxPositionEmbeddings()) {
            throw LeewayException.usage("prompts of up to %d tokens and --max_completion_length %d are %d tokens, more than the model's "
                + "max_position_embeddings %d; lower --max_prompt_length or --max_completion_length", asked.longestPrompt(),
                draw.completionLength(policy), longest, config.maxPositionEmbeddings());
        }
        var lesson = policy.lesson(options, options.needsOld(policy));
        lesson.critic().ifPresent(critic -> requireFit(critic.directory(start), config, longest));
        var replay = policy.replay(steps);
        var adapter = options.lora.adapter(start.path().toAbsolutePath().normalize().toString());
        adapter.ifPresent(lora -> LoraOptions.requireTargets(lora, config));
        var request = new Generator.Request(draw.sampling(policy, options.run.seed), draw.completionLength(policy),
            asked.stopTokens());
        var settings = new RolloutSettings(policy.numGenerations(), replay.order(options.run.seed), request,
            new RolloutSettings.MicroBatch(steps.batchSize, steps.batchSize * longest), policy.shaping(), options.agreement());
        return new RolloutJob(start, adapter, steps.recipe(policy.usualRate(adapter.isPresent()), options.run.seed),
            lesson, settings, asked.withLanes(Math.min(draw.lanes, replay.completions())).withMicroBatches(policy.microBatches()));
    }

    private static void requireFit(ModelDirectory value, ModelConfig policy, int longest) {
        if (value.config().vocabSize() != policy.vocabSize() || value.config().maxPositionEmbeddings() < longest) {
            throw LeewayException.usage("--value_model %s has a vocabulary of %d and %d positions; the policy's tokens are of %d, and "
                + "up to "
                + "%d are read; name a model of the same family", value.path(), value.config().vocabSize(),
                value.config().maxPositionEmbeddings(), policy.vocabSize(), longest);
        }
    }

    ModelConfig config() {
        return start.config();
    }

    String name() {
        return start.path().toString();
    }

    /** Tokens of the longest prompt with the longest completion. */
    int longest() {
        return extent.longestPrompt() + drawn.request().maxNewTokens();
    }

    /** Steps of the run. */
    int totalSteps() {
        var steps = recipe.steps();
        return steps.maxSteps() > 0 ? steps.maxSteps()
            : PromptOrder.steps(steps.epochs(), extent.prompts(), drawn.prompts(), drawn.order().stepsPerRollout());
    }

    OptionalInt stepsPerEpoch() {
        return OptionalInt.of(PromptOrder.steps(1, extent.prompts(), drawn.prompts(), drawn.order().stepsPerRollout()));
    }

    /** Steps in words. */
    String stepsText() {
        var steps = recipe.steps();
        var order = drawn.order();
        return String.format(Locale.ROOT, "%s%d × %d completions; a rollout of %d × %d completions serves %d %s%s",
            steps.maxSteps() > 0 || extent.prompts() > 0 ? String.format(Locale.ROOT, "%,d of ", totalSteps()) : "", steps.batchSize(),
            steps.accumulation(), drawn.prompts(), drawn.numGenerations(), order.stepsPerRollout(),
            order.stepsPerRollout() == 1 ? "step" : "steps",
            extent.prompts() > 0 ? String.format(Locale.ROOT, "; %,d an epoch", stepsPerEpoch().getAsInt()) : "");
    }

    /** The smallest session that takes every rollout and every step of the run. */
    TrainingSession.Settings settings() {
        var kept = new TrainingSession.Settings(adapter, longest(), drawn.microBatch().rows(), drawn.microBatch().sequences(),
            recipe.adam(), extent.lanes())
            .withCheckpoints().withDtype(recipe.passes().dtype());
        var compared = holdsReference() ? kept.withReferenceModel() : kept;
        var valued = lesson.critic().map(critic -> compared.withValueModel(new TrainingSession.Settings.ValueModel(
            critic.directory(start).config(), recipe.adam()))).orElse(compared);
        return recipe.passes().gradientCheckpointing() ? valued.withGradientCheckpointing() : valued;
    }

    /** Whether the model that the policy is compared with is a second one in memory. */
    boolean holdsReference() {
        return lesson.compares() && new Task.Compared(Optional.empty(), false).takesMemory(adapter);
    }

    RolloutJob withRecipe(Recipe other) {
        return new RolloutJob(start, adapter, other, lesson, drawn, extent);
    }

    RolloutJob withExtent(Extent other) {
        return new RolloutJob(start, adapter, recipe, lesson, drawn, other);
    }

    RolloutJob withAdapter(AdapterConfig other) {
        return new RolloutJob(start, Optional.of(other), recipe, lesson, drawn, extent);
    }

    /** The same with fewer completions in a micro-batch and as many more micro-batches. */
    RolloutJob withMicroBatch(int size) {
        var steps = recipe.steps();
        var settings = new RolloutSettings(drawn.numGenerations(), drawn.order(), drawn.request(),
            new RolloutSettings.MicroBatch(size, size * longest()), drawn.shaping(), drawn.agreement());
        var smaller = new EpochBatches.Steps(size, steps.accumulation() * (steps.batchSize() / size), steps.epochs(), steps.maxSteps());
        return new RolloutJob(start, adapter, recipe.withSteps(smaller), lesson, settings, extent);
    }
}
