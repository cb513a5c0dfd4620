package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.model.ModelDirectory;
import dev.leeway.objective.Objective;
import dev.leeway.train.AdvantageRule;
import dev.leeway.train.ProximalTrainer;
import dev.leeway.train.ReplayOrder;
import dev.leeway.train.RolloutSettings;
import java.util.Optional;
import java.util.OptionalInt;
import tools.jackson.databind.node.ObjectNode;

/** The options of one command that trains on its own completions, beside those that all such commands have; and what comes of them. */
interface PolicyOptions {

    /** For help. */
    String ROWS = "Rows have prompt, text or messages, or messages whose last answer is left out, and the columns that --reward_funcs "
        + "read.";
    /** For help. */
    String BATCHES = "--per_device_train_batch_size counts completions of a micro-batch; a step's are those of whole prompts.";
    /** For help. */
    String RATES = "The learning rate is 1e-6 for all weights and 1e-5 for an adapter unless given.";

    /**
     * How a rollout becomes steps.
     *
     * @param completions of a rollout
     * @param stepsPerGeneration optimiser steps that go through it once
     * @param numIterations times that it is gone through
     * @param reshuffled whether each time in another order
     */
    record Replay(int completions, int stepsPerGeneration, int numIterations, boolean reshuffled) {

        /** Refuses rollouts whose completions or steps no int counts. */
        static Replay of(long completions, int stepsPerGeneration, int numIterations, boolean reshuffled) {
            long steps = (long) stepsPerGeneration * numIterations;
            if (completions > Integer.MAX_VALUE || steps > Integer.MAX_VALUE) {
                throw LeewayException.usage("a rollout of %d completions for %d steps is more than can be counted; lower "
                    + "--per_device_train_batch_size, --gradient_accumulation_steps or the number of times it is gone through", completions,
                    steps);
            }
            return new Replay((int) completions, stepsPerGeneration, numIterations, reshuffled);
        }

        ReplayOrder order(long seed) {
            return new ReplayOrder(completions, stepsPerGeneration, numIterations, reshuffled, seed);
        }

        int stepsPerRollout() {
            return stepsPerGeneration * numIterations;
        }
    }

    /**
     * What is learned from completions.
     *
     * @param objective what is made less
     * @param rule how rewards become advantages
     * @param compares whether the policy is compared with the model that training starts from, in the loss or in the reward
     * @param critic the value model that is trained beside the policy; empty = none
     * @param settings what of it decides numbers, under the options' names
     */
    record Lesson(Objective objective, AdvantageRule rule, boolean compares, Optional<Critic> critic, ObjectNode settings) {

        /** Without a value model. */
        Lesson(Objective objective, AdvantageRule rule, boolean compares, ObjectNode settings) {
            this(objective, rule, compares, Optional.empty(), settings);
        }
    }

    /**
     * A value model.
     *
     * @param start what it starts from; empty = what the policy starts from, with a fresh head
     * @param losses of both models
     */
    record Critic(Optional<ModelDirectory> start, ProximalTrainer.Losses losses) {

        /** Its directory beside the policy's. */
        ModelDirectory directory(ModelDirectory policy) {
            return start.orElseGet(() -> policy.asRewardModel(OptionalInt.empty()));
        }
    }

    /** Reports values out of range, and what does not go together. */
    void check(RolloutOptions shared, Problems problems);

    /** Completions of a prompt. */
    int numGenerations();

    /** How a rollout becomes steps. */
    Replay replay(OptimizationOptions steps);

    /** Micro-batches of a rollout, where it is they that were given. */
    default OptionalInt microBatches() {
        return OptionalInt.empty();
    }

    /** What is done to what is learned. */
    RolloutSettings.Shaping shaping();

    /** What is learned, where the sampler's log-probs are needed in training or not. */
    Lesson lesson(RolloutOptions shared, boolean needsOld);

    /** Tokens that a completion has at most unless it is said. */
    default int usualCompletionLength() {
        return 256;
    }

    /** The temperature unless it is given. */
    default double usualTemperature() {
        return 1;
    }

    /** The learning rate where none is given, of an adapter or of all weights. */
    default double usualRate(boolean adapter) {
        return adapter ? 1e-5 : 1e-6;
    }
}
