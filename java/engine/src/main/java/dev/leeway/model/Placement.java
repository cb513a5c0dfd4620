package dev.leeway.model;

import dev.leeway.tensor.Tensor;
import java.util.Optional;

/** Where the rows of a forward pass stand: whole sequences packed end to end, or new tokens of sequences whose keys are cached. */
sealed interface Placement {

    /** Number of rows, N. */
    long rows();

    /** (N) position of every row in its sequence. */
    Tensor positions();

    /** What is added to the embeddings in a training pass. */
    Optional<EmbeddingNoise> embeddingNoise();

    /**
     * Uniform noise.
     *
     * @param bounds (N) its largest magnitude in each row
     * @param rowIds (N) the rows' identities
     * @param seed what it is drawn from, with them
     */
    record EmbeddingNoise(Tensor bounds, Tensor rowIds, long seed) {
    }

    /**
     * A packed batch.
     *
     * @param sequenceStarts (S+1)
     */
    record Packed(long rows, long sequences, Tensor positions, Tensor sequenceStarts, Optional<EmbeddingNoise> embeddingNoise)
            implements Placement {
    }

    /**
     * New tokens at the end of cached sequences.
     *
     * @param queryStarts (S+1) rows of each sequence
     * @param contextLengths (S) tokens of each sequence, the new ones included
     * @param pageTable (S, maxPages) pages of each sequence
     * @param slots (N) where each new key goes
     * @param cache the pages
     */
    record Cached(long rows, long sequences, Tensor positions, Tensor queryStarts, Tensor contextLengths, Tensor pageTable, Tensor slots,
            KeyValueCache cache) implements Placement {

        @Override
        public Optional<EmbeddingNoise> embeddingNoise() {
            return Optional.empty();
        }
    }
}
