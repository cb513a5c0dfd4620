package dev.leeway.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Locale;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;

/**
 * One call of an {@link Op}, or one entry of a {@link Table}, filled in field by field in the header's order and then {@link #run}.
 *
 * <p>Names are given at the call site, so that it reads like the header, and are checked: a field out of order, a region that is too small,
 * or a missing one is refused before anything reaches native code. A native back end keeps one instance and reuses it; a call allocates
 * nothing.
 */
public final class Call {

    private final BiConsumer<Op, MemorySegment> end;
    private MemorySegment arguments;
    private final long[] values;
    private final Region[] regions;
    private Op op;
    private int next;

    /** A call of any op. */
    Call(BiConsumer<Op, MemorySegment> invoke, Arena arena) {
        this(invoke, arena.allocate(Ops.ALL.stream().mapToLong(Op::bytes).max().orElseThrow(), 16),
            Ops.ALL.stream().mapToInt(Op::fieldCount).max().orElseThrow());
    }

    /** Fills these bytes in; {@code end} gets them once they are complete. */
    Call(BiConsumer<Op, MemorySegment> end, MemorySegment arguments, int fields) {
        this.end = end;
        this.arguments = arguments;
        values = new long[fields];
        regions = new Region[fields];
    }

    Call begin(Op op, MemorySegment entry) {
        arguments = entry;
        return begin(op);
    }

    Call begin(Op op) {
        this.op = op;
        this.next = 0;
        return this;
    }

    /** Sets a size, a count, an index or an unsigned 64-bit seed. */
    public Call i64(String name, long value) {
        var field = take(name);
        if (field.kind() != Op.Kind.I64 && field.kind() != Op.Kind.U64) {
            throw wrongKind(field, "a 64-bit integer");
        }
        values[next - 1] = value;
        arguments.set(ValueLayout.JAVA_LONG, field.offset(), value);
        return this;
    }

    /** Sets a flag or a 32-bit enumeration. */
    public Call i32(String name, int value) {
        var field = take(name);
        require(field, Op.Kind.I32, "a 32-bit integer");
        values[next - 1] = value;
        arguments.set(ValueLayout.JAVA_INT, field.offset(), value);
        return this;
    }

    /** Sets a number type. */
    public Call dtype(String name, DType value) {
        return i32(name, value.code());
    }

    /** Sets a single-precision scalar. */
    public Call f32(String name, double value) {
        var field = take(name);
        require(field, Op.Kind.F32, "a float");
        arguments.set(ValueLayout.JAVA_FLOAT, field.offset(), (float) value);
        return this;
    }

    /** Sets a double-precision scalar. */
    public Call f64(String name, double value) {
        var field = take(name);
        require(field, Op.Kind.F64, "a double");
        arguments.set(ValueLayout.JAVA_DOUBLE, field.offset(), value);
        return this;
    }

    /** Sets a pointer to a region, or to nothing with {@link Region#NONE}. */
    public Call at(String name, Region region) {
        var field = take(name);
        if (!field.kind().isPointer()) {
            throw wrongKind(field, "a pointer");
        }
        if (region.isAbsent() && !field.optional()) {
            throw new IllegalArgumentException(op + ": " + name + " must be given");
        }
        regions[next - 1] = region;
        arguments.set(ValueLayout.JAVA_LONG, field.offset(), region.address());
        return this;
    }

    /**
     * Checks the regions and calls the back end, or ends an entry of a table; a refusal becomes a {@link dev.leeway.LeewayException}.
     */
    public void run() {
        if (next != op.fieldCount()) {
            throw new IllegalArgumentException(op + ": " + op.field(next).name() + " is not set");
        }
        for (int i = 0; i < next; i++) {
            var field = op.field(i);
            if (field.extent().isKnown() && !regions[i].isAbsent() && field.extent().hasType(values)) {
                checkSize(field, regions[i]);
            }
        }
        end.accept(op, arguments);
    }

    private void checkSize(Op.Field field, Region region) {
        long needed = field.extent().bytes(values);
        if (region.bytes() < needed) {
            var shape = field.extent().shape().stream().map(factor -> Long.toString(factor.of(values))).collect(Collectors.joining(", "));
            throw new IllegalArgumentException("%s: %s needs %d B for (%s) %s, got %d B".formatted(op, field.name(), needed, shape,
                field.extent().type(values).name().toLowerCase(Locale.ROOT), region.bytes()));
        }
    }

    private Op.Field take(String name) {
        if (next == op.fieldCount() || !op.field(next).name().equals(name)) {
            throw new IllegalArgumentException(op + ": " + name + " is not the next field"
                + (next < op.fieldCount() ? "; " + op.field(next).name() + " is" : ""));
        }
        return op.field(next++);
    }

    private void require(Op.Field field, Op.Kind kind, String given) {
        if (field.kind() != kind) {
            throw wrongKind(field, given);
        }
    }

    private IllegalArgumentException wrongKind(Op.Field field, String given) {
        return new IllegalArgumentException(op + ": " + field.name() + " is " + field.kind() + ", not " + given);
    }
}
