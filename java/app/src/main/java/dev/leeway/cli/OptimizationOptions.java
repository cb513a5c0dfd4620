package dev.leeway.cli;

import dev.leeway.data.EpochBatches;
import dev.leeway.ffi.DType;
import dev.leeway.train.AdamW;
import dev.leeway.train.Schedule;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** How weights are moved; names and meanings are those of TRL and transformers. */
final class OptimizationOptions {

    @Option(names = "--learning_rate", paramLabel = "RATE", description = "peak learning rate (default: see above)")
    Optional<Double> learningRate = Optional.empty();

    @Option(names = "--num_train_epochs", paramLabel = "E", description = "passes over the data (default: 3)")
    double epochs = 3;

    @Option(names = "--max_steps", paramLabel = "N", description = "optimiser steps; overrides the epochs")
    int maxSteps = -1;

    @Option(names = "--per_device_train_batch_size", paramLabel = "N", description = "rows of a micro-batch (default: 8)")
    int batchSize = 8;

    @Option(names = "--gradient_accumulation_steps", paramLabel = "N", description = "micro-batches of a step (default: 1)")
    int accumulation = 1;

    @Option(names = "--lr_scheduler_type", paramLabel = "KIND",
        description = "constant, constant_with_warmup, linear, cosine, cosine_with_min_lr (default: cosine)")
    String schedulerType = "cosine";

    @Option(names = "--min_lr_rate", paramLabel = "SHARE",
        description = "where cosine_with_min_lr ends, as a share of the peak (default: 0.1)")
    Optional<Double> minRate = Optional.empty();

    @Option(names = "--warmup_ratio", paramLabel = "SHARE", description = "share of the steps in which the rate rises (default: 0.03)")
    double warmupRatio = 0.03;

    @Option(names = "--warmup_steps", paramLabel = "N", description = "the same in steps; overrides the ratio")
    int warmupSteps;

    @Option(names = "--weight_decay", paramLabel = "W", description = "decay of matrices, decoupled (default: 0)")
    double weightDecay;

    @Option(names = "--adam_beta1", paramLabel = "B", description = "default: 0.9")
    double beta1 = 0.9;

    @Option(names = "--adam_beta2", paramLabel = "B", description = "default: 0.999")
    double beta2 = 0.999;

    @Option(names = "--adam_epsilon", paramLabel = "E", description = "default: 1e-8")
    double epsilon = 1e-8;

    @Option(names = "--max_grad_norm", paramLabel = "G", description = "clip gradients to this norm; 0 = never (default: 1)")
    double maxGradNorm = 1;

    @Option(names = "--optim", paramLabel = "NAME", description = "what AdamW's moments are held in: adamw_torch (or adamw_torch_fused: "
        + "float32), adamw_bf16, adamw_8bit (or adamw_bnb_8bit: codes with a scale for each 256; float32 for tensors below 4096 elements) "
        + "(default: adamw_torch)")
    String optim = "adamw_torch";

    @Option(names = "--stochastic_rounding", arity = "0..1", fallbackValue = "true", paramLabel = "BOOL",
        description = "with --bf16: keep no float32 copy of the weights that the optimiser moves, and round each up or down at random, "
            + "right on average (default: false)")
    boolean stochasticRounding;

    @Option(names = "--gradient_checkpointing", arity = "0..1", fallbackValue = "true", paramLabel = "BOOL",
        description = "compute layers again on the way back instead of keeping their activations: less memory, a third more work, the "
            + "same numbers; auto: if the run does not fit otherwise (default: false)")
    String gradientCheckpointing = "false";

    @Option(names = "--bf16", arity = "0..1", fallbackValue = "true", paramLabel = "BOOL",
        description = "hold weights and activations in bfloat16; sums, gradients, moments, adapters and the weights that the optimiser "
            + "moves stay float32 (default: false)")
    boolean bf16;

    @Option(names = "--neftune_noise_alpha", paramLabel = "A", description = "noise on embeddings in training, such as 5 (default: 0)")
    double neftuneAlpha;

    /** Reports values out of range. */
    void check(Problems problems) {
        learningRate.ifPresent(rate -> problems.require(rate >= 0 && Double.isFinite(rate), "--learning_rate must be at least 0; got %s",
            rate));
        problems.require(epochs > 0 && Double.isFinite(epochs), "--num_train_epochs must be positive; got %s", epochs);
        problems.require(maxSteps == -1 || maxSteps > 0, "--max_steps must be positive; got %d", maxSteps);
        problems.require(batchSize > 0, "--per_device_train_batch_size must be positive; got %d", batchSize);
        problems.require(accumulation > 0, "--gradient_accumulation_steps must be positive; got %d", accumulation);
        problems.check(() -> Schedule.Kind.named(schedulerType));
        problems.require(minRate.isEmpty() || schedulerType.equals("cosine_with_min_lr"),
            "--min_lr_rate has no effect with --lr_scheduler_type %s; name cosine_with_min_lr or leave it out", schedulerType);
        problems.require(minRate.orElse(0.0) >= 0 && minRate.orElse(0.0) <= 1, "--min_lr_rate must be from 0 to 1; got %s",
            minRate.orElse(0.0));
        problems.require(warmupRatio >= 0 && warmupRatio <= 1, "--warmup_ratio must be from 0 to 1; got %s", warmupRatio);
        problems.require(warmupSteps >= 0, "--warmup_steps must be at least 0; got %d", warmupSteps);
        problems.require(weightDecay >= 0 && Double.isFinite(weightDecay), "--weight_decay must be at least 0; got %s", weightDecay);
        problems.require(beta1 >= 0 && beta1 < 1, "--adam_beta1 must be at least 0 and below 1; got %s", beta1);
        problems.require(beta2 >= 0 && beta2 < 1, "--adam_beta2 must be at least 0 and below 1; got %s", beta2);
        problems.require(epsilon > 0 && Double.isFinite(epsilon), "--adam_epsilon must be positive; got %s", epsilon);
        problems.require(List.of("true", "false", "auto").contains(gradientCheckpointing),
            "--gradient_checkpointing must be true, false or auto; got %s", gradientCheckpointing);
        problems.check(() -> AdamW.Storage.named(optim, stochasticRounding, 0));
        problems.require(!stochasticRounding || bf16, "--stochastic_rounding rounds weights in bfloat16; add --bf16, or leave it out");
        problems.require(maxGradNorm >= 0, "--max_grad_norm must be at least 0; got %s", maxGradNorm);
        problems.require(neftuneAlpha >= 0 && Double.isFinite(neftuneAlpha), "--neftune_noise_alpha must be at least 0; got %s",
            neftuneAlpha);
    }

    /** The checked options; {@code usualRate} is the learning rate where none was given. */
    Recipe recipe(double usualRate, long seed) {
        var adam = new AdamW.Settings(beta1, beta2, epsilon, weightDecay, maxGradNorm == 0 ? Double.POSITIVE_INFINITY : maxGradNorm,
            AdamW.Storage.named(optim, stochasticRounding, seed));
        var rate = new Recipe.Rate(learningRate.orElse(usualRate), Schedule.Kind.named(schedulerType), warmupRatio, warmupSteps,
            minRate.orElse(0.1));
        return new Recipe(new EpochBatches.Steps(batchSize, accumulation, epochs, maxSteps), rate, adam, neftuneAlpha,
            new Recipe.Passes(gradientCheckpointing.equals("true"), gradientCheckpointing.equals("auto"),
                bf16 ? DType.BF16 : DType.F32), seed);
    }
}
