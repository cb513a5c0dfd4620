package dev.leeway.ffi;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One function of the C ABI and the fields of its argument struct, in order.
 *
 * <p>A field is written {@code KIND name}: {@code i64}, {@code u64}, {@code i32}, {@code f32}, {@code f64}, or a pointer, {@code in}
 * (const) or {@code out}, with {@code ?} where it may be NULL. A pointer may carry the shape and the type of what it points to, as in
 * {@code in x[rows,width]:dtype}: a factor is a size of the same struct, {@code size+1}, {@code size/2}, or a number; the type is a {@link
 * DType} or the field that holds it. From them {@link Call} checks every region before the call. A pointer without a shape is checked for
 * presence alone.
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

    /** A factor of a shape: {@code values[field] / divisor + addend}; without a field ({@code field < 0}) the addend alone. */
    record Factor(int field, long divisor, long addend) {
        long of(long[] values) {
            return field < 0 ? addend : values[field] / divisor + addend;
        }
    }

    /**
     * What a pointer points to.
     *
     * @param shape its factors, outermost first
     * @param typeField index of the field that holds the element type's code; negative = it is {@code type}
     * @param type the element type where no field holds it
     */
    record Extent(List<Factor> shape, int typeField, DType type) {
        private static final Extent UNKNOWN = new Extent(List.of(), -1, DType.U8);

        boolean isKnown() {
            return !shape.isEmpty();
        }

        /** Whether its bytes can be told: a weight's four-bit codes cannot, they have no {@link DType}. */
        boolean hasType(long[] values) {
            return typeField < 0 || DType.isCode(values[typeField]);
        }

        DType type(long[] values) {
            return typeField < 0 ? type : DType.ofCode(values[typeField]);
        }

        long bytes(long[] values) {
            long bytes = type(values).bytes();
            for (int i = 0; i < shape.size(); i++) {
                bytes = Math.multiplyExact(bytes, shape.get(i).of(values));
            }
            return bytes;
        }
    }

    /** A field: its kind, whether NULL is allowed, its name, its offset in the struct, and what it points to. */
    record Field(Kind kind, boolean optional, String name, long offset, Extent extent) {
    }

    private final String name;
    private final Field[] fields;
    private final long bytes;

    private Op(String name, List<Field> fields) {
        this.name = name;
        this.fields = fields.toArray(Field[]::new);
        var last = fields.getLast();
        this.bytes = (last.offset() + last.kind().bytes + 7) / 8 * 8;
    }

    /** Declares an op from its fields, separated by {@code ;}. Offsets follow C's rule: each field at a multiple of its size. */
    static Op of(String name, String declaration) {
        var parts = declaration.strip().split("\\s*;\\s*");
        var indices = new HashMap<String, Integer>();
        for (int i = 0; i < parts.length; i++) {
            indices.put(nameOf(parts[i]), i);
        }
        var fields = new ArrayList<Field>();
        long end = 0;
        for (var part : parts) {
            var field = parse(part, end, indices);
            fields.add(field);
            end = field.offset() + field.kind().bytes;
        }
        return new Op(name, fields);
    }

    private static String nameOf(String part) {
        var text = part.substring(part.indexOf(' ') + 1);
        int bracket = text.indexOf('[');
        return (bracket < 0 ? text : text.substring(0, bracket)).intern();
    }

    private static Field parse(String part, long end, Map<String, Integer> indices) {
        var word = part.substring(0, part.indexOf(' '));
        boolean optional = word.endsWith("?");
        var kind = Kind.valueOf(word.replace("?", "").toUpperCase(Locale.ROOT));
        long offset = (end + kind.bytes - 1) / kind.bytes * kind.bytes;
        return new Field(kind, optional, nameOf(part), offset, extent(part, indices));
    }

    private static Extent extent(String part, Map<String, Integer> indices) {
        int open = part.indexOf('[');
        if (open < 0) {
            return Extent.UNKNOWN;
        }
        int close = part.indexOf(']');
        var shape = new ArrayList<Factor>();
        for (var factor : part.substring(open + 1, close).split(",")) {
            shape.add(factor(factor, indices));
        }
        var type = part.substring(close + 2);
        var field = indices.get(type);
        return field == null ? new Extent(List.copyOf(shape), -1, DType.valueOf(type)) : new Extent(List.copyOf(shape), field, DType.U8);
    }

    private static Factor factor(String text, Map<String, Integer> indices) {
        var words = text.split("[+/]");
        var field = indices.get(words[0]);
        if (field == null) {
            return new Factor(-1, 1, Long.parseLong(text));
        }
        long number = words.length > 1 ? Long.parseLong(words[1]) : 0;
        return text.contains("/") ? new Factor(field, number, 0) : new Factor(field, 1, number);
    }

    /** The function's name without the prefix {@code leeway_}. */
    public String name() {
        return name;
    }

    String symbol() {
        return "leeway_" + name;
    }

    int fieldCount() {
        return fields.length;
    }

    Field field(int index) {
        return fields[index];
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
