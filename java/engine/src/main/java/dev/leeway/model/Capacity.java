package dev.leeway.model;

/**
 * How much a model must be able to take at once; its buffers are planned for it.
 *
 * @param rows tokens of the largest packed micro-batch
 * @param sequences sequences of it
 * @param training whether activations of every layer are kept for a backward pass
 * @param decoding whether the model will generate: its matrices then get copies that decode fast
 */
public record Capacity(int rows, int sequences, boolean training, boolean decoding) {

    /** For forward passes alone. */
    public static Capacity inference(int rows, int sequences) {
        return new Capacity(rows, sequences, false, false);
    }

    /** For forward and backward passes. */
    public static Capacity training(int rows, int sequences) {
        return new Capacity(rows, sequences, true, false);
    }

    /** The same for a model that will generate as well. */
    public Capacity withDecoding() {
        return new Capacity(rows, sequences, training, true);
    }
}
