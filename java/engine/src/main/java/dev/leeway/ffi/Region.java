package dev.leeway.ffi;

import java.lang.foreign.MemorySegment;

/**
 * A stretch of a back end's memory: an address and how many bytes may be touched from there.
 *
 * @param address where it starts; 0 only for {@link #NONE}
 * @param bytes its length
 */
public record Region(long address, long bytes) {

    /** The absent region: what an op gets where the header says "or NULL". */
    public static final Region NONE = new Region(0, 0);

    /** The region of a native host segment. */
    public static Region of(MemorySegment segment) {
        return new Region(segment.address(), segment.byteSize());
    }

    /** The part of {@code length} bytes that starts {@code offset} bytes in. */
    public Region slice(long offset, long length) {
        if (offset < 0 || length < 0 || length > bytes - offset) {
            throw new IndexOutOfBoundsException("slice of " + length + " B at " + offset + " of a region of " + bytes + " B");
        }
        return new Region(address + offset, length);
    }

    boolean isAbsent() {
        return address == 0;
    }
}
