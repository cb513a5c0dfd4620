/**
 * The optimiser, learning-rate schedules, the training loop, and checkpoints.
 *
 * <p>{@link dev.leeway.train.TrainingSession} plans and owns a model with gradients and moments; its {@link dev.leeway.train.Trainer}
 * runs any {@link dev.leeway.objective.Objective} over a {@link dev.leeway.train.BatchSource}, with all weights or a LoRA adapter.
 * {@link dev.leeway.train.Guard} stops a step before anything that is not finite reaches a weight; {@link dev.leeway.train.Checkpointer}
 * saves what a bitwise resume needs.
 *
 * <p>Reinforcement learning is a batch source: {@link dev.leeway.train.RolloutBatches} draws completions of a
 * {@link dev.leeway.train.PromptSource}, has a {@link dev.leeway.train.RewardSource} say what they are worth, and makes advantages of that
 * by an {@link dev.leeway.train.AdvantageRule}. PPO, which moves two models, has a loop of its own:
 * {@link dev.leeway.train.ProximalTrainer}.
 */
package dev.leeway.train;
