package dev.leeway.io;

import static dev.leeway.io.Quote.quote;

import dev.leeway.LeewayException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;

/**
 * A tensor as a file holds it: little-endian elements in row-major order.
 * <p>
 * The data of a tensor that was read is a view of the mapped file: reading it costs nothing until its pages are touched, and it is valid
 * until the file is closed. If somebody shortens the file in the meantime, {@link #copyTo}, {@link #toFloats} and {@link #toDoubles}
 * fail with a sentence, but native code that is given {@link #data} would crash; copy first what a C function shall read.
 *
 * @param name  the name in the file
 * @param type  the element type
 * @param shape sizes of the dimensions, outermost first; empty for a scalar
 * @param data  exactly {@code elements × type.bytes()} bytes
 */
public record StoredTensor(String name, StoredType type, List<Long> shape, MemorySegment data) {

    /** Checks that the data are as many bytes as type and shape say. */
    public StoredTensor {
        shape = List.copyOf(shape);
        long expected = bytes(type, shape);
        if (expected < 0) {
            throw LeewayException.data("tensor %s: no memory can hold shape %s of %s", quote(name), shape, type);
        }
        if (data.byteSize() != expected) {
            throw LeewayException.data("tensor %s: %s of shape %s needs %d bytes, its data have %d",
                    quote(name), type, shape, expected, data.byteSize());
        }
    }

    /** A float32 tensor over a copy of {@code values}. */
    public static StoredTensor ofFloats(String name, List<Long> shape, float... values) {
        var data = MemorySegment.ofArray(new byte[Math.multiplyExact(values.length, Float.BYTES)]);
        MemorySegment.copy(values, 0, data, Little.F32, 0, values.length);
        return new StoredTensor(name, StoredType.F32, shape, data);
    }

    /** Bytes of a tensor, or −1 where a dimension is negative or the product overflows. */
    static long bytes(StoredType type, List<Long> shape) {
        long bytes = type.bytes();
        for (long size : shape) {
            if (size < 0 || Math.multiplyHigh(bytes, size) != 0 || bytes * size < 0) {
                return -1;
            }
            bytes *= size;
        }
        return bytes;
    }

    /** How many elements the shape has. */
    public long elements() {
        return data.byteSize() / type.bytes();
    }

    /** Elements {@code first … first+count-1} in row-major order as a tensor of one dimension, on the same data. */
    public StoredTensor part(long first, long count) {
        return new StoredTensor(name, type, List.of(count), data.asSlice(first * type.bytes(), count * type.bytes()));
    }

    /** Gives the memory back that pages of a mapped file take in this process; they are read again when they are touched again. */
    public void unload() {
        if (data.isMapped() && data.byteSize() > 0) {
            data.unload();
        }
    }

    /** The same data under another name. */
    public StoredTensor renamed(String newName) {
        return new StoredTensor(newName, type, shape, data);
    }

    /** Copies the bytes as they are. {@code destination} has exactly as many. */
    public void copyTo(MemorySegment destination) {
        requireRoom(destination, data.byteSize());
        guarded(() -> destination.copyFrom(data));
    }

    /**
     * Widens (F16, BF16), copies (F32) or rounds to nearest (F64) into native-order float32.
     * {@code destination} has exactly {@code 4 × elements} bytes. Other types are refused.
     */
    public void toFloats(MemorySegment destination) {
        requireRoom(destination, Math.multiplyExact(elements(), (long) Float.BYTES));
        guarded(() -> {
            switch (type) {
                case F32 -> MemorySegment.copy(data, Little.F32, 0, destination, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, elements());
                case BF16 -> Little.widenBfloat16(data, destination);
                case F16 -> Little.widenFloat16(data, destination);
                case F64 -> Little.narrowFloat64(data, destination);
                default -> throw LeewayException.data("tensor %s is %s; F32, BF16, F16 or F64 is expected", quote(name), type);
            }
        });
    }

    /** {@link #toFloats(MemorySegment)} into a new array. */
    public float[] toFloats() {
        var floats = new float[arrayLength()];
        toFloats(MemorySegment.ofArray(floats));
        return floats;
    }

    /** Every element as a double; exact for each type but 64-bit integers beyond 2⁵³. 8-bit floats and complex numbers are refused. */
    public double[] toDoubles() {
        var doubles = new double[arrayLength()];
        guarded(() -> Arrays.setAll(doubles, this::toDouble));
        return doubles;
    }

    private double toDouble(int index) {
        return switch (type) {
            case F64 -> data.getAtIndex(Little.F64, index);
            case F32 -> data.getAtIndex(Little.F32, index);
            case BF16 -> Float.intBitsToFloat(data.getAtIndex(Little.I16, index) << 16);
            case F16 -> Float.float16ToFloat(data.getAtIndex(Little.I16, index));
            case I64 -> data.getAtIndex(Little.I64, index);
            case U64 -> unsigned(data.getAtIndex(Little.I64, index));
            case I32 -> data.getAtIndex(Little.I32, index);
            case U32 -> Integer.toUnsignedLong(data.getAtIndex(Little.I32, index));
            case I16 -> data.getAtIndex(Little.I16, index);
            case U16 -> Short.toUnsignedInt(data.getAtIndex(Little.I16, index));
            case I8 -> data.get(ValueLayout.JAVA_BYTE, index);
            case U8, BOOL -> Byte.toUnsignedInt(data.get(ValueLayout.JAVA_BYTE, index));
            case F8_E5M2, F8_E4M3, F8_E8M0, C64 ->
                throw LeewayException.data("tensor %s is %s, which this version does not convert", quote(name), type);
        };
    }

    private static double unsigned(long bits) {
        return bits >= 0 ? bits : (bits >>> 1 | bits & 1) * 2.0;
    }

    private int arrayLength() {
        if (elements() > Integer.MAX_VALUE - 8) {
            throw LeewayException.data("tensor %s has %d elements, more than a Java array holds; copy it off-heap instead",
                    quote(name), elements());
        }
        return (int) elements();
    }

    private void requireRoom(MemorySegment destination, long expected) {
        if (destination.byteSize() != expected) {
            throw LeewayException.data("tensor %s: a destination of %d bytes is expected for %s of shape %s, found %d",
                    quote(name), expected, type, shape, destination.byteSize());
        }
    }

    private void guarded(Runnable access) {
        try {
            access.run();
            LostPages.raise();
        } catch (InternalError lost) {
            throw LeewayException.data(lost, "tensor %s can't be read: its file was shortened while it was open", quote(name));
        }
    }
}
