/**
 * Losses as pure functions of per-token scores, in double.
 *
 * <p>The head of a model gives {@link dev.leeway.objective.TokenScores}, columns of N doubles; an {@link dev.leeway.objective.Objective}
 * makes of them a loss and {@link dev.leeway.objective.TokenGradients}, its derivatives by each entry.
 * {@link dev.leeway.objective.Normalisers} hold what is counted over a whole optimiser step, so micro-batches add up to the same loss
 * however a step is cut. An objective never sees a model.
 */
package dev.leeway.objective;
