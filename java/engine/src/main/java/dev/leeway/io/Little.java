package dev.leeway.io;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Little-endian elements at any alignment, and the three conversions to float32 that model files need in bulk. */
final class Little {

    static final ValueLayout.OfShort I16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfDouble F64 = ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Elements that pass through a heap buffer at once: small enough for the first-level cache, loops over arrays vectorise. */
    private static final int BLOCK = 2048;

    private Little() {
    }

    /** A bfloat16 is the upper half of a float32; moved as bits, so that signalling NaNs keep theirs. */
    static void widenBfloat16(MemorySegment from, MemorySegment to) {
        var halves = new short[BLOCK];
        var bits = new int[BLOCK];
        long elements = from.byteSize() / Short.BYTES;
        for (long start = 0; start < elements; start += BLOCK) {
            int count = (int) Math.min(BLOCK, elements - start);
            MemorySegment.copy(from, I16, start * Short.BYTES, halves, 0, count);
            for (int i = 0; i < count; i++) {
                bits[i] = halves[i] << 16;
            }
            MemorySegment.copy(bits, 0, to, ValueLayout.JAVA_INT_UNALIGNED, start * Float.BYTES, count);
        }
    }

    /** IEEE 754 binary16, subnormal numbers included. */
    static void widenFloat16(MemorySegment from, MemorySegment to) {
        var halves = new short[BLOCK];
        var floats = new float[BLOCK];
        long elements = from.byteSize() / Short.BYTES;
        for (long start = 0; start < elements; start += BLOCK) {
            int count = (int) Math.min(BLOCK, elements - start);
            MemorySegment.copy(from, I16, start * Short.BYTES, halves, 0, count);
            for (int i = 0; i < count; i++) {
                floats[i] = Float.float16ToFloat(halves[i]);
            }
            MemorySegment.copy(floats, 0, to, ValueLayout.JAVA_FLOAT_UNALIGNED, start * Float.BYTES, count);
        }
    }

    /** Rounds to nearest, ties to even. */
    static void narrowFloat64(MemorySegment from, MemorySegment to) {
        var doubles = new double[BLOCK];
        var floats = new float[BLOCK];
        long elements = from.byteSize() / Double.BYTES;
        for (long start = 0; start < elements; start += BLOCK) {
            int count = (int) Math.min(BLOCK, elements - start);
            MemorySegment.copy(from, F64, start * Double.BYTES, doubles, 0, count);
            for (int i = 0; i < count; i++) {
                floats[i] = (float) doubles[i];
            }
            MemorySegment.copy(floats, 0, to, ValueLayout.JAVA_FLOAT_UNALIGNED, start * Float.BYTES, count);
        }
    }
}
