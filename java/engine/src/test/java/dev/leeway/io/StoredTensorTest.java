package dev.leeway.io;

import static dev.leeway.io.Failures.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class StoredTensorTest {

    private static final int ALL_HALVES = 1 << 16;

    private static StoredTensor tensor(StoredType type, int elements, Consumer<ByteBuffer> fill) {
        var buffer = ByteBuffer.allocate(elements * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        fill.accept(buffer);
        return new StoredTensor("t", type, List.of((long) elements), MemorySegment.ofArray(buffer.array()));
    }

    private static StoredTensor allHalves(StoredType type) {
        return tensor(type, ALL_HALVES, buffer -> IntStream.range(0, ALL_HALVES).forEach(bits -> buffer.putShort((short) bits)));
    }

    /** The value of sign, exponent and fraction bits by definition, in doubles (exact for both halves). */
    private static double value(int bits, int fractionBits, int bias) {
        int exponentBits = 15 - fractionBits;
        int exponent = bits >> fractionBits & (1 << exponentBits) - 1;
        double fraction = (bits & (1 << fractionBits) - 1) / (double) (1 << fractionBits);
        double sign = bits >= 1 << 15 ? -1 : 1;
        if (exponent == (1 << exponentBits) - 1) {
            return fraction == 0 ? sign * Double.POSITIVE_INFINITY : Double.NaN;
        }
        return exponent == 0 ? sign * fraction * Math.pow(2, 1 - bias) : sign * (1 + fraction) * Math.pow(2, exponent - bias);
    }

    @Test
    void everyBfloat16IsWidenedExactly() {
        var expected = IntStream.range(0, ALL_HALVES).mapToDouble(bits -> value(bits, 7, 127)).toArray();
        assertWidened(expected, allHalves(StoredType.BF16));
    }

    @Test
    void everyFloat16IsWidenedExactly() {
        var expected = IntStream.range(0, ALL_HALVES).mapToDouble(bits -> value(bits, 10, 15)).toArray();
        assertWidened(expected, allHalves(StoredType.F16));
    }

    private static void assertWidened(double[] expected, StoredTensor tensor) {
        assertArrayEquals(expected, tensor.toDoubles());
        var floats = tensor.toFloats();
        assertArrayEquals(expected, IntStream.range(0, floats.length).mapToDouble(i -> floats[i]).toArray());
    }

    @Test
    void lengthsAroundTheBlockSizeAreWidenedToTheLastElementAndNoFurther() {
        for (int elements : new int[] {0, 1, 2047, 2048, 2049, 5000}) {
            var tensor = tensor(StoredType.BF16, elements, buffer ->
                    IntStream.range(0, elements).forEach(i -> buffer.putShort((short) (Float.floatToIntBits(i % 128) >>> 16))));
            try (var arena = Arena.ofConfined()) {
                var room = arena.allocate((elements + 1) * 4L, 4);
                room.set(ValueLayout.JAVA_FLOAT, elements * 4L, -1);
                tensor.toFloats(room.asSlice(0, elements * 4L));
                for (int i = 0; i < elements; i++) {
                    assertEquals(i % 128, room.getAtIndex(ValueLayout.JAVA_FLOAT, i));
                }
                assertEquals(-1, room.getAtIndex(ValueLayout.JAVA_FLOAT, elements));
            }
        }
    }

    @Test
    void float64IsRoundedToNearestAndFloat32KeepsItsBits() {
        double third = 1 / 3.0;
        assertArrayEquals(new float[] {(float) third, 2}, tensor(StoredType.F64, 2, b -> b.putDouble(third).putDouble(2)).toFloats());
        int signallingNan = 0x7f800001;
        var copied = tensor(StoredType.F32, 1, b -> b.putInt(signallingNan));
        var destination = MemorySegment.ofArray(new byte[4]);
        copied.toFloats(destination);
        assertEquals(signallingNan, destination.get(ValueLayout.JAVA_INT_UNALIGNED, 0));
    }

    @Test
    void integersOfEveryWidthBecomeDoubles() {
        assertArrayEquals(new double[] {-1, 200}, tensor(StoredType.I16, 2, b -> b.putShort((short) -1).putShort((short) 200)).toDoubles());
        assertArrayEquals(new double[] {65535}, tensor(StoredType.U16, 1, b -> b.putShort((short) -1)).toDoubles());
        assertArrayEquals(new double[] {-7}, tensor(StoredType.I32, 1, b -> b.putInt(-7)).toDoubles());
        assertArrayEquals(new double[] {4294967295.0}, tensor(StoredType.U32, 1, b -> b.putInt(-1)).toDoubles());
        assertArrayEquals(new double[] {-1L << 53}, tensor(StoredType.I64, 1, b -> b.putLong(-1L << 53)).toDoubles());
        assertArrayEquals(new double[] {0x1p64, 3}, tensor(StoredType.U64, 2, b -> b.putLong(-1).putLong(3)).toDoubles());
        assertArrayEquals(new double[] {-128, 127}, tensor(StoredType.I8, 2, b -> b.put((byte) -128).put((byte) 127)).toDoubles());
        assertArrayEquals(new double[] {255}, tensor(StoredType.U8, 1, b -> b.put((byte) 255)).toDoubles());
        assertArrayEquals(new double[] {1, 0}, tensor(StoredType.BOOL, 2, b -> b.put((byte) 1)).toDoubles());
    }

    @Test
    void wrongDestinationsTypesAndSizesAreRefused() {
        var integers = tensor(StoredType.I32, 2, b -> { });
        assertRefused(integers::toFloats, "\"t\" is I32", "F32, BF16, F16 or F64");
        assertRefused(() -> integers.copyTo(MemorySegment.ofArray(new byte[7])), "a destination of 8 bytes is expected", "found 7");
        assertRefused(tensor(StoredType.F8_E4M3, 1, b -> { })::toDoubles, "F8_E4M3");
        assertRefused(() -> new StoredTensor("t", StoredType.F32, List.of(3L), MemorySegment.ofArray(new byte[8])),
                "F32 of shape [3] needs 12 bytes, its data have 8");
        assertRefused(() -> new StoredTensor("t", StoredType.F32, List.of(-3L), MemorySegment.ofArray(new byte[8])), "shape [-3]");
    }
}
