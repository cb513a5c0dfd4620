package dev.leeway.io;

import java.util.Arrays;
import java.util.Optional;

/**
 * The element types of a safetensors file whose elements are whole bytes. The constants' names are the names in the file.
 * Packed types below one byte (F4, F6_E2M3, F6_E3M2) are not among them, so a file that holds one is refused by that name.
 */
public enum StoredType {
    BOOL(1, false),
    U8(1, false),
    I8(1, false),
    F8_E5M2(1, true),
    F8_E4M3(1, true),
    F8_E8M0(1, true),
    I16(2, false),
    U16(2, false),
    F16(2, true),
    BF16(2, true),
    I32(4, false),
    U32(4, false),
    F32(4, true),
    C64(8, true),
    F64(8, true),
    I64(8, false),
    U64(8, false);

    private final int bytes;
    private final boolean floating;

    StoredType(int bytes, boolean floating) {
        this.bytes = bytes;
        this.floating = floating;
    }

    /** Bytes of one element. */
    public int bytes() {
        return bytes;
    }

    /** Whether elements are floating-point numbers of any width. */
    public boolean isFloating() {
        return floating;
    }

    /** The type that a file calls {@code name}, if it is one of these. */
    public static Optional<StoredType> named(String name) {
        return Arrays.stream(values()).filter(type -> type.name().equals(name)).findFirst();
    }
}
