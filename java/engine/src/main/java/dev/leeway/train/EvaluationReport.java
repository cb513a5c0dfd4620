package dev.leeway.train;

import java.util.Map;

/**
 * What an objective says of batches that are not trained on.
 *
 * @param loss over all of them as one step
 * @param metrics what the objective adds, under TRL's names
 */
public record EvaluationReport(double loss, Map<String, Double> metrics) {
}
