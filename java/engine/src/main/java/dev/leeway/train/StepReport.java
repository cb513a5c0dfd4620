package dev.leeway.train;

import java.util.Map;

/**
 * What one optimiser step did.
 *
 * @param step its number, from 1
 * @param totalSteps steps of the run
 * @param epoch epochs behind it
 * @param loss of the step, before the update
 * @param learningRate it used
 * @param gradientNorm before clipping
 * @param trainedTokens tokens the loss counts
 * @param tokens tokens of its batches
 * @param seconds wall time
 * @param metrics what the objective adds, under TRL's names
 */
public record StepReport(int step, int totalSteps, double epoch, double loss, double learningRate, double gradientNorm, long trainedTokens,
    long tokens,
        double seconds, Map<String, Double> metrics) {
}
