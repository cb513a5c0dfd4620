package dev.leeway.cli;

import dev.leeway.data.EpochBatches;
import dev.leeway.ffi.DType;
import dev.leeway.model.TrainingNoise;
import dev.leeway.train.AdamW;
import dev.leeway.train.Schedule;
import tools.jackson.databind.node.ObjectNode;

/**
 * How a run trains, whatever it trains.
 *
 * @param steps how rows become optimiser steps
 * @param rate the learning rate over the run
 * @param adam the optimiser
 * @param neftuneNoiseAlpha {@code neftune_noise_alpha}, noise on embeddings
 * @param passes how a micro-batch goes forward and back
 * @param seed of the order of the rows and of new weights
 */
record Recipe(EpochBatches.Steps steps, Rate rate, AdamW.Settings adam, double neftuneNoiseAlpha, Passes passes, long seed) {

    /** A recipe without noise in F32 that keeps all activations. */
    Recipe(EpochBatches.Steps steps, Rate rate, AdamW.Settings adam, long seed) {
        this(steps, rate, adam, 0, new Passes(false, false, DType.F32), seed);
    }

    /**
     * How a micro-batch goes forward and back.
     *
     * @param gradientCheckpointing whether layers are computed again on the way back; changes memory and time, and no number
     * @param whereNeeded whether they are if the run does not fit otherwise; {@link Room} settles it
     * @param dtype what weights and activations are held in
     */
    record Passes(boolean gradientCheckpointing, boolean whereNeeded, DType dtype) {
    }

    /**
     * The learning rate over a run.
     *
     * @param peak {@code learning_rate}
     * @param kind {@code lr_scheduler_type}
     * @param warmupRatio share of the steps in which it rises
     * @param warmupSteps the same in steps; overrides the ratio unless 0
     * @param minRate where cosine_with_min_lr ends, as a share of the peak
     */
    record Rate(double peak, Schedule.Kind kind, double warmupRatio, int warmupSteps, double minRate) {

        /** The schedule of a run of so many steps. */
        Schedule over(int totalSteps) {
            int warmup = warmupSteps > 0 ? warmupSteps : (int) Math.ceil(totalSteps * warmupRatio);
            return new Schedule(kind, warmup, totalSteps, minRate);
        }
    }

    /** What is random in the passes. */
    TrainingNoise noise() {
        return new TrainingNoise(seed, 0, neftuneNoiseAlpha);
    }

    /** The same with other steps. */
    Recipe withSteps(EpochBatches.Steps other) {
        return new Recipe(other, rate, adam, neftuneNoiseAlpha, passes, seed);
    }

    /** The same with layers computed again on the way back. */
    Recipe withGradientCheckpointing() {
        return new Recipe(steps, rate, adam, neftuneNoiseAlpha, new Passes(true, passes.whereNeeded(), passes.dtype()), seed);
    }

    /** The same in another number type. */
    Recipe withDtype(DType dtype) {
        return new Recipe(steps, rate, adam, neftuneNoiseAlpha, new Passes(passes.gradientCheckpointing(), passes.whereNeeded(), dtype),
            seed);
    }

    /** Puts everything that decides numbers into an object, under the options' names. */
    void describe(ObjectNode json) {
        json.put("per_device_train_batch_size", steps.batchSize()).put("gradient_accumulation_steps", steps.accumulation())
            .put("learning_rate", rate.peak()).put("lr_scheduler_type", rate.kind().toString()).put("warmup_ratio", rate.warmupRatio())
            .put("warmup_steps", rate.warmupSteps()).put("min_lr_rate", rate.minRate()).put("adam_beta1", adam.beta1())
            .put("adam_beta2", adam.beta2()).put("adam_epsilon", adam.eps()).put("weight_decay", adam.weightDecay())
            .put("max_grad_norm", Double.toString(adam.maxGradNorm())).put("seed", seed)
            .put("neftune_noise_alpha", neftuneNoiseAlpha).put("bf16", passes.dtype() == DType.BF16)
            .put("optim", adam.storage().optim()).put("stochastic_rounding", adam.storage().stochasticRounding());
    }
}
