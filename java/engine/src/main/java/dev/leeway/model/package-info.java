/**
 * Decoders of the Llama family: configuration, layers, heads, weights.
 *
 * <p>{@link dev.leeway.model.ModelDirectory} reads and writes Hugging Face directories, {@link dev.leeway.model.ModelConfig} says what a
 * model is, {@link dev.leeway.model.Llama} runs it forward and backward on a {@link dev.leeway.model.Batch}: sequences packed end to
 * end, never padded. Sessions ({@code dev.leeway.rollout.InferenceSession}, {@code dev.leeway.train.TrainingSession}) plan and own a
 * model's memory.
 */
package dev.leeway.model;
