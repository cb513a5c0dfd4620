package dev.leeway.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.leeway.LeewayException;
import dev.leeway.ffi.DType;
import dev.leeway.ffi.Emulator;
import dev.leeway.ffi.Ops;
import dev.leeway.model.RecordedPasses.Part;
import dev.leeway.model.RecordedPasses.Shape;
import dev.leeway.tensor.Device;
import dev.leeway.tensor.MemoryPlan;
import dev.leeway.tensor.MemoryPlan.Purpose;
import dev.leeway.tensor.Tensor;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Which passes are recorded, for how long, and what happens to one whose shape leaves out what its calls depend on. */
@Tag("emulator")
final class RecordedPassesTest {

    private static final int KEPT = 16;

    private final Emulator emulator = new Emulator();
    private final RecordedPasses passes = new RecordedPasses();
    private Device device;
    private MemoryPlan.Allocation memory;
    private Tensor x;

    @BeforeEach
    void open() {
        device = Device.open("emu", 0);
        var plan = new MemoryPlan();
        plan.beforeFree(passes::forget);
        x = plan.reserve(Purpose.ACTIVATIONS, "x", DType.F32, 64);
        memory = plan.allocate(device);
    }

    @AfterEach
    void close() {
        memory.close();
        device.close();
        emulator.close();
    }

    private static Shape shape(long rows) {
        return new Shape(Part.FORWARD, rows, 1, new Head.Calls(1, 1, 0, 1), true, false);
    }

    /** Sets the first elements; how many graphs ran. */
    private long fill(Shape shape, int elements, float value) {
        long before = emulator.graphs();
        passes.run(device, shape, () -> device.call(Ops.FILL).i64("count", elements).at("x", x.region()).f32("value", value)
            .dtype("dtype", DType.F32).run());
        return emulator.graphs() - before;
    }

    @Test
    void theThirdPassOfAShapeIsRecorded() {
        assertEquals(0, fill(shape(1), 1, 5));
        assertEquals(0, fill(shape(1), 1, 5));
        assertEquals(1, fill(shape(1), 1, 5));
        assertEquals(1, fill(shape(1), 1, 5));
        assertEquals(0, fill(shape(2), 2, 5), "another shape is counted by itself");
        assertEquals(0, fill(new Shape(Part.FORWARD, 1, 1, shape(1).head(), true, true), 1, 5), "and that with copies of the weights");
    }

    /** Planted: a recording for which there is no memory, beside one that there is. */
    @Test
    void whereThereIsNoMemoryForARecordingAllRunCallByCall() {
        for (int i = 0; i < 3; i++) {
            fill(shape(1), 1, 5);
        }
        var attempts = new AtomicInteger();
        for (int i = 0; i < 4; i++) {
            passes.run(device, shape(2), () -> {
                if (attempts.incrementAndGet() == 3) {
                    throw LeewayException.resources("planted: no memory");
                }
                device.call(Ops.FILL).i64("count", 2).at("x", x.region()).f32("value", attempts.get()).dtype("dtype", DType.F32).run();
            });
        }
        assertEquals(5, attempts.get(), "two, the recording that failed, the same pass call by call, and the next one");
        assertEquals(5, device.floats(x)[1]);
        assertEquals(0, fill(shape(1), 1, 6), "the other shape's recording makes room");
        assertEquals(6, device.floats(x)[0]);
    }

    @Test
    void stepsForWhichThereIsNoMemoryRunCallByCall() {
        var attempts = new AtomicInteger();
        try (var steps = new RecordedSteps(2, () -> {
            if (attempts.incrementAndGet() == 3) {
                throw LeewayException.resources("planted: no memory");
            }
            device.call(Ops.FILL).i64("count", 1).at("x", x.region()).f32("value", attempts.get()).dtype("dtype", DType.F32).run();
        })) {
            long before = emulator.graphs();
            for (int i = 0; i < 4; i++) {
                steps.run(device, 1, 0);
            }
            assertEquals(5, attempts.get());
            assertEquals(5, device.floats(x)[0]);
            assertEquals(before, emulator.graphs());
        }
    }

    @Test
    void whatWasRecordedRunsCallByCallOnceTheDeviceIsToldTo() {
        for (int i = 0; i < 3; i++) {
            fill(shape(1), 1, 5);
        }
        device.runOneByOne();
        assertEquals(0, fill(shape(1), 1, 6));
        assertEquals(6, device.floats(x)[0]);
    }

    @Test
    void theShapesThatCameLastAreKept() {
        for (int rows = 1; rows <= KEPT + 1; rows++) {
            for (int i = 0; i < 3; i++) {
                fill(shape(rows), rows, rows);
            }
        }
        assertEquals(1, fill(shape(2), 2, 2), "still there");
        assertEquals(0, fill(shape(1), 1, 1), "the first one made room, and is counted anew");
        assertEquals(0, fill(shape(1), 1, 1));
        assertEquals(1, fill(shape(1), 1, 1), "in the place of the one that was used longest ago");
        assertEquals(1, fill(shape(2), 2, 2));
        assertEquals(0, fill(shape(3), 3, 3));
    }

    /** Planted: a shape without the number of rows, and one without a scalar. The recording goes on with those that it knows. */
    @Test
    void aShapeThatLeavesOutAnArgumentReplaysTheOldOne() {
        for (int i = 0; i < 3; i++) {
            fill(shape(0), 2, 7);
        }
        fill(shape(0), 4, 9);
        var found = new float[4];
        device.download(x, found);
        assertArrayEquals(new float[] {7, 7, 0, 0}, found, "a count and a value of the recording, neither of the call");
        fill(shape(4), 4, 9);
        device.download(x, found);
        assertArrayEquals(new float[] {9, 9, 9, 9}, found);
    }

    @Test
    void nothingIsReplayedInMemoryThatWasFreed() {
        for (int i = 0; i < 3; i++) {
            fill(shape(1), 1, 5);
        }
        memory.close();
        assertThrows(IllegalStateException.class, () -> fill(shape(1), 1, 5), "x is planned but not allocated");
        var plan = new MemoryPlan();
        x = plan.reserve(Purpose.ACTIVATIONS, "x", DType.F32, 64);
        memory = plan.allocate(device);
        assertEquals(0, fill(shape(1), 1, 6));
        assertEquals(6, device.floats(x)[0]);
    }
}
