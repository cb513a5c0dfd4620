package dev.leeway.cli;

import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/** How long a rollout is trained on; names and meanings are those of TRL. */
final class ReplayOptions {

    @Option(names = "--num_iterations", paramLabel = "N", description = "times that the completions of a rollout are gone through "
        + "(default: 1)")
    int numIterations = 1;

    @Option(names = "--steps_per_generation", paramLabel = "N",
        description = "micro-batches of a rollout, a multiple of --gradient_accumulation_steps (default: as many)")
    Optional<Integer> stepsPerGeneration = Optional.empty();

    @Option(names = "--generation_batch_size", paramLabel = "N",
        description = "completions of a rollout, instead of --steps_per_generation (default: those of a step)")
    Optional<Integer> generationBatchSize = Optional.empty();

    /** Reports what cannot be cut into equal steps and whole groups. */
    void check(OptimizationOptions steps, int numGenerations, Problems problems) {
        problems.require(numIterations > 0, "--num_iterations must be positive; got %d", numIterations);
        stepsPerGeneration.ifPresent(count -> problems.require(count > 0, "--steps_per_generation must be positive; got %d", count));
        generationBatchSize.ifPresent(count -> problems.require(count > 0, "--generation_batch_size must be positive; got %d", count));
        problems.require(stepsPerGeneration.isEmpty() || generationBatchSize.isEmpty(),
            "--steps_per_generation and --generation_batch_size say the same; give one of them");
        if (steps.batchSize < 1 || steps.accumulation < 1) {
            return;
        }
        stepsPerGeneration.filter(count -> count > 0).ifPresent(count -> problems.require(count % steps.accumulation == 0,
            "--steps_per_generation %d is no multiple of --gradient_accumulation_steps %d, so its last step would be cut short", count,
            steps.accumulation));
        long ofStep = (long) steps.batchSize * steps.accumulation;
        generationBatchSize.filter(count -> count > 0).ifPresent(count -> problems.require(count % ofStep == 0,
            "--generation_batch_size %d is no multiple of the %d × %d completions of a step; change one of them", count, steps.batchSize,
            steps.accumulation));
        problems.require(numGenerations < 1 || completions(steps) % numGenerations == 0 && completions(steps) > 0,
            "%d completions of a rollout (--per_device_train_batch_size %d × %d micro-batches) are no whole groups of "
            + "--num_generations %d; "
            + "change one of them", completions(steps), steps.batchSize, completions(steps) / steps.batchSize, numGenerations);
    }

    /** Completions of a rollout. */
    long completions(OptimizationOptions steps) {
        return generationBatchSize.isPresent() ? generationBatchSize.get()
            : (long) steps.batchSize * stepsPerGeneration.orElse(steps.accumulation);
    }

    /** Micro-batches of a rollout, where it is they that were given. */
    OptionalInt microBatches() {
        return stepsPerGeneration.map(OptionalInt::of).orElse(OptionalInt.empty());
    }

    /** How a rollout becomes steps. */
    PolicyOptions.Replay replay(OptimizationOptions steps) {
        long completions = completions(steps);
        int ofRollout = (int) (completions / ((long) steps.batchSize * steps.accumulation));
        return PolicyOptions.Replay.of(completions, ofRollout, numIterations, false);
    }

    /** Puts everything that decides numbers into an object, under the options' names. */
    void describe(OptimizationOptions steps, ObjectNode json) {
        json.put("num_iterations", numIterations).put("generation_batch_size", completions(steps));
    }
}
