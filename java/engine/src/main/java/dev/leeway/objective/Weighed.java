package dev.leeway.objective;

import java.util.Map;

/**
 * What an objective makes of a micro-batch.
 *
 * @param loss its share of the optimiser step's loss; the shares of all micro-batches add up to it
 * @param gradients ∂loss/∂column
 * @param metrics shares of what the log shows beside the loss, under TRL's names; they add up like the loss
 */
public record Weighed(double loss, TokenGradients gradients, Map<String, Double> metrics) {
}
