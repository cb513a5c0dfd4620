package dev.leeway.laws;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.ffi.DType;
import dev.leeway.io.AdapterConfig;
import dev.leeway.model.Batch;
import dev.leeway.model.Family;
import dev.leeway.model.TinyModel;
import dev.leeway.objective.Column;
import dev.leeway.objective.SupervisedFineTuning;
import dev.leeway.tensor.TestDevice;
import dev.leeway.train.AdamW;
import dev.leeway.train.Schedule;
import dev.leeway.train.StepReport;
import dev.leeway.train.TrainingSession;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * How sequences are put into batches changes no score by a bit, and no gradient by more than the order of a sum can.
 *
 * <p>Bound of a gradient: it is a sum of N terms, one a row. Terms of random sign have partial sums that grow as √k, so rounding each of
 * them leaves an error of u √(Σ k) = u N/√2 terms against a sum of √N terms: relative L2 error u √(N/2). Two orders differ by at most u √N,
 * times 6 for six standard deviations.
 */
final class BatchingTest {

    private static final Set<Column> COLUMNS = Set.of(Column.LOG_PROB, Column.LOG_SUM_EXP, Column.ENTROPY);

    private static double bound(int rows) {
        return 6 * 0x1p-24 * Math.sqrt(rows);
    }

    private static void requireSameBits(double[] expected, int start, double[] found, int length) {
        for (int t = 0; t < length; t++) {
            assertEquals(expected[t], found[start + t], "position " + t + " of the sequence that starts at row " + start);
        }
    }

    @Tag("device")
    @ParameterizedTest
    @EnumSource
    void packedScoresAreTheBitsOfUnpackedOnes(Family family) {
        requireThatPackingChangesNoScore(family, DType.F32, Optional.empty());
    }

    @ParameterizedTest
    @EnumSource
    void packedScoresInBfloat16AreTheBitsOfUnpackedOnes(Family family) {
        requireThatPackingChangesNoScore(family, DType.BF16, Optional.empty());
        requireThatPackingChangesNoScore(family, DType.BF16, Small.everywhere());
    }

    private static void requireThatPackingChangesNoScore(Family family, DType dtype, Optional<AdapterConfig> adapter) {
        try (var tiny = TinyModel.inference(family.config(150), adapter, 400, 8, dtype)) {
            var sequences = TinyModel.sequences(Family.VOCABULARY, 5, 3, 130, 1, 64, 65, 2, 100);
            var packed = Batch.of(sequences);
            for (var column : COLUMNS) {
                var together = tiny.model().score(packed, COLUMNS).column(column);
                for (int s = 0; s < sequences.size(); s++) {
                    var alone = tiny.model().score(Batch.of(List.of(sequences.get(s))), COLUMNS).column(column);
                    requireSameBits(alone, packed.sequenceStarts()[s], together, alone.length);
                }
            }
        }
    }

    @Tag("device")
    @Test
    void noScoreDependsOnTheSizeOfTheBatchNorOnWhichOtherTokensAreScored() {
        try (var device = TestDevice.open(2); var session = TrainingSession.open(Small.CONFIG, Small.settings(Optional.empty(), 2049),
            device)) {
            TinyModel.randomize(session.model(), 1);
            var sequences = new ArrayList<>(Small.sequences(1, 2000, 200));
            var kept = Batch.Sequence.allTrained(sequences.getFirst().tokens(), 0);
            var alone = Small.logProbs(session.model(), Batch.of(List.of(kept)));
            for (int others : new int[] {1, 2, 5, sequences.size() - 1}) {
                var batch = new ArrayList<>(sequences.subList(1, 1 + others));
                batch.add(others / 2, kept);
                var packed = Batch.of(batch);
                requireSameBits(alone, packed.sequenceStarts()[others / 2], Small.logProbs(session.model(), packed), alone.length - 1);
            }
            var sparse = Batch.of(List.of(sequences.getFirst()));
            var few = Small.logProbs(session.model(), sparse);
            for (int row : sparse.trainedRows()) {
                assertEquals(alone[row], few[row]);
            }
        }
    }

