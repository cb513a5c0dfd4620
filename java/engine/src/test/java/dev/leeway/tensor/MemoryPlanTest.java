package dev.leeway.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException.Kind;
import dev.leeway.faults.Refusal;
import dev.leeway.ffi.DType;
import dev.leeway.tensor.MemoryPlan.Purpose;
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
}
