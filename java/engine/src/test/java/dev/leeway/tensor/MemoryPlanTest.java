package dev.leeway.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException.Kind;
import dev.leeway.faults.Refusal;
import dev.leeway.ffi.DType;
import dev.leeway.tensor.MemoryPlan.Phase;
import dev.leeway.tensor.MemoryPlan.Purpose;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class MemoryPlanTest {

    private final Device device = Device.open("cpu", 1);
    private final MemoryPlan plan = new MemoryPlan();

    @AfterEach
    void close() {
        device.close();
    }

    @Test
    void everyTensorStartsAtAMultipleOf256AndNoTwoOverlap() {
        var odd = plan.reserve(Purpose.WEIGHTS, "odd", DType.F32, 3, 5);
        var empty = plan.reserve(Purpose.WEIGHTS, "empty", DType.F32, 0, 7);
        var bytes = plan.reserve(Purpose.HEAD, "bytes", DType.U8, 257);
        var last = plan.reserve(Purpose.CACHE, "last", DType.I64, 1);
        try (var memory = plan.allocate(device)) {
            assertEquals(256 + 256 + 512 + 256, memory.bytes());
            long first = odd.region().address();
            assertEquals(0, first % 256);
            assertEquals(first + 256, empty.region().address());
            assertEquals(first + 512, bytes.region().address());
            assertEquals(first + 1024, last.region().address());
            assertEquals(60, odd.region().bytes());
        }
    }

    @Test
    void memoryStartsAsZero() {
        var tensor = plan.reserve(Purpose.WEIGHTS, "x", DType.F32, 1000);
        var flags = plan.reserve(Purpose.HEAD, "flags", DType.U8, 3);
        try (var memory = plan.allocate(device)) {
            assertArrayEquals(new float[1000], device.floats(tensor));
            assertEquals(3, flags.region().bytes());
            assertEquals(plan.totalBytes(), memory.bytes());
        }
    }

    @Test
    void aPlanThatCannotFitSaysWhatNeedsHowMuch() {
        plan.reserve(Purpose.WEIGHTS, "w", DType.F32, 1L << 40);
        plan.reserve(Purpose.OPTIMIZER, "m", DType.F32, 1L << 41);
        plan.reserve(Purpose.HEAD, "x", DType.F32, 1000);
        Refusal.assertRefused(Kind.RESOURCES, () -> plan.allocate(device), "needs 13194.1 GB, device has ",
            "weights 4398.0 GB, optimizer 8796.1 GB, head 0.0 MB",
            "free some");
    }

    @Test
    void absurdShapesAreAnErrorAndNeverWrapAround() {
        Refusal.assertRefused(Kind.RESOURCES, () -> plan.reserve(Purpose.WEIGHTS, "w", DType.F32, 1L << 40, 1L << 40),
            "w[1099511627776, 1099511627776]");
        plan.reserve(Purpose.WEIGHTS, "a", DType.U8, Long.MAX_VALUE / 2);
        plan.reserve(Purpose.OPTIMIZER, "b", DType.U8, Long.MAX_VALUE / 2);
        plan.reserve(Purpose.HEAD, "c", DType.U8, Long.MAX_VALUE / 2);
        assertThrows(ArithmeticException.class, plan::totalBytes);
    }

    @Test
    void theBreakdownAddsUpByPurpose() {
        plan.reserve(Purpose.WEIGHTS, "a", DType.F32, 64);
        plan.reserve(Purpose.WEIGHTS, "b", DType.F32, 64);
        plan.reserve(Purpose.CACHE, "c", DType.F32, 128);
        assertEquals(Map.of(Purpose.WEIGHTS, 512L, Purpose.CACHE, 512L), plan.bytesByPurpose());
        assertEquals(1024, plan.totalBytes());
        assertEquals("weights 0.0 MB, cache 0.0 MB", plan.breakdown());
    }

    @Test
    void aTensorHasNoPlaceBeforeThePlanIsAllocatedNorAfterItIsClosed() {
        var tensor = plan.reserve(Purpose.WEIGHTS, "x", DType.F32, 4);
        var failure = assertThrows(IllegalStateException.class, tensor::region);
        assertTrue(failure.getMessage().contains("x is planned but not allocated"));
        try (var memory = plan.allocate(device)) {
            tensor.region();
            assertThrows(IllegalStateException.class, () -> plan.reserve(Purpose.WEIGHTS, "late", DType.F32, 1));
            assertThrows(IllegalStateException.class, () -> plan.allocate(device),
                "a second allocation would leave the first one without an owner");
            assertTrue(memory.bytes() >= 16);
        }
        assertThrows(IllegalStateException.class, tensor::region);
    }

    @Test
    void anEmptyPlanCanBeAllocated() {
        try (var memory = plan.allocate(device)) {
            assertEquals(256, memory.bytes());
        }
    }

    @Test
    void phasesThatTakeTurnsLieInTheSameMemory() {
        var turns = MemoryPlan.alternating();
        var weights = turns.reserve(Purpose.WEIGHTS, "w", DType.F32, 64);
        var cache = turns.reserve(Purpose.CACHE, "cache", DType.F32, 64);
        var activations = turns.reserve(Purpose.ACTIVATIONS, "a", DType.F32, 128);
        var head = turns.reserve(Purpose.HEAD, "h", DType.F32, 1);
        assertEquals(1024, turns.totalBytes());
        assertEquals(256, turns.savedBytes());
        assertEquals(Map.of(Purpose.WEIGHTS, 256L, Purpose.ACTIVATIONS, 512L, Purpose.HEAD, 256L), turns.bytesByPurpose());
        assertEquals(Map.of(Phase.TRAINING, 1024L, Phase.ROLLOUT, 512L), turns.bytesByPhase());
        try (var memory = turns.allocate(device)) {
            assertEquals(1024, memory.bytes());
            long start = weights.region().address();
            assertEquals(start + 256, cache.region().address());
            assertEquals(start + 256, activations.region().address());
            assertEquals(start + 768, head.region().address());
        }
    }

    @Test
    void whatAPhaseLeftIsPoisonInTheNextOne() {
        var turns = MemoryPlan.alternating();
        var weights = turns.reserve(Purpose.WEIGHTS, "w", DType.F32, 2);
        var cache = turns.reserve(Purpose.CACHE, "cache", DType.BF16, 3);
        var index = turns.reserve(Purpose.ACTIVATIONS, "index", DType.I32, 2);
        try (var _ = turns.allocate(device)) {
            assertEquals(1, turns.phases().enter(device, Phase.TRAINING));
            device.upload(new int[] {1, 2}, index);
            assertEquals(1, turns.phases().enter(device, Phase.TRAINING), "it is in this one");
            var kept = new int[2];
            device.download(index, kept);
            assertArrayEquals(new int[] {1, 2}, kept);
            assertEquals(2, turns.phases().enter(device, Phase.ROLLOUT));
            for (float value : device.floats(cache)) {
                assertTrue(Float.isNaN(value));
            }
            assertEquals(3, turns.phases().enter(device, Phase.TRAINING));
            device.download(index, kept);
            assertTrue(kept[0] > 1 << 30, "no index that anything has: " + kept[0]);
            assertArrayEquals(new float[2], device.floats(weights), "what all phases share stays");
        }
    }

    @Test
    void aPlanWhosePhasesLieSideBySideHasNoTurns() {
        plan.reserve(Purpose.CACHE, "cache", DType.F32, 64);
        plan.reserve(Purpose.ACTIVATIONS, "a", DType.F32, 64);
        assertEquals(512, plan.totalBytes());
        assertEquals(0, plan.savedBytes());
        try (var _ = plan.allocate(device)) {
            assertEquals(0, plan.phases().enter(device, Phase.TRAINING));
            assertEquals(0, plan.phases().enter(device, Phase.ROLLOUT));
        }
    }

    @Test
    void whatFailsBeforeTheMemoryIsFreedKeepsNothingInIt() {
        var tensor = plan.reserve(Purpose.WEIGHTS, "x", DType.F32, 4);
        var done = new ArrayList<String>();
        plan.beforeFree(() -> done.add("first"));
        plan.beforeFree(() -> {
            throw new IllegalStateException("planted");
        });
        plan.beforeFree(() -> done.add("last"));
        var memory = plan.allocate(device);
        assertEquals("planted", assertThrows(IllegalStateException.class, memory::close).getMessage());
        assertEquals(List.of("first", "last"), done);
        assertThrows(IllegalStateException.class, tensor::region);
    }
}
