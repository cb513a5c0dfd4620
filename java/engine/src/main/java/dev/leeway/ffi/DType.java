package dev.leeway.ffi;

/** The number types of the C ABI, in the order of {@code leeway_dtype}. */
public enum DType {
    /** IEEE single precision. */
    F32(4),
    /** The upper half of a single: 8 exponent bits, 7 of fraction. */
    BF16(2),
    /** IEEE double precision. */
    F64(8),
    /** Signed 32-bit integers: tokens, positions, row indices. */
    I32(4),
    /** Signed 64-bit integers. */
    I64(8),
    /** Codes of a blockwise 8-bit optimiser moment. */
    U8(1);

    private static final DType[] BY_CODE = values();

    private final int bytes;

    DType(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes of one element. */
    public int bytes() {
        return bytes;
    }

    /** The value of {@code leeway_dtype}. */
    public int code() {
        return ordinal();
    }

    static boolean isCode(long code) {
        return code >= 0 && code < BY_CODE.length;
    }

    static DType ofCode(long code) {
        return BY_CODE[(int) code];
    }
}
