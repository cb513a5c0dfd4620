package dev.leeway.data;

/**
 * Encoded rows of a mixture.
 *
 * @param dataset the rows of all sources, one source after the other
 * @param order   in which order an epoch visits them
 */
public record MixedDataset(Dataset dataset, MixedOrder order) {
}
