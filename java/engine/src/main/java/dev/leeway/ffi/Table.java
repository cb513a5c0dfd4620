package dev.leeway.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Entries of a table that an op reads from the back end's memory: made on the host, field by field like a {@link Call}, and uploaded. */
public final class Table {

    private final Op entry;
    private final MemorySegment memory;
    private final Call call;
    private int filled;

    /** A table of so many entries, such as {@link Ops#ADAMW_TENSOR}. */
    public Table(Op entry, int entries) {
        this.entry = entry;
        memory = Arena.ofAuto().allocate(entries * entry.bytes(), 16);
        call = new Call((same, bytes) -> { }, memory, entry.fieldCount());
    }

    /** Bytes of a table of so many entries. */
    public static long bytes(Op entry, int entries) {
        return entries * entry.bytes();
    }

    /** Begins the next entry; fill in its fields in order, then {@code run()}. */
    public Call next() {
        return call.begin(entry, memory.asSlice(filled++ * entry.bytes(), entry.bytes()));
    }

    /** All entries, one behind the other. */
    public MemorySegment memory() {
        return memory;
    }
}
