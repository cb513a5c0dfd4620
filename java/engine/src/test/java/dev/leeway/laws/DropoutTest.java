package dev.leeway.laws;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.io.AdapterConfig;
import dev.leeway.io.ModuleSelection;
import dev.leeway.model.Batch;
import dev.leeway.model.Llama;
import dev.leeway.model.Parameter;
import dev.leeway.model.TinyModel;
import dev.leeway.model.TrainingNoise;
import dev.leeway.objective.Column;
import dev.leeway.objective.SupervisedFineTuning;
import dev.leeway.objective.TokenGradients;
import dev.leeway.rollout.Generator;
import dev.leeway.rollout.SamplingParameters;
import dev.leeway.tensor.Device;
import dev.leeway.train.AdamW;
import dev.leeway.train.Schedule;
import dev.leeway.train.StepReport;
import dev.leeway.train.StopRequest;
import dev.leeway.train.TrainingSession;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** With dropout 0.1 the laws of training hold as without it: masks know nothing of micro-batches, threads or interruptions. */
final class DropoutTest {

    private static final double DROPOUT = 0.1;
    private static final int ROWS = 500;
    private static final Set<Column> COLUMNS = Set.of(Column.LOG_PROB);

    private static Optional<AdapterConfig> lora(double dropout) {
        var modules = new ModuleSelection.Regex(".*_proj|lm_head|.*embed_tokens");
        return Small.lora(8).map(plain -> new AdapterConfig(plain.scale(), modules, dropout, List.of(), plain.taskType(), ""));
    }

    /** A session on its own device. */
    private record Run(Device device, TrainingSession session) implements AutoCloseable {
        static Run open(double dropout, int threads) {
            var device = Device.open("cpu", threads);
            var settings = new TrainingSession.Settings(lora(dropout), 512, ROWS, 40, AdamW.Settings.standard(), 2);
            var session = TrainingSession.open(Small.CONFIG, settings, device);
            TinyModel.randomize(session.model(), 1);
            return new Run(device, session);
        }

        Llama model() {
            return session.model();
        }

        List<StepReport> train(List<Batch> micros, int done, int steps, double learningRate, long seed) {
            var reports = new ArrayList<StepReport>();
            session.trainer(new SupervisedFineTuning(), new Schedule(Schedule.Kind.CONSTANT, 0, 100, 0), learningRate, seed)
                .train(Small.repeating(micros), done, steps, new StopRequest(), reports::add);
            return reports;
        }

        @Override
        public void close() {
            session.close();
            device.close();
        }
    }

    private static List<Batch> one() {
        return List.of(Batch.of(Small.sequences(2, ROWS, 60)));
    }

    private static List<Batch> alone() {
        return Small.sequences(2, ROWS, 60).stream().map(sequence -> Batch.of(List.of(sequence))).toList();
    }

    @Test
    void packedScoresAreTheBitsOfUnpackedOnes() {
        try (var run = Run.open(DROPOUT, 2)) {
            var noise = new TrainingNoise(1, 3);
            var packed = one().getFirst();
            var together = run.model().score(packed, COLUMNS, noise).logProb();
            int at = 0;
            for (var batch : alone()) {
                var scores = run.model().score(batch, COLUMNS, noise).logProb();
                assertArrayEquals(scores, Arrays.copyOfRange(together, at, at += scores.length));
            }
            assertFalse(Arrays.equals(together, Small.logProbs(run.model(), packed)), "dropout changes the scores");
        }
    }

    /** The bound of {@link BatchingTest}: 6 u √N. */
    @Test
    void accumulatedMicroBatchesAreOneBigBatch() {
        try (var run = Run.open(DROPOUT, 2)) {
            var whole = run.train(one(), 0, 1, 0, 5).getFirst();
            var expected = Small.gradients(run.model());
            var parts = run.train(alone(), 0, 1, 0, 5).getFirst();
            assertEquals(whole.loss(), parts.loss(), 1e-13 * whole.loss());
            for (int i = 0; i < expected.size(); i++) {
                assertTrue(Small.distance(expected.get(i), Small.gradients(run.model()).get(i)) <= 6 * 0x1p-24 * Math.sqrt(ROWS));
            }
        }
    }

    private static int trained(int threads, long seed) {
        try (var run = Run.open(DROPOUT, threads)) {
            run.train(one(), 0, 5, 1e-3, seed);
            return Small.hash(run.model());
        }
    }

    @Test
    void threadsAndRepetitionChangeNoBitAndTheSeedDoes() {
        int expected = trained(1, 5);
        assertEquals(expected, trained(2, 5));
        assertEquals(expected, trained(3, 5));
        assertFalse(expected == trained(2, 6), "another seed, other masks");
    }

