package dev.leeway.model;

import dev.leeway.ffi.DType;
import dev.leeway.tensor.MemoryPlan;
import dev.leeway.tensor.MemoryPlan.Purpose;
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

    /** New tokens at the end of cached sequences. One instance serves all steps of generation: it holds the rows of the last one. */
    final class Cached implements Placement {

        private final KeyValueCache cache;
        private final Tensor positions;
        private final Tensor slots;
        private final Tensor queryStarts;
        private final Tensor contextLengths;
        private final Tensor pageTable;
        private long rows;
        private long sequences;

        /** Plans the state of at most so many rows in so many lanes. */
        Cached(KeyValueCache cache, int mostRows, int lanes, int pagesPerLane, MemoryPlan plan) {
            this.cache = cache;
            positions = plan.reserve(Purpose.CACHE, "decode.positions", DType.I32, mostRows);
            slots = plan.reserve(Purpose.CACHE, "decode.slots", DType.I64, mostRows);
            queryStarts = plan.reserve(Purpose.CACHE, "decode.query_starts", DType.I32, lanes + 1);
            contextLengths = plan.reserve(Purpose.CACHE, "decode.context_lengths", DType.I32, lanes);
            pageTable = plan.reserve(Purpose.CACHE, "decode.page_table", DType.I32, lanes, pagesPerLane);
        }

        /** From now on it stands for so many rows of so many sequences. */
        void hold(long newRows, long newSequences) {
            rows = newRows;
            sequences = newSequences;
        }

        @Override
        public long rows() {
            return rows;
        }

        long sequences() {
            return sequences;
        }

        @Override
        public Tensor positions() {
            return positions;
        }

        /** (N) where each new key goes. */
        Tensor slots() {
            return slots;
        }

        /** (S+1) rows of each sequence. */
        Tensor queryStarts() {
            return queryStarts;
        }

        /** (S) tokens of each sequence, the new ones included. */
        Tensor contextLengths() {
            return contextLengths;
        }

        /** (S, maxPages) pages of each sequence. */
        Tensor pageTable() {
            return pageTable;
        }

        KeyValueCache cache() {
            return cache;
        }

        @Override
        public Optional<EmbeddingNoise> embeddingNoise() {
            return Optional.empty();
        }
    }
}
