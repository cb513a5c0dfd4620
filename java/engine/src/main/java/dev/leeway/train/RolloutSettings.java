package dev.leeway.train;

import dev.leeway.LeewayException;
import dev.leeway.objective.PolicyGradient;
import dev.leeway.rollout.Generator;

/**
 * How rollouts are drawn and gone through.
 *
 * @param numGenerations {@code num_generations}: completions of a prompt; PPO's is 1
 * @param order which of them a step trains on. TRL counts {@code steps_per_generation} in micro-batches; here it is in optimiser steps, so
 *     it is TRL's divided by {@code gradient_accumulation_steps}
 * @param request how tokens are drawn: temperature above 0, {@code max_completion_length}, stop tokens. Its seed is the run's; the random
 *     numbers of a completion depend on it, the rollout, the redraw and the completion's place alone
 * @param microBatch what a forward pass takes; how a step is split changes nothing but the rounding of sums
 * @param shaping what is done to what is learned
 * @param agreement how far the sampler's log-probs are the trainer's
 */
public record RolloutSettings(int numGenerations, ReplayOrder order, Generator.Request request, MicroBatch microBatch, Shaping shaping,
        Agreement agreement) {

    /**
     * What a forward pass takes at most; the session must have been planned for it.
     *
     * @param sequences completions: {@code per_device_train_batch_size}
     * @param rows tokens of prompts and completions
     */
    public record MicroBatch(int sequences, int rows) {

        /** Refuses what takes no completion. */
        public MicroBatch {
            if (sequences < 1 || rows < 2) {
                throw LeewayException.usage("a micro-batch of rollouts needs at least 1 completion and 2 tokens; got %d and %d", sequences,
                    rows);
            }
        }
    }

    /**
     * What is done to what is learned.
     *
     * @param maskTruncatedCompletions {@code mask_truncated_completions}: nothing is learned from a completion that was cut off
     * @param softPunishCache tokens below the longest completion in which length begins to cost reward (DAPO); 0 = it never does
     * @param maxRedraws dynamic sampling: how often the groups of a rollout whose rewards do not differ are drawn again at most; 0 = never.
     *     Those that still do not differ then stay, with advantages of 0
     * @param topEntropyQuantile {@code top_entropy_quantile}: the share of a step's tokens, those of the highest entropy, that keeps a
     *     policy term
     */
    public record Shaping(boolean maskTruncatedCompletions, int softPunishCache, int maxRedraws, double topEntropyQuantile) {

        /** TRL's defaults: nothing of it. */
        public static final Shaping NONE = new Shaping(false, 0, 0, 1);

        /** Refuses what is out of range. */
        public Shaping {
            if (softPunishCache < 0 || maxRedraws < 0) {
                throw LeewayException.usage("soft_punish_cache and the redraws of dynamic sampling must be at least 0; got %d and %d",
                    softPunishCache, maxRedraws);
            }
            if (!(topEntropyQuantile > 0 && topEntropyQuantile <= 1)) {
                throw LeewayException.usage("top_entropy_quantile must be above 0 and at most 1, got %s", topEntropyQuantile);
            }
        }
    }

    /** How far the sampler's log-probs are the trainer's on the weights that drew the tokens. */
    public enum Agreement {
        /** Bit for bit, as in {@code batch_invariant} mode without dropout and noise; each rollout's first step looks whether it is so. */
        BITWISE,
        /** Near: each rollout's first step measures it, and the ratio to the sampler's log-probs is the importance weight. */
        MEASURED
    }

    /** Refuses what does not fit together. */
    public RolloutSettings {
        if (numGenerations < 1 || order.completions() % numGenerations != 0) {
            throw LeewayException.usage("generation_batch_size %d is no multiple of num_generations %d; change one of them",
                order.completions(), numGenerations);
        }
        if (!(request.sampling().temperature() > 0)) {
            throw LeewayException.usage("temperature must be above 0 where completions are learned from: at 0 all of a group are the same");
        }
        if (request.maxNewTokens() < 1) {
            throw LeewayException.usage("max_completion_length must be at least 1, got %d", request.maxNewTokens());
        }
        if (microBatch.rows() <= request.maxNewTokens()) {
            throw LeewayException.usage("a completion of max_completion_length %d with its prompt does not fit: a forward pass takes %d "
                + "tokens; plan as many rows as the longest prompt and max_completion_length are together", request.maxNewTokens(),
                microBatch.rows());
        }
        if (shaping.maxRedraws() > 0 && numGenerations < 2) {
            throw LeewayException.usage("dynamic sampling draws groups again whose rewards do not differ, and with num_generations %d "
                + "those of no group do; set the redraws to 0, or raise num_generations", numGenerations);
        }
        if (shaping.softPunishCache() > request.maxNewTokens()) {
            throw LeewayException.usage("soft_punish_cache %d is above max_completion_length %d", shaping.softPunishCache(),
                request.maxNewTokens());
        }
    }

    /** Prompts of a rollout. */
    public int prompts() {
        return order.completions() / numGenerations;
    }

    /**
     * Whether the objective must be given the sampler's log-probs ({@link PolicyGradient.Extras#needsOld}): where a
     * rollout serves more than one step, or they are not the trainer's bit for bit.
     */
    public boolean needsOld() {
        return order.needsOld() || agreement == Agreement.MEASURED;
    }
}
