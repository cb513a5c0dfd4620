package dev.leeway.model;

/**
 * How much a model must be able to take at once; its buffers are planned for it.
 *
 * @param rows tokens of the largest packed micro-batch
 * @param sequences sequences of it
 * @param training whether there will be backward passes
 * @param decoding whether the model will generate: its matrices then get copies that decode fast
 * @param gradientCheckpointing whether training keeps only the stream that enters each layer and computes the layer again on the way back
 *     (Chen et al. 2016), instead of keeping all activations: the same bits, less memory, a third more work
 * @param targetEntries entries that {@link SparseTargets} have for a token, on average over the rows at most; 0 for batches without them
 */
public record Capacity(int rows, int sequences, boolean training, boolean decoding, boolean gradientCheckpointing, int targetEntries) {

    /** For forward passes alone. */
    public static Capacity inference(int rows, int sequences) {
        return new Capacity(rows, sequences, false, false, false, 0);
    }

    /** For forward and backward passes. */
    public static Capacity training(int rows, int sequences) {
        return new Capacity(rows, sequences, true, false, false, 0);
    }

    /** The same for a model that will generate as well. */
    public Capacity withDecoding() {
        return new Capacity(rows, sequences, training, true, gradientCheckpointing, targetEntries);
    }

    /** The same for a model that computes its layers again on the way back. */
    public Capacity withGradientCheckpointing() {
        return new Capacity(rows, sequences, training, decoding, true, targetEntries);
    }

    /** The same for batches whose tokens have target distributions of so many entries. */
    public Capacity withTargetEntries(int perRow) {
        return new Capacity(rows, sequences, training, decoding, gradientCheckpointing, perRow);
    }

    /** Whether all layers use one set of activations in turn. */
    boolean sharesActivations() {
        return !training || gradientCheckpointing;
    }
}
