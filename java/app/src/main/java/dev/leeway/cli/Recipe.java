package dev.leeway.cli;

import dev.leeway.data.EpochBatches;
import dev.leeway.ffi.DType;
import dev.leeway.model.TrainingNoise;
import dev.leeway.objective.SupervisedFineTuning;
import dev.leeway.train.AdamW;
import dev.leeway.train.Schedule;
import tools.jackson.databind.node.ObjectNode;

/**
 * How a run trains, whatever it trains.
 *
 * @param steps how rows become optimiser steps
 * @param rate the learning rate over the run
 * @param adam the optimiser
 * @param regularisation what the loss and the passes have beside the data
 * @param passes how a micro-batch goes forward and back
 * @param seed of the order of the rows and of new weights
 */
record Recipe(EpochBatches.Steps steps, Rate rate, AdamW.Settings adam, Regularisation regularisation, Passes passes, long seed) {

    /** A recipe of the plain loss in F32 that keeps all activations. */
    Recipe(EpochBatches.Steps steps, Rate rate, AdamW.Settings adam, long seed) {
        this(steps, rate, adam, Regularisation.NONE, new Passes(false, DType.F32), seed);
    }

    /**
     * How a micro-batch goes forward and back.
     *
     * @param gradientCheckpointing whether layers are computed again on the way back; changes memory and time, and no number
     * @param dtype what weights and activations are held in
     */
    record Passes(boolean gradientCheckpointing, DType dtype) {
    }

    /**
     * What is added to the loss and the passes.
     *
     * @param labelSmoothingFactor {@code label_smoothing_factor}
     * @param zLossCoefficient {@code z_loss_coefficient}
     * @param neftuneNoiseAlpha {@code neftune_noise_alpha}
     */
    record Regularisation(double labelSmoothingFactor, double zLossCoefficient, double neftuneNoiseAlpha) {

        static final Regularisation NONE = new Regularisation(0, 0, 0);

        /** The objective with these terms. */
        SupervisedFineTuning objective() {
            return new SupervisedFineTuning(labelSmoothingFactor, zLossCoefficient);
        }

        /** The noise of a run. */
        TrainingNoise noise(long seed) {
            return new TrainingNoise(seed, 0, neftuneNoiseAlpha);
        }
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

    /** The same with other steps. */
    Recipe withSteps(EpochBatches.Steps other) {
        return new Recipe(other, rate, adam, regularisation, passes, seed);
    }

    /** The same with layers computed again on the way back. */
    Recipe withGradientCheckpointing() {
        return new Recipe(steps, rate, adam, regularisation, new Passes(true, passes.dtype()), seed);
    }

    /** The same in another number type. */
    Recipe withDtype(DType dtype) {
        return new Recipe(steps, rate, adam, regularisation, new Passes(passes.gradientCheckpointing(), dtype), seed);
    }

    /** Puts everything that decides numbers into an object, under the options' names. */
    void describe(ObjectNode json) {
        json.put("per_device_train_batch_size", steps.batchSize()).put("gradient_accumulation_steps", steps.accumulation())
            .put("learning_rate", rate.peak()).put("lr_scheduler_type", rate.kind().toString()).put("warmup_ratio", rate.warmupRatio())
            .put("warmup_steps", rate.warmupSteps()).put("min_lr_rate", rate.minRate()).put("adam_beta1", adam.beta1())
            .put("adam_beta2", adam.beta2()).put("adam_epsilon", adam.eps()).put("weight_decay", adam.weightDecay())
            .put("max_grad_norm", Double.toString(adam.maxGradNorm())).put("seed", seed)
            .put("label_smoothing_factor", regularisation.labelSmoothingFactor())
            .put("z_loss_coefficient", regularisation.zLossCoefficient())
            .put("neftune_noise_alpha", regularisation.neftuneNoiseAlpha()).put("bf16", passes.dtype() == DType.BF16);
    }
}
