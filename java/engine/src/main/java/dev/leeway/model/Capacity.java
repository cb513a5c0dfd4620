package dev.leeway.model;

/**
 * How much a model must be able to take at once; its buffers are planned for it.
 *
 * @param rows tokens of the largest packed micro-batch
 * @param sequences sequences of it
 * @param training whether there will be backward passes
 * @param decodingRows tokens of one pass when the model generates, 0 where it does not. Its matrices get copies that decode fast; one that
 *     is trained too gets activations for so many tokens beside those of training
 * @param gradientCheckpointing whether training keeps only the stream that enters each layer and computes the layer again on the way back
 *     (Chen et al. 2016), instead of keeping all activations: the same bits, less memory, a third more work
 * @param targetEntries entries that {@link SparseTargets} have for a token, on average over the rows at most; 0 for batches without them
 */
public record Capacity(int rows, int sequences, boolean training, int decodingRows, boolean gradientCheckpointing, int targetEntries) {

    /** For forward passes alone. */
    public static Capacity inference(int rows, int sequences) {
        return new Capacity(rows, sequences, false, 0, false, 0);
    }

    /** For forward and backward passes. */
    public static Capacity training(int rows, int sequences) {
        return new Capacity(rows, sequences, true, 0, false, 0);
    }

    /** The same for a model that will generate as well. */
    public Capacity withDecoding() {
        return withDecoding(rows);
    }

    /** The same for a model that will generate as well, so many tokens at once. */
    public Capacity withDecoding(int tokens) {
        return new Capacity(rows, sequences, training, tokens, gradientCheckpointing, targetEntries);
    }

    /** The same for a model that computes its layers again on the way back. */
    public Capacity withGradientCheckpointing() {
        return new Capacity(rows, sequences, training, decodingRows, true, targetEntries);
    }

    /** The same for batches whose tokens have target distributions of so many entries. */
    public Capacity withTargetEntries(int perRow) {
        return new Capacity(rows, sequences, training, decodingRows, gradientCheckpointing, perRow);
    }

    /** Whether the model will generate. */
    boolean decoding() {
        return decodingRows > 0;
    }

    /** Whether all layers use one set of activations in turn. */
    boolean sharesActivations() {
        return !training || gradientCheckpointing;
    }
}
