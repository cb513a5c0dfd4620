package dev.leeway.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One call of an {@link Op}, filled in field by field in the header's order and then {@link #run}.
 *
 * <p>Names are given at the call site, so that it reads like the header, and are checked: a field out of order, a region that is too small, or
 * a missing one is refused before anything reaches native code. A native back end keeps one instance and reuses it.
 */
public final class Call {

    private static final int LARGEST_STRUCT = 512;

    private final Native library;
    private final MemorySegment arguments;
    private final Map<String, Long> sizes = new HashMap<>();
    private final Region[] regions = new Region[LARGEST_STRUCT / 8];
    private Op op;
    private int next;

    Call(Native library, Arena arena) {
        this.library = library;
        this.arguments = arena.allocate(LARGEST_STRUCT, 16);
    }

    Call begin(Op op) {
        this.op = op;
        this.next = 0;
        sizes.clear();
        arguments.fill((byte) 0);
        return this;
    }

    /** Sets a size, a count, an index or an unsigned 64-bit seed. */
    public Call i64(String name, long value) {
        var field = take(name);
        if (field.kind() != Op.Kind.I64 && field.kind() != Op.Kind.U64) {
            throw wrongKind(field, "a 64-bit integer");
        }
        sizes.put(name, value);
        arguments.set(ValueLayout.JAVA_LONG, field.offset(), value);
        return this;
    }

    /** Sets a flag or a 32-bit enumeration. */
    public Call i32(String name, int value) {
        var field = take(name);
        require(field, Op.Kind.I32, "a 32-bit integer");
        sizes.put(name, (long) value);
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
        int index = next;
        var field = take(name);
        if (!field.kind().isPointer()) {
            throw wrongKind(field, "a pointer");
        }
        if (region.isAbsent() && !field.optional()) {
            throw new IllegalArgumentException(op + ": " + name + " must be given");
        }
        regions[index] = region;
        arguments.set(ValueLayout.JAVA_LONG, field.offset(), region.address());
        return this;
    }

    /** Checks the regions and calls the back end; a refusal becomes a {@link dev.leeway.LeewayException}. */
    public void run() {
        if (next != op.fields().size()) {
            throw new IllegalArgumentException(op + ": " + op.fields().get(next).name() + " is not set");
        }
        for (int i = 0; i < next; i++) {
            var field = op.fields().get(i);
            if (field.kind().isPointer() && field.hasShape() && !regions[i].isAbsent()) {
                checkSize(field, regions[i]);
            }
        }
        library.invoke(op, arguments);
    }

    private void checkSize(Op.Field field, Region region) {
        var type = elementType(field);
        long elements = 1;
        for (var factor : field.shape()) {
            elements = Math.multiplyExact(elements, value(factor));
        }
        long needed = Math.multiplyExact(elements, (long) type.bytes());
        if (region.bytes() < needed) {
            var shape = field.shape().stream().map(factor -> Long.toString(value(factor))).toList();
            throw new IllegalArgumentException("%s: %s needs %d B for (%s) %s, got %d B".formatted(
                op, field.name(), needed, String.join(", ", shape), type.name().toLowerCase(java.util.Locale.ROOT), region.bytes()));
        }
    }

    private DType elementType(Op.Field field) {
        var code = sizes.get(field.elements());
        return code == null ? DType.valueOf(field.elements()) : DType.values()[code.intValue()];
    }

    /** A factor of a shape: a size of the struct, {@code size+1}, or a literal. */
    private long value(String factor) {
        int plus = factor.indexOf('+');
        if (plus > 0) {
            return value(factor.substring(0, plus)) + Long.parseLong(factor.substring(plus + 1));
        }
        var size = sizes.get(factor);
        return size != null ? size : Long.parseLong(factor);
    }

    private Op.Field take(String name) {
        List<Op.Field> fields = op.fields();
        if (next == fields.size() || !fields.get(next).name().equals(name)) {
            throw new IllegalArgumentException(op + ": " + name + " is not the next field"
                + (next < fields.size() ? "; " + fields.get(next).name() + " is" : ""));
        }
        return fields.get(next++);
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
