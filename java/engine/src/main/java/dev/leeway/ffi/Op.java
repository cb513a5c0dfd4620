package dev.leeway.ffi;

import java.util.ArrayList;
import java.util.List;

/**
 * One function of the C ABI and the fields of its argument struct, in order.
 *
 * <p>A field is written {@code KIND name}: {@code i64}, {@code u64}, {@code i32}, {@code f32}, {@code f64}, or a pointer, {@code in} (const) or
 * {@code out}, with {@code ?} where it may be NULL. A pointer may carry the shape and the type of what it points to, as in
 * {@code in x[rows,width]:dtype}: the factors are sizes of the same struct, the type is a {@link DType} or the dtype field that holds it. From them
 * {@link Call} checks every region before the call. A pointer without a shape is checked for presence alone.
 */
public final class Op {

    enum Kind {
        I64(8), U64(8), F64(8), IN(8), OUT(8), I32(4), F32(4);

        final int bytes;

        Kind(int bytes) {
            this.bytes = bytes;
        }

        boolean isPointer() {
            return this == IN || this == OUT;
        }
    }

    /** A field: its kind, whether NULL is allowed, its name, and for pointers the shape's factors and the element type. */
    record Field(Kind kind, boolean optional, String name, List<String> shape, String elements, long offset) {
        boolean hasShape() {
            return !elements.isEmpty();
        }
    }

    private final String name;
    private final List<Field> fields;
    private final long bytes;

    private Op(String name, List<Field> fields, long bytes) {
        this.name = name;
        this.fields = List.copyOf(fields);
        this.bytes = bytes;
    }

    /** Declares an op from the list of its fields, separated by {@code ;}. Offsets follow C's rule: each field at a multiple of its size. */
    static Op of(String name, String declaration) {
        var fields = new ArrayList<Field>();
        long end = 0;
        for (var part : declaration.split(";")) {
            var field = parse(part.strip(), end);
            fields.add(field);
            end = field.offset() + field.kind().bytes;
        }
        return new Op(name, fields, (end + 7) / 8 * 8);
    }

    private static Field parse(String text, long end) {
        var words = text.split(" ", 2);
        boolean optional = words[0].endsWith("?");
        var kind = Kind.valueOf(words[0].replace("?", "").toUpperCase(java.util.Locale.ROOT));
        long offset = (end + kind.bytes - 1) / kind.bytes * kind.bytes;
        int bracket = words[1].indexOf('[');
        if (bracket < 0) {
            return new Field(kind, optional, words[1], List.of(), "", offset);
        }
        int close = words[1].indexOf(']');
        var shape = List.of(words[1].substring(bracket + 1, close).split(","));
        return new Field(kind, optional, words[1].substring(0, bracket), shape, words[1].substring(close + 2), offset);
    }

    /** The function's name without the prefix {@code leeway_}. */
    public String name() {
        return name;
    }

    String symbol() {
        return "leeway_" + name;
    }

    List<Field> fields() {
        return fields;
    }

    /** Bytes of the argument struct. */
    long bytes() {
        return bytes;
    }

    @Override
    public String toString() {
        return name;
    }
}
