package dev.leeway.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The upper half of an IEEE single: 1 sign bit, 8 of exponent, 7 of fraction. */
public final class Bfloat16 {

    private static final int QUIET = 0x40;

    private Bfloat16() {
    }

    /** The bits of the nearest bf16, ties to even; NaN stays NaN. */
    public static short round(float x) {
        int bits = Float.floatToRawIntBits(x);
        return Float.isNaN(x) ? (short) (bits >>> 16 | QUIET) : (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
    }

    /** The float of the same value. */
    public static float widen(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    /** Rounded copies of floats, in native memory of the arena. */
    public static MemorySegment narrow(MemorySegment floats, Arena arena) {
        long count = floats.byteSize() / Float.BYTES;
        var narrowed = arena.allocate(Math.max(1, count * Short.BYTES), 64).asSlice(0, count * Short.BYTES);
        for (long i = 0; i < count; i++) {
            narrowed.setAtIndex(ValueLayout.JAVA_SHORT, i, round(floats.getAtIndex(ValueLayout.JAVA_FLOAT, i)));
        }
        return narrowed;
    }
}
