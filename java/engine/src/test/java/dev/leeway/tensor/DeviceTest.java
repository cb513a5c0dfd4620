package dev.leeway.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException.Kind;
import dev.leeway.faults.Refusal;
import dev.leeway.ffi.DType;
import dev.leeway.tensor.MemoryPlan.Purpose;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class DeviceTest {

    private final Device device = Device.open("cpu", 2);
    private final MemoryPlan plan = new MemoryPlan();
    private final Tensor floats = plan.reserve(Purpose.WEIGHTS, "floats", DType.F32, 2, 3);
    private final Tensor others = plan.reserve(Purpose.WEIGHTS, "others", DType.F32, 2, 3);
    private final Tensor ints = plan.reserve(Purpose.WEIGHTS, "ints", DType.I32, 4);
    private final Tensor longs = plan.reserve(Purpose.WEIGHTS, "longs", DType.I64, 4);
    private final Tensor doubles = plan.reserve(Purpose.WEIGHTS, "doubles", DType.F64, 2);
    private final MemoryPlan.Allocation memory = plan.allocate(device);

    @AfterEach
    void close() {
        memory.close();
        device.close();
    }

    @Test
    void whatGoesUpComesDown() {
        device.upload(new float[] {1, -0f, Float.NaN, 4, Float.MIN_VALUE, 6}, floats);
        assertArrayEquals(new float[] {1, -0f, Float.NaN, 4, Float.MIN_VALUE, 6}, device.floats(floats));
        device.upload(new int[] {1, Integer.MIN_VALUE}, ints);
        var someInts = new int[3];
        device.download(ints, someInts);
        assertArrayEquals(new int[] {1, Integer.MIN_VALUE, 0}, someInts);
        device.upload(new long[] {-1, Long.MAX_VALUE}, longs);
        var someLongs = new long[2];
        device.download(longs, someLongs);
        assertArrayEquals(new long[] {-1, Long.MAX_VALUE}, someLongs);
        var someDoubles = new double[2];
        device.download(doubles, someDoubles);
        assertArrayEquals(new double[2], someDoubles);
    }

    @Test
    void longArraysArriveWhole() {
        int count = 40_000; // 160,000 B in F32, 80,000 B in BF16: more than two pieces, and more than one
        var values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = Bfloat16.widen((short) (i % 0x7f00));
        }
        var wide = new MemoryPlan();
        var single = wide.reserve(Purpose.WEIGHTS, "single", DType.F32, count);
        var half = wide.reserve(Purpose.WEIGHTS, "half", DType.BF16, count);
        try (var block = wide.allocate(device); var arena = Arena.ofConfined()) {
            device.upload(values, single);
            assertArrayEquals(values, device.floats(single));
            device.upload(new float[] {-1, -2}, 1, single);
            assertEquals(values[1], device.floats(single)[1]);
            device.upload(Bfloat16.narrow(arena.allocateFrom(ValueLayout.JAVA_FLOAT, values), arena), half);
            assertArrayEquals(values, device.floats(half));
            assertTrue(block.bytes() >= 6L * count);
        }
    }

    @Test
    void tensorsAreCopiedAndCleared() {
        device.upload(new float[] {1, 2, 3, 4, 5, 6}, floats);
        device.copy(floats, others);
        device.zero(floats);
        assertArrayEquals(new float[6], device.floats(floats));
        assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, device.floats(others));
    }

    @Test
    void rowsAreSlicesOfTheOutermostAxis() {
        assertEquals(floats.region().address() + 12, floats.rows(1, 1).address());
        assertEquals(12, floats.rows(1, 1).bytes());
        assertThrows(IndexOutOfBoundsException.class, () -> floats.rows(1, 2));
        assertThrows(IndexOutOfBoundsException.class, () -> floats.rows(-1, 1));
    }

    @Test
    void nothingIsWrittenBehindATensor() {
        assertThrows(IndexOutOfBoundsException.class, () -> device.upload(new float[7], floats));
        assertThrows(IndexOutOfBoundsException.class, () -> device.download(ints, new int[5]));
        try (var arena = Arena.ofConfined()) {
            assertThrows(IndexOutOfBoundsException.class, () -> device.upload(arena.allocate(25), floats));
            assertThrows(IllegalArgumentException.class, () -> device.download(floats, arena.allocate(28)));
        }
    }

    @Test
    void clearingTouchesEveryByteAndNoOther() {
        try (var arena = Arena.ofConfined()) {
            var odd = new MemoryPlan();
            var bytes = odd.reserve(Purpose.HEAD, "bytes", DType.U8, 7);
            try (var block = odd.allocate(device)) {
                var ones = arena.allocate(7);
                ones.fill((byte) 1);
                device.upload(ones, bytes);
                device.zero(bytes);
                device.download(bytes, ones);
                assertArrayEquals(new byte[7], ones.toArray(ValueLayout.JAVA_BYTE));
                assertEquals(256, block.bytes());
            }
        }
    }

    @Test
    void anotherTypeIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> device.upload(new int[1], floats));
        assertThrows(IllegalArgumentException.class, () -> device.upload(new float[1], ints));
        assertThrows(IllegalArgumentException.class, () -> device.download(longs, new int[1]));
    }

    @Test
    void aDeviceSaysWhatItIs() {
        var info = device.info();
        assertEquals(2, info.threads());
        assertTrue(info.totalBytes() >= info.freeBytes() && info.freeBytes() > 0);
        assertTrue(!info.name().isBlank());
    }

    @Test
    void anUnknownBackEndIsRefused() {
        Refusal.assertRefused(Kind.USAGE, () -> Device.open("tpu", 1), "device", "cpu, cuda, emu", "tpu");
        Refusal.assertRefused(Kind.RESOURCES, () -> Device.open("emu", 1), "leeway_emu");
    }
}
