package dev.leeway.laws;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.ffi.DType;
import dev.leeway.ffi.Emulator;
import dev.leeway.io.AdapterConfig;
import dev.leeway.model.Batch;
import dev.leeway.model.Family;
import dev.leeway.model.Initializer;
import dev.leeway.model.TinyModel;
import dev.leeway.model.TrainingNoise;
import dev.leeway.objective.Column;
import dev.leeway.objective.DirectPreference;
import dev.leeway.objective.PairLoss;
import dev.leeway.objective.SupervisedFineTuning;
import dev.leeway.objective.TokenGradients;
import dev.leeway.rollout.Generator;
import dev.leeway.rollout.SamplingParameters;
import dev.leeway.tensor.Device;
import dev.leeway.train.AdamW;
import dev.leeway.train.Method;
import dev.leeway.train.Reference;
import dev.leeway.train.Schedule;
import dev.leeway.train.TrainingSession;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Micro-batches whose shapes repeat are trained on from recordings, and give the bits of their calls one by one. */
@Tag("emulator")
final class TrainingGraphTest {

    private static final int STEPS = 5;

    /** Steps of which a part runs from a recording: all behind the first two. */
    private static final int RECORDED = STEPS - 2;

    private final Emulator emulator = new Emulator();

    @AfterEach
    void startAgain() {
        emulator.close();
    }

    /** What is trained, and how. */
    private enum Kind {
        FULL(Family.QWEN2, DType.F32, Optional.empty(), false, 0),
        FULL_BF16(Family.GEMMA2, DType.BF16, Optional.empty(), false, 0),
        RECOMPUTED(Family.QWEN3, DType.F32, Optional.empty(), true, 0),
        LORA(Family.LLAMA, DType.F32, Small.everywhere(), false, 0),
        LORA_BF16(Family.LLAMA, DType.BF16, Small.everywhere(), true, 0),
        /** Its draws are arguments of the calls: a recording would draw the same in every step. */
        DROPOUT(Family.LLAMA, DType.BF16, Small.lora(4).map(Kind::dropping), false, 0),
        /** Its noise on the embeddings is, and the way back has none. */
        NOISE(Family.LLAMA, DType.F32, Optional.empty(), false, 5);

        private final Family family;
        private final DType dtype;
        private final Optional<AdapterConfig> adapter;
        private final boolean recomputes;
        private final double noise;

        Kind(Family family, DType dtype, Optional<AdapterConfig> adapter, boolean recomputes, double noise) {
            this.family = family;
            this.dtype = dtype;
            this.adapter = adapter;
            this.recomputes = recomputes;
            this.noise = noise;
        }

        private static AdapterConfig dropping(AdapterConfig plain) {
            return new AdapterConfig(plain.scale(), plain.targetModules(), 0.2, List.of(), plain.taskType(), "");
        }

        TrainingSession open(Device device) {
            var settings = new TrainingSession.Settings(adapter, 16, 32, 4, AdamW.Settings.standard(), 0).withDtype(dtype);
            var session = TrainingSession.open(family.config(), recomputes ? settings.withGradientCheckpointing() : settings, device);
            new Initializer(1, 0.2).fillBase(session.model());
            new Initializer(2, 0.2).fillAdapter(session.model());
            return session;
        }

        /** Graphs of a step, once two shapes of micro-batches are recorded: gradients to zero, and each batch's passes. */
        int graphsOfAStep() {
            return switch (this) {
                case DROPOUT -> 1;
                case NOISE -> 3;
                default -> 5;
            };
        }
    }

    private record Run(List<Double> losses, int weights, long graphs) {
    }

    /** Two micro-batches of as many rows, cut otherwise and with other rows trained: they have their own recordings. */
    private static List<Batch> micros() {
        return List.of(Batch.of(TinyModel.sequences(Family.VOCABULARY, 3, 9, 4)), Batch.of(TinyModel.sequences(Family.VOCABULARY, 4, 13)));
    }