    private record Step(StepReport report, List<float[]> gradients) {
    }

    /** One step at learning rate 0. */
    private static Step step(TrainingSession session, List<Batch> micros) {
        var reports = new ArrayList<StepReport>();
        session.trainer(new SupervisedFineTuning(), new Schedule(Schedule.Kind.CONSTANT, 0, 1, 0), 0)
            .train(Small.repeating(micros), reports::add);
        return new Step(reports.getFirst(), Small.gradients(session.model()));
    }

    /** The gradients of one step over the sequences in one batch and in many. */
    private static void requireSameStep(TrainingSession session, List<Batch.Sequence> sequences, int perMicroBatch) {
        var micros = new ArrayList<Batch>();
        for (int s = 0; s < sequences.size(); s += perMicroBatch) {
            micros.add(Batch.of(sequences.subList(s, Math.min(sequences.size(), s + perMicroBatch))));
        }
        var one = step(session, List.of(Batch.of(sequences)));
        var many = step(session, micros);
        assertEquals(one.report().trainedTokens(), many.report().trainedTokens());
        assertEquals(one.report().loss(), many.report().loss(), 1e-15 * one.report().trainedTokens() * one.report().loss(),
            "sums in double");
        int rows = (int) one.report().tokens();
        assertEquals(1, many.report().gradientNorm() / one.report().gradientNorm(), bound(rows));
        for (int i = 0; i < one.gradients().size(); i++) {
            double distance = Small.distance(one.gradients().get(i), many.gradients().get(i));
            assertTrue(distance <= bound(rows), session.model().trainedParameters().get(i).name() + ": " + distance + " of " + bound(rows));
        }
    }

    @Test
    void accumulatedMicroBatchesAreOneBigBatch() {
        requireThatAccumulationIsABigBatch(DType.F32);
    }

    /** The terms of the sums are the same, since no row depends on the others, and are added in fp32: so is the bound. */
    @Test
    void accumulatedMicroBatchesInBfloat16AreOneBigBatch() {
        requireThatAccumulationIsABigBatch(DType.BF16);
    }

    private static void requireThatAccumulationIsABigBatch(DType dtype) {
        for (var adapter : List.of(Optional.<AdapterConfig>empty(), Small.lora(8), Small.everywhere())) {
            try (var device = TestDevice.open(2); var session = TrainingSession.open(Small.CONFIG,
                Small.settings(adapter, 700).withDtype(dtype), device)) {
                TinyModel.randomize(session.model(), 1);
                var sequences = Small.sequences(2, 700, 90);
                requireSameStep(session, sequences, 1);
                requireSameStep(session, sequences, 3);
            }
        }
    }

    @Tag("device")
    @ParameterizedTest
    @EnumSource
    void packedGradientsAreTheSumOfUnpackedOnes(Family family) {
        var settings = new TrainingSession.Settings(Optional.empty(), 64, 200, 8, AdamW.Settings.standard(), 0);
        try (var device = TestDevice.open(2); var session = TrainingSession.open(family.config(), settings, device)) {
            TinyModel.randomize(session.model(), 1);
            requireSameStep(session, TinyModel.sequences(Family.VOCABULARY, 5, 3, 60, 1, 33, 17, 2, 40), 1);
        }
    }

    @Test
    void aMicroBatchWithoutTrainedTokensAddsNothing() {
        try (var device = TestDevice.open(2); var session = TrainingSession.open(Small.CONFIG, Small.settings(Optional.empty(), 700),
            device)) {
            TinyModel.randomize(session.model(), 1);
            var batch = Batch.of(Small.sequences(3, 100, 30));
            var silent = Batch.of(List.of(new Batch.Sequence(new int[] {1, 2, 3}, new boolean[3], 7)));
            var one = step(session, List.of(batch));
            var both = step(session, List.of(silent, batch, silent));
            assertEquals(one.report().loss(), both.report().loss());
            assertEquals(one.report().gradientNorm(), both.report().gradientNorm());
        }
    }
}
