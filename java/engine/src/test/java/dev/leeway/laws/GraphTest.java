package dev.leeway.laws;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException.Kind;
import dev.leeway.faults.Refusal;
import dev.leeway.ffi.DType;
import dev.leeway.ffi.Emulator;
import dev.leeway.ffi.Ops;
import dev.leeway.model.Family;
import dev.leeway.model.Initializer;
import dev.leeway.rollout.Completion;
import dev.leeway.rollout.Generator;
import dev.leeway.rollout.InferenceSession;
import dev.leeway.rollout.SamplingParameters;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan;
import dev.leeway.tensor.MemoryPlan.Purpose;
import dev.leeway.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A step that was recorded and runs again gives the bits of its calls one by one, and its failures still have names. */
@Tag("emulator")
final class GraphTest {

    private static final int LANES = 3;

    private final Emulator emulator = new Emulator();

    @AfterEach
    void startAgain() {
        emulator.close();
    }

    /** More prompts than lanes, of different lengths: lanes come and go, and pages are used again. No token ends a completion of 12. */
    private static List<Completion> generate(Family family, boolean recording) {
        var prompts = List.of(new int[] {5}, new int[] {7, 9, 11}, new int[] {1, 2, 3, 4, 5, 6, 7}, new int[] {8, 8}, new int[] {13});
        var request = new Generator.Request(SamplingParameters.temperature(0.9, 11), 12, Set.of(1_000_000));
        try (var device = Device.open("emu", 0)) {
            if (!recording) {
                device.runOneByOne();
            }
            try (var session = InferenceSession.open(family.config(), Optional.empty(), new InferenceSession.Size(32, LANES, 16), device)) {
                new Initializer(2, 0.3).fillBase(session.model());
                return session.generator().complete(prompts, request);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"LLAMA", "QWEN2", "QWEN3", "GEMMA2"})
    void recordedStepsGenerateTheSameBits(Family family) {
        long before = emulator.graphs();
        var oneByOne = generate(family, false);
        assertEquals(before, emulator.graphs());
        var recorded = generate(family, true);
        // 11 steps behind a prompt, first of three lanes and then of two: all but the first two of each size and those beside a prompt
        assertTrue(emulator.graphs() - before >= 15, () -> (emulator.graphs() - before) + " graphs ran");
        for (int i = 0; i < oneByOne.size(); i++) {
            assertArrayEquals(oneByOne.get(i).tokens(), recorded.get(i).tokens());
            assertArrayEquals(oneByOne.get(i).logProbs(), recorded.get(i).logProbs());
        }
    }

    /** A small table, the rows of it that are wanted, and what becomes of them. */
    private record Gathered(Device device, Tensor index, Tensor source, Tensor rows) {
        static Gathered plan(Device device, MemoryPlan plan) {
            return new Gathered(device, plan.reserve(Purpose.HEAD, "index", DType.I32, 2),
                plan.reserve(Purpose.HEAD, "source", DType.F32, 3, 4),
                plan.reserve(Purpose.HEAD, "rows", DType.F32, 2, 4));
        }

        void gather() {
            device.call(Ops.GATHER_ROWS).i64("rows", 2).i64("width", 4).i64("source_rows", 3).at("index", index.region())
                .at("source", source.region()).at("destination", rows.region()).dtype("dtype", DType.F32).run();
        }
    }

    @Test
    void aReplayReadsWhatLiesInMemoryThenAndReportsWhatIsWrongWithIt() {
        try (var device = Device.open("emu", 0)) {
            var plan = new MemoryPlan();
            var gathered = Gathered.plan(device, plan);
            try (var _ = plan.allocate(device)) {
                device.upload(new float[] {0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2}, gathered.source());
                var graph = device.record(gathered::gather).orElseThrow();
                assertArrayEquals(new float[8], device.floats(gathered.rows()), "recording runs nothing");
                device.upload(new int[] {2, 1}, gathered.index());
                graph.replay();
                assertArrayEquals(new float[] {2, 2, 2, 2, 1, 1, 1, 1}, device.floats(gathered.rows()));
                device.upload(new int[] {0, 3}, gathered.index());
                graph.replay();
                Refusal.assertRefused(Kind.DATA, device::synchronize, "gather_rows: index[1] is outside 0..2");
                device.upload(new int[] {0, 1}, gathered.index());
                graph.replay();
                device.synchronize();
                graph.close();
            }
        }
    }

    @Test
    void whatCannotBeRecordedIsRefusedAndTheDeviceGoesOn() {
        try (var device = Device.open("emu", 0)) {
            var plan = new MemoryPlan();
            var gathered = Gathered.plan(device, plan);
            try (var _ = plan.allocate(device)) {
                for (Runnable work : List.<Runnable>of(device::synchronize, () -> device.floats(gathered.rows()),
                    () -> device.upload(new int[] {1, 1}, gathered.index()))) {
                    var refusal = assertThrows(IllegalArgumentException.class, () -> device.record(work));
                    assertTrue(refusal.getMessage().contains("can't be part of a graph"), refusal.getMessage());
                }
                gathered.gather();
                device.synchronize();
            }
        }
    }

    @Test
    void aKernelThatFailsInAGraphIsNamedByTheGraphsEnds() {
        try (var device = Device.open("emu", 0)) {
            var plan = new MemoryPlan();
            var gathered = Gathered.plan(device, plan);
            var memory = plan.allocate(device);
            var graph = device.record(() -> {
                gathered.gather();
                device.zero(gathered.rows());
            }).orElseThrow();
            device.synchronize();
            emulator.plant("kernel", 1);
            graph.replay();
            Refusal.assertRefused(Kind.RESOURCES, device::synchronize, "graph of ", "gather_rows (2, 4, 3) to fill (8)");
            assertFalse(memory.bytes() == 0);
        }
    }

    @Test
    void theCpuRunsCallsOneByOne() {
        try (var device = Device.open("cpu", 1)) {
            assertEquals(Optional.empty(), device.record(() -> {
                throw new IllegalStateException("work must not begin");
            }));
        }
    }
}
