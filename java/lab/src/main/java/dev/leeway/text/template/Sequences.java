package dev.leeway.text.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.PrimitiveIterator;

/** What can be walked, counted, searched and cut: lists and their like, maps (by key), texts (by code point), streams. */
final class Sequences {

    private static final BigInteger MOST = BigInteger.valueOf(Integer.MAX_VALUE);

    private Sequences() {}

    static boolean iterable(Value value) {
        return value instanceof Items || value instanceof Dict || value instanceof Text || value instanceof Stream
                || value instanceof Undefined;
    }

    static Iterator<Value> iterate(Value value) {
        return switch (value) {
            case Items items -> items.elements().iterator();
            case Dict dict -> dict.keys().iterator();
            case Text text -> characters(text);
            case Stream stream -> stream.values();
            case Undefined _ -> Collections.emptyIterator();
            default -> throw TemplateFailure.of("'%s' object is not iterable", value.typeName());
        };
    }

    private static Iterator<Value> characters(Text text) {
        PrimitiveIterator.OfInt points = text.value().codePoints().iterator();
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return points.hasNext();
            }

            @Override
            public Value next() {
                return Text.of(Character.toString(points.nextInt()));
            }
        };
    }

    /** All elements, paid for. */
    static List<Value> list(Value value, Budget budget) {
        if (value instanceof Items items && items.kind() != Items.Kind.RANGE) {
            return items.elements();
        }
        List<Value> all = new ArrayList<>();
        for (Iterator<Value> values = iterate(value); values.hasNext();) {
            budget.elements(1);
            all.add(values.next());
        }
        return all;
    }

    static int length(Value value) {
        return switch (value) {
            case Items items -> items.elements().size();
            case Dict dict -> dict.size();
            case Text text -> CodePoints.length(text.value());
            case Undefined _ -> 0;
            default -> throw TemplateFailure.of("object of type '%s' has no len()", value.typeName());
        };
    }

    /** Python's {@code item in container}. */
    static boolean contains(Value container, Value item, Budget budget) {
        return switch (container) {
            case Text text when item instanceof Text part -> {
                budget.search(text.value(), part.value());
                yield text.value().contains(part.value());
            }
            case Text _ -> throw TemplateFailure.of("'in <string>' requires string as left operand, not %s", item.typeName());
            case Dict dict -> dict.get(item).isPresent();
            case Items items -> items.elements().stream().anyMatch(element -> Equality.equal(element, item, budget));
            case Stream stream -> streamContains(stream.values(), item, budget);
            case Undefined _ -> false;
            default -> throw TemplateFailure.of("argument of type '%s' is not iterable", container.typeName());
        };
    }

    private static boolean streamContains(Iterator<Value> values, Value item, Budget budget) {
        while (values.hasNext()) {
            if (Equality.equal(values.next(), item, budget)) {
                return true;
            }
        }
        return false;
    }

    /** The element at a position, counted from the end if negative; empty beyond both ends. */
    static Optional<Value> at(Value row, BigInteger position) {
        int length = length(row);
        BigInteger index = position.signum() < 0 ? position.add(BigInteger.valueOf(length)) : position;
        if (index.signum() < 0 || index.compareTo(BigInteger.valueOf(length)) >= 0) {
            return Optional.empty();
        }
        int i = index.intValue();
        return Optional.of(row instanceof Text text ? text.with(CodePoints.part(text.value(), i, i + 1)) : ((Items) row).elements().get(i));
    }

    /** Whether elements have positions. */
    static boolean indexed(Value value) {
        return value instanceof Text || value instanceof Items items && items.kind().indexed();
    }

    /** Python's {@code row[start:stop:step]}, each part {@code None} where it isn't given. */
    static Value slice(Value row, Value start, Value stop, Value step, Budget budget) {
        long stride = bound(step).orElse(1L);
        if (stride == 0) {
            throw TemplateFailure.of("slice step cannot be zero");
        }
        int length = length(row);
        long from = bound(start).map(b -> clamp(b, length, stride)).orElse(stride > 0 ? 0L : length - 1L);
        long to = bound(stop).map(b -> clamp(b, length, stride)).orElse(stride > 0 ? length : -1L);
        long distance = stride > 0 ? to - from : from - to;
        int count = distance <= 0 ? 0 : (int) ((distance - 1) / Math.abs(stride)) + 1;
        return row instanceof Text text ? text.with(characters(text.value(), from, stride, count, budget))
                : elements((Items) row, from, stride, count, budget);
    }

    private static Optional<Long> bound(Value value) {
        if (value == Value.None.NONE) {
            return Optional.empty();
        }
        BigInteger number = Numbers.integer(value)
                .orElseThrow(() -> TemplateFailure.of("slice indices must be integers or None or have an __index__ method"));
        return Optional.of(number.max(MOST.negate()).min(MOST).longValue());
    }

    private static long clamp(long bound, int length, long stride) {
        long position = bound < 0 ? bound + length : bound;
        return stride > 0 ? Math.clamp(position, 0, length) : Math.clamp(position, -1, length - 1);
    }

    private static String characters(String text, long from, long stride, int count, Budget budget) {
        budget.chars(count);
        if (stride == 1 || count == 0) {
            return CodePoints.part(text, count == 0 ? 0 : (int) from, count == 0 ? 0 : (int) from + count);
        }
        budget.chars(text.length());
        int[] points = text.codePoints().toArray();
        var out = new StringBuilder();
        for (int i = 0; i < count; i++) {
            out.appendCodePoint(points[(int) (from + i * stride)]);
        }
        return out.toString();
    }

    private static Items elements(Items row, long from, long stride, int count, Budget budget) {
        if (row.elements() instanceof Items.Progression range) {
            return Items.range(range.start() + from * range.step(), range.step() * stride, count);
        }
        budget.elements(count);
        List<Value> part = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            part.add(row.elements().get((int) (from + i * stride)));
        }
        return Items.of(row.kind() == Items.Kind.LIST ? Items.Kind.LIST : Items.Kind.TUPLE, part);
    }
}
