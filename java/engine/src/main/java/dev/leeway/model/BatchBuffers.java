package dev.leeway.model;

import dev.leeway.LeewayException;
import dev.leeway.ffi.DType;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan.Purpose;
import dev.leeway.tensor.Tensor;

/** A packed batch on the device. */
final class BatchBuffers {

    private final Capacity capacity;
    private final int vocabulary;
    private final int maxPositions;
    private final Tensor tokens;
    private final Tensor positions;
    private final Tensor sequenceStarts;

    BatchBuffers(ModelConfig config, int maxPositions, ModelPlan plan) {
        this.capacity = plan.capacity();
        this.vocabulary = config.vocabSize();
        this.maxPositions = maxPositions;
        tokens = plan.buffer(Purpose.ACTIVATIONS, "batch.tokens", DType.I32, capacity.rows());
        positions = plan.buffer(Purpose.ACTIVATIONS, "batch.positions", DType.I32, capacity.rows());
        sequenceStarts = plan.buffer(Purpose.ACTIVATIONS, "batch.sequence_starts", DType.I32, capacity.sequences() + 1);
    }

    Tensor tokens() {
        return tokens;
    }

    /** Checks a batch against the model and copies it over. */
    Placement.Packed upload(Device device, Batch batch) {
        check(batch);
        device.upload(batch.tokens(), tokens);
        device.upload(batch.positions(), positions);
        device.upload(batch.sequenceStarts(), sequenceStarts);
        return new Placement.Packed(batch.rows(), batch.sequences(), positions, sequenceStarts);
    }

    private void check(Batch batch) {
        if (batch.rows() > capacity.rows() || batch.sequences() > capacity.sequences()) {
            throw LeewayException.usage("a batch of %d tokens in %d sequences exceeds the planned %d tokens in %d; plan a larger capacity",
                batch.rows(), batch.sequences(), capacity.rows(), capacity.sequences());
        }
        for (int s = 0; s < batch.sequences(); s++) {
            checkSequence(batch, s);
        }
    }

    private void checkSequence(Batch batch, int sequence) {
        int first = batch.sequenceStarts()[sequence];
        int end = batch.sequenceStarts()[sequence + 1];
        if (end - first > maxPositions) {
            throw LeewayException.data("row %d has %d tokens, the model's max_position_embeddings allows %d; set max_length",
                batch.unitIds()[sequence], end - first, maxPositions);
        }
        for (int n = first; n < end; n++) {
            requireToken(batch.tokens()[n], batch.unitIds()[sequence], n - first);
        }
    }

    /** Refuses a token id outside the vocabulary, naming its row. */
    void requireToken(int token, long row, int position) {
        if (token < 0 || token >= vocabulary) {
            throw LeewayException.data("row %d, position %d: token id %d is outside the model's vocabulary of %d; the tokenizer and the model do not "
                + "belong together", row, position, token, vocabulary);
        }
    }
}
