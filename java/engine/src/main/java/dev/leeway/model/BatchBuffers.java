package dev.leeway.model;

import dev.leeway.LeewayException;
import dev.leeway.ffi.DType;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan.Purpose;
import dev.leeway.tensor.Tensor;
import java.util.Arrays;
import java.util.Optional;

/** A packed batch on the device. */
final class BatchBuffers {

    private final Capacity capacity;
    private final int vocabulary;
    private final int maxPositions;
    private final Tensor tokens;
    private final Tensor positions;
    private final Tensor sequenceStarts;
    private final Tensor rowIds;
    private final Tensor noiseBounds;
    private final long[] ids;
    private final float[] bounds;
    private final int hidden;
    private RowNames names = RowNames.COUNTED;

    BatchBuffers(ModelConfig config, int maxPositions, ModelPlan plan) {
        this.capacity = plan.capacity();
        this.vocabulary = config.vocabSize();
        this.hidden = config.hiddenSize();
        this.maxPositions = maxPositions;
        tokens = plan.buffer(Purpose.ACTIVATIONS, "batch.tokens", DType.I32, capacity.rows());
        positions = plan.buffer(Purpose.ACTIVATIONS, "batch.positions", DType.I32, capacity.rows());
        sequenceStarts = plan.buffer(Purpose.ACTIVATIONS, "batch.sequence_starts", DType.I32, capacity.sequences() + 1);
        long randomRows = plan.keepsActivations() ? capacity.rows() : 0;
        rowIds = plan.buffer(Purpose.ACTIVATIONS, "batch.row_ids", DType.I64, randomRows);
        ids = new long[Math.toIntExact(randomRows)];
        bounds = new float[ids.length];
        noiseBounds = plan.buffer(Purpose.ACTIVATIONS, "batch.noise_bounds", DType.F32, randomRows);
    }

    void nameRows(RowNames given) {
        names = given;
    }

    RowNames names() {
        return names;
    }

    Tensor tokens() {
        return tokens;
    }

    /** (N) the identities of the rows that were uploaded last, if with noise. */
    Tensor rowIds() {
        return rowIds;
    }

    /** Checks a batch against the model and copies it over, with what a training pass draws from. */
    Placement.Packed upload(Device device, Batch batch, Optional<TrainingNoise> noise) {
        check(batch);
        device.upload(batch.tokens(), tokens);
        device.upload(batch.positions(), positions);
        device.upload(batch.sequenceStarts(), sequenceStarts);
        if (noise.isPresent()) {
            batch.rowIds(ids);
            device.upload(ids, batch.rows(), rowIds);
        }
        return new Placement.Packed(batch.rows(), batch.sequences(), positions, sequenceStarts,
            noise.isPresent() && noise.get().neftuneNoiseAlpha() > 0 ? Optional.of(embeddingNoise(device, batch, noise.get()))
                : Optional.empty());
    }

    private Placement.EmbeddingNoise embeddingNoise(Device device, Batch batch, TrainingNoise noise) {
        for (int s = 0; s < batch.sequences(); s++) {
            double length = batch.sequenceStarts()[s + 1] - batch.sequenceStarts()[s];
            double bound = noise.neftuneNoiseAlpha() / Math.sqrt(length * hidden);
            Arrays.fill(bounds, batch.sequenceStarts()[s], batch.sequenceStarts()[s + 1], (float) bound);
        }
        device.upload(bounds, batch.rows(), noiseBounds);
        return new Placement.EmbeddingNoise(noiseBounds, rowIds, noise.of("model.embed_tokens"));
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
            throw LeewayException.data("%s has %d tokens, the model's max_position_embeddings allows %d; set max_length",
                names.of(batch.unitIds()[sequence]), end - first, maxPositions);
        }
        for (int n = first; n < end; n++) {
            requireToken(batch.tokens()[n], batch.unitIds()[sequence], n - first);
        }
    }

    /** Refuses a token id outside the vocabulary, naming its row and, from 1, its place there. */
    private void requireToken(int token, long unitId, int position) {
        if (token < 0 || token >= vocabulary) {
            throw LeewayException.data("%s, token %d: id %d is outside the model's vocabulary of %d; the tokenizer and the model do not "
                + "belong together", names.of(unitId), position + 1, token, vocabulary);
        }
    }
}
