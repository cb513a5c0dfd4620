/**
 * Generation and scoring with the training weights in place.
 *
 * <p>{@link dev.leeway.rollout.InferenceSession} is a model with memory for both; a training session has them too.
 * {@link dev.leeway.rollout.Generator} continues prompts, {@link dev.leeway.rollout.Scorer} says how probable given completions are; on
 * the same weights their log-probs agree bit for bit, and neither depends on what else is in the batch.
 *
 * <p>A {@link dev.leeway.rollout.Prompt} is read once for all completions that are wanted of it. Its key/value pages are shared, and there
 * may be fewer pages than all lanes could fill: then the youngest completions make room for the older ones and are read again later.
 */
package dev.leeway.rollout;