    private Run train(Kind kind, boolean recording) {
        long before = emulator.graphs();
        var losses = new ArrayList<Double>();
        try (var device = Device.open("emu", 0)) {
            if (!recording) {
                device.runOneByOne();
            }
            try (var session = kind.open(device)) {
                session.trainer(new SupervisedFineTuning(0.1, 1e-4), new Schedule(Schedule.Kind.LINEAR, 0, STEPS, 0), 1e-2,
                    new TrainingNoise(3, 0, kind.noise)).train(Small.repeating(micros()), report -> losses.add(report.loss()));
                return new Run(losses, Small.hash(session.model()), emulator.graphs() - before);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void recordedStepsTrainToTheSameBits(Kind kind) {
        var oneByOne = train(kind, false);
        assertEquals(0, oneByOne.graphs());
        var recorded = train(kind, true);
        assertEquals(oneByOne.losses(), recorded.losses());
        assertEquals(oneByOne.weights(), recorded.weights());
        assertEquals(STEPS, recorded.losses().stream().distinct().count(), "the steps differ: " + recorded.losses());
        assertEquals(RECORDED * kind.graphsOfAStep(), recorded.graphs());
    }

    /** The adapter is off in every other pass of a shape: the same rows, other calls. */
    @Test
    void theAdapterOffIsAnotherRecording() {
        var runs = new ArrayList<Run>();
        for (boolean recording : new boolean[] {false, true}) {
            long before = emulator.graphs();
            var losses = new ArrayList<Double>();
            try (var device = Device.open("emu", 0)) {
                if (!recording) {
                    device.runOneByOne();
                }
                try (var session = Kind.LORA.open(device)) {
                    var batch = Batch.of(TinyModel.pairs(Family.VOCABULARY, 1, 0, 6, 6));
                    var method = Method.of(new DirectPreference(PairLoss.SIGMOID, DirectPreference.Settings.of(0.5)))
                        .withReference(Reference.adapterOff(session.model()));
                    session.trainer(method, new Schedule(Schedule.Kind.CONSTANT, 0, STEPS, 0), 1e-2, new TrainingNoise(3, 0))
                        .train(Small.repeating(List.of(batch)), report -> losses.add(report.loss()));
                    runs.add(new Run(losses, Small.hash(session.model()), emulator.graphs() - before));
                }
            }
        }
        assertEquals(runs.getFirst().losses(), runs.getLast().losses());
        assertEquals(runs.getFirst().weights(), runs.getLast().weights());
        assertEquals(4 * RECORDED, runs.getLast().graphs(), "gradients to zero, both forward passes and the way back");
    }

    /** A batch of three sequences, twelve tokens and six trained ones, which are cut, chosen and filled as {@code seed} says. */
    private static Batch alike(int seed) {
        var random = new Random(seed);
        int first = 2 + random.nextInt(4);
        int second = 2 + random.nextInt(4);
        int[] lengths = {first, second, 12 - first - second};
        var places = new ArrayList<int[]>();
        var sequences = new ArrayList<Batch.Sequence>();
        for (int s = 0; s < lengths.length; s++) {
            for (int t = 1; t < lengths[s]; t++) {
                places.add(new int[] {s, t});
            }
            sequences.add(new Batch.Sequence(random.ints(lengths[s], 0, Family.VOCABULARY).toArray(), new boolean[lengths[s]], s));
        }
        Collections.shuffle(places, random);
        places.subList(0, 6).forEach(place -> sequences.get(place[0]).trained()[place[1]] = true);
        return Batch.of(sequences);
    }

    /** ∂loss/∂column of the trained rows, drawn at random. */
    private static double[] weights(Batch batch, int seed) {
        var random = new Random(seed);
        var values = new double[batch.rows()];
        for (int row : batch.trainedRows()) {
            values[row] = random.nextGaussian();
        }
        return values;
    }

    /** A pass forth and back. @return its columns, and the gradients that it leaves */
    private static List<Object> pass(TrainingSession session, int seed) {
        var model = session.model();
        var batch = alike(seed);
        model.zeroGradients();
        var scores = model.score(batch, Set.of(Column.LOG_PROB, Column.ENTROPY));
        var result = new ArrayList<Object>();
        for (var column : List.of(Column.LOG_PROB, Column.ENTROPY)) {
            result.add(Arrays.toString(Arrays.copyOf(scores.column(column), batch.rows())));
        }
        model.backward(batch, new TokenGradients().with(Column.LOG_PROB, weights(batch, seed + 50))
            .with(Column.ENTROPY, weights(batch, seed + 90)));
        Small.gradients(model).forEach(gradient -> result.add(Arrays.hashCode(gradient)));
        return result;
    }

    /** Equal shapes whose cuts, masks, tokens and weights differ, at two temperatures, with a generation behind every step. */
    @Test
    void recordedPassesFollowTheirInputsAlsoBehindGenerations() {
        double[] temperatures = {1, 1, 1, 1, 1, 0.7, 0.7, 0.7, 1};
        var request = new Generator.Request(SamplingParameters.temperature(0.9, 11), 5, Set.of());
        var settings = new TrainingSession.Settings(Small.lora(4), 16, 32, 4, AdamW.Settings.standard(), 2);
        try (var device = Device.open("emu", 0); var plain = Device.open("emu", 0)) {
            plain.runOneByOne();
            try (var session = TrainingSession.open(Family.LLAMA.config(), settings, device);
                    var other = TrainingSession.open(Family.LLAMA.config(), settings, plain)) {
                for (var one : List.of(session, other)) {
                    new Initializer(1, 0.2).fillBase(one.model());
                    new Initializer(2, 0.2).fillAdapter(one.model());
                }
                long graphs = 0;
                var seen = new HashSet<List<Object>>();
                for (int step = 0; step < temperatures.length; step++) {
                    session.model().setTemperature(temperatures[step]);
                    other.model().setTemperature(temperatures[step]);
                    long before = emulator.graphs();
                    var found = pass(session, step);
                    graphs += emulator.graphs() - before;
                    assertEquals(pass(other, step), found, "step " + step);
                    assertTrue(seen.add(found), "the steps differ");
                    var prompts = List.of(new int[] {step, 2}, new int[] {4, 5, 6});
                    var expected = other.generator().complete(prompts, request);
                    var drawn = session.generator().complete(prompts, request);
                    for (int i = 0; i < prompts.size(); i++) {
                        assertArrayEquals(expected.get(i).tokens(), drawn.get(i).tokens());
                    }
                }
                assertEquals(7 + 2 * (3 + 1 + 1), graphs, "gradients to zero but for two, both ways at 1, at 0.7, and at 1 again");
            }
        }
    }

    /** Batches of one shape with other tokens, by turns: a recording reads those that were brought over last. */
    @Test
    void aRecordingReadsTheBatchThatWasBroughtOverLast() {
        var batches = new ArrayList<Batch>();
        for (int seed = 0; seed < STEPS; seed++) {
            batches.add(Batch.of(List.of(Batch.Sequence.allTrained(new int[] {seed, 3, 2 * seed, 5}, 0))));
        }
        try (var device = Device.open("emu", 0); var plain = Device.open("emu", 0); var session = Kind.FULL.open(device)) {
            plain.runOneByOne();
            try (var other = Kind.FULL.open(plain)) {
                long before = emulator.graphs();
                for (var batch : batches) {
                    assertArrayEquals(Small.logProbs(other.model(), batch), Small.logProbs(session.model(), batch));
                }
                assertEquals(RECORDED, emulator.graphs() - before);
            }
        }
    }
}
