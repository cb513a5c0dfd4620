package dev.leeway.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Turns matrices on the host, for files that keep them the other way round than a device. */
public final class Transpose {

    private Transpose() {
    }

    /** Writes the transpose (columns, rows) of {@code from} (rows, columns); both hold fp32 and do not overlap. */
    public static void floats(MemorySegment from, long rows, long columns, MemorySegment to) {
        if (from.byteSize() != to.byteSize() || from.byteSize() != rows * columns * Float.BYTES) {
            throw new IllegalArgumentException("(%d, %d) fp32 needs %d B, got %d and %d".formatted(rows, columns,
                rows * columns * Float.BYTES, from.byteSize(), to.byteSize()));
        }
        for (long r = 0; r < rows; r++) {
            for (long c = 0; c < columns; c++) {
                to.setAtIndex(ValueLayout.JAVA_FLOAT, c * rows + r, from.getAtIndex(ValueLayout.JAVA_FLOAT, r * columns + c));
            }
        }
    }
}
