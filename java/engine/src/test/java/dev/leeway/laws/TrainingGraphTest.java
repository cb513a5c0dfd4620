package dev.leeway.laws;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.leeway.ffi.DType;
import dev.leeway.ffi.Emulator;
import dev.leeway.io.AdapterConfig;
import dev.leeway.model.Batch;
import dev.leeway.model.Family;
import dev.leeway.model.Initializer;
import dev.leeway.model.TinyModel;
import dev.leeway.model.TrainingNoise;
import dev.leeway.objective.DirectPreference;
import dev.leeway.objective.PairLoss;
import dev.leeway.objective.SupervisedFineTuning;
import dev.leeway.tensor.Device;
import dev.leeway.train.AdamW;
import dev.leeway.train.Method;
import dev.leeway.train.Reference;
import dev.leeway.train.Schedule;
import dev.leeway.train.TrainingSession;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