    @Test
    void aRunThatStopsAndContinuesDrawsWhatAnUninterruptedOneDraws() {
        try (var whole = Run.open(DROPOUT, 2); var parts = Run.open(DROPOUT, 2)) {
            var expected = whole.train(one(), 0, 6, 1e-3, 5).stream().map(StepReport::loss).toList();
            var found = new ArrayList<>(parts.train(one(), 0, 2, 1e-3, 5));
            var request = new Generator.Request(SamplingParameters.greedy(), 4, Set.of());
            parts.session().generator().complete(List.of(new int[] {1, 2, 3}), request);
            found.addAll(parts.train(one(), 2, 6, 1e-3, 5));
            assertEquals(expected, found.stream().map(StepReport::loss).toList());
            assertEquals(Small.hash(whole.model()), Small.hash(parts.model()));
        }
    }

    @Test
    void evaluationReferenceAndGenerationDropNothing() {
        try (var plain = Run.open(0, 2); var run = Run.open(DROPOUT, 2)) {
            var batch = one().getFirst();
            run.model().score(batch, COLUMNS, new TrainingNoise(1, 1));
            var request = new Generator.Request(SamplingParameters.temperature(1, 3), 20, Set.of());
            assertArrayEquals(plain.session().generator().complete(List.of(new int[] {1, 2, 3}), request).getFirst().logProbs(),
                run.session().generator().complete(List.of(new int[] {1, 2, 3}), request).getFirst().logProbs());
            assertArrayEquals(Small.logProbs(plain.model(), batch), Small.logProbs(run.model(), batch));
            var schedule = new Schedule(Schedule.Kind.CONSTANT, 0, 1, 0);
            assertEquals(plain.session().trainer(new SupervisedFineTuning(), schedule, 0).evaluate(one()),
                run.session().trainer(new SupervisedFineTuning(), schedule, 0).evaluate(one()));
            var noise = new TrainingNoise(1, 1);
            assertArrayEquals(plain.model().withoutAdapter(() -> Small.logProbs(plain.model(), batch)),
                run.model().withoutAdapter(() -> run.model().score(batch, COLUMNS, noise).logProb()));
        }
    }

    /**
     * Along a random unit direction of the whole adapter, the slope that the gradients promise against the central difference of the loss
     * itself with the masks fixed. The loss is the sum of some 300 log-probs that fp32 knows to 2e-6 each, so with h = 2⁻⁸ the difference
     * has a standard deviation of 2e-6 √300 2⁷/√2 = 3e-3, and h² f‴/6 adds as much again; 0.05 is far below the slopes, which a gradient of
     * norm 5600 makes as large as 60.
     */
    @Test
    void gradientsAreTheSlopesOfTheLossWithTheSameMasks() {
        try (var run = Run.open(DROPOUT, 2)) {
            var batch = one().getFirst();
            var noise = new TrainingNoise(1, 3);
            for (int trial = 0; trial < 4; trial++) {
                run.model().zeroGradients();
                run.model().score(batch, COLUMNS, noise);
                var ones = new double[batch.rows()];
                Arrays.fill(ones, 1);
                run.model().backward(batch, new TokenGradients().with(Column.LOG_PROB, ones));
                var direction = new Direction(run.model(), trial);
                double promised = direction.slope();
                double h = 0x1p-8;
                double above = direction.sumAt(h, batch, noise);
                double below = direction.sumAt(-h, batch, noise);
                direction.sumAt(0, batch, noise);
                assertEquals(promised, (above - below) / (2 * h), 0.05);
            }
        }
    }

    /** A random unit direction of all trained parameters. */
    private static final class Direction {
        private final Llama model;
        private final List<float[]> origin;
        private final List<float[]> gradients;
        private final List<float[]> direction = new ArrayList<>();

        Direction(Llama model, long seed) {
            this.model = model;
            origin = model.trainedParameters().stream().map(parameter -> model.device().floats(parameter.value())).toList();
            gradients = Small.gradients(model);
            var random = new Random(seed);
            double length = 0;
            for (var values : origin) {
                var part = new float[values.length];
                for (int i = 0; i < part.length; i++) {
                    part[i] = (float) random.nextGaussian();
                    length += part[i] * part[i];
                }
                direction.add(part);
            }
            for (var part : direction) {
                for (int i = 0; i < part.length; i++) {
                    part[i] /= (float) Math.sqrt(length);
                }
            }
        }

        double slope() {
            return dot(gradients, direction);
        }

        private static double dot(List<float[]> a, List<float[]> b) {
            double sum = 0;
            for (int p = 0; p < a.size(); p++) {
                for (int i = 0; i < a.get(p).length; i++) {
                    sum += (double) a.get(p)[i] * b.get(p)[i];
                }
            }
            return sum;
        }

        double sumAt(double distance, Batch batch, TrainingNoise noise) {
            List<Parameter> parameters = model.trainedParameters();
            for (int p = 0; p < parameters.size(); p++) {
                var moved = origin.get(p).clone();
                for (int i = 0; i < moved.length; i++) {
                    moved[i] += (float) (distance * direction.get(p)[i]);
                }
                model.device().upload(moved, parameters.get(p).value());
            }
            return Arrays.stream(model.score(batch, COLUMNS, noise).logProb()).sum();
        }
    }
}
