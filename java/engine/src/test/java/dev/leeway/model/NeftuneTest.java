package dev.leeway.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.objective.Column;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Noise on embeddings: uniform within α/√(L·C) in training passes, and none anywhere else. */
final class NeftuneTest {

    private static final double ALPHA = 5;
    private static final int HIDDEN = 32;
    private static final Set<Column> COLUMNS = Set.of(Column.LOG_PROB);
    private static final List<Batch.Sequence> SEQUENCES = TinyModel.sequences(Family.VOCABULARY, 3, 40, 10, 60);

    private static TinyModel model(Family family) {
        return TinyModel.training(family.config(), Optional.empty(), 110, 3, 2);
    }

    private static float[] embedded(TinyModel tiny, Batch batch) {
        return Arrays.copyOf(tiny.device().floats(tiny.model().stream(0)), batch.rows() * HIDDEN);
    }

    private static float[] embedded(TinyModel tiny, Batch batch, TrainingNoise noise) {
        tiny.model().score(batch, COLUMNS, noise);
        return embedded(tiny, batch);
    }

    private static float[] plain(TinyModel tiny, Batch batch) {
        tiny.model().score(batch, COLUMNS);
        return embedded(tiny, batch);
    }

    /** A uniform variable in ±b has variance b²/3; that of n = 320 … 1,920 draws is known to 1/√n of it, here to five times that. */
    @Test
    void noiseFillsItsBoundWhichKnowsTheSequencesLength() {
        for (var family : List.of(Family.LLAMA, Family.GEMMA)) {
            try (var tiny = model(family)) {
                var batch = Batch.of(SEQUENCES);
                var clean = plain(tiny, batch);
                var noisy = embedded(tiny, batch, new TrainingNoise(1, 2, ALPHA));
                for (int s = 0; s < batch.sequences(); s++) {
                    int first = batch.sequenceStarts()[s] * HIDDEN;
                    int end = batch.sequenceStarts()[s + 1] * HIDDEN;
                    double bound = ALPHA / Math.sqrt(end - first);
                    double squares = 0;
                    for (int i = first; i < end; i++) {
                        double noise = noisy[i] - clean[i];
                        assertTrue(Math.abs(noise) <= bound + 1e-5, "within the bound and the rounding of the sum");
                        squares += noise * noise;
                    }
                    assertEquals(1, squares / (end - first) / (bound * bound / 3), 5 / Math.sqrt(end - first));
                }
            }
        }
    }

    @Test
    void noiseIsAFunctionOfSeedStepUnitAndPositionAlone() {
        try (var tiny = model(Family.LLAMA)) {
            var noise = new TrainingNoise(1, 2, ALPHA);
            var batch = Batch.of(SEQUENCES);
            var together = embedded(tiny, batch, noise);
            assertArrayEquals(together, embedded(tiny, batch, noise));
            int at = 0;
            for (var sequence : SEQUENCES) {
                var alone = embedded(tiny, Batch.of(List.of(sequence)), noise);
                assertArrayEquals(Arrays.copyOfRange(together, at, at += alone.length), alone);
            }
            assertTrue(!Arrays.equals(together, embedded(tiny, batch, noise.at(3))), "another step");
            assertTrue(!Arrays.equals(together, embedded(tiny, batch, new TrainingNoise(2, 2, ALPHA))), "another seed");
        }
    }

    @Test
    void scoringAndGenerationAreQuietAfterATrainingPass() {
        try (var tiny = model(Family.LLAMA)) {
            var batch = Batch.of(SEQUENCES);
            var clean = plain(tiny, batch);
            int[] chunk = {1, 2, 3};
            var expected = tiny.advance(0, chunk);
            tiny.decoding().clear(0);
            embedded(tiny, batch, new TrainingNoise(1, 2, ALPHA));
            assertArrayEquals(expected, tiny.advance(0, chunk));
            assertArrayEquals(clean, plain(tiny, batch));
            assertArrayEquals(clean, embedded(tiny, batch, new TrainingNoise(1, 2, 0)));
        }
    }

    @Test
    void anAlphaThatMakesNoSenseIsRefused() {
        assertThrows(LeewayException.class, () -> new TrainingNoise(1, 0, -1));
        assertThrows(LeewayException.class, () -> new TrainingNoise(1, 0, Double.NaN));
    }
}
