package dev.leeway.text.template;

import java.math.BigDecimal;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/** Python's {@code ==} and {@code <}: numbers by value, texts by code points, lists and tuples element by element. */
final class Equality {

    private Equality() {}

    static boolean equal(Value a, Value b, Budget budget) {
        budget.step();
        if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
            return compareNumbers(a, b, budget) == 0;
        }
        return switch (a) {
            case Text text -> b instanceof Text other && equalTexts(text.value(), other.value(), budget);
            case Items items -> b instanceof Items other && items.typeName().equals(other.typeName())
                    && allEqual(items.elements(), other.elements(), budget);
            case Dict dict -> b instanceof Dict other && equalMaps(dict, other, budget);
            case Undefined _ -> b instanceof Undefined;
            default -> a == b;
        };
    }

    static boolean allEqual(List<Value> a, List<Value> b, Budget budget) {
        if (a.size() != b.size()) {
            return false;
        }
        Iterator<Value> others = b.iterator();
        return a.stream().allMatch(value -> equal(value, others.next(), budget));
    }

    private static boolean equalTexts(String a, String b, Budget budget) {
        budget.look(a.length() == b.length() ? a.length() : 0);
        return a.equals(b);
    }

    private static boolean equalMaps(Dict a, Dict b, Budget budget) {
        return a.size() == b.size() && a.keys().stream()
                .allMatch(key -> b.get(key).filter(value -> equal(value, a.get(key).orElseThrow(), budget)).isPresent());
    }

    /** Negative, zero or positive; NaN is beyond every other number. */
    private static int compareNumbers(Value a, Value b, Budget budget) {
        budget.look((long) Numbers.bits(a) + Numbers.bits(b));
        double x = a instanceof Value.Real real ? real.value() : 0;
        double y = b instanceof Value.Real real ? real.value() : 0;
        if (a instanceof Value.Int m && b instanceof Value.Int n) {
            return m.value().compareTo(n.value());
        }
        if (Double.isFinite(x) && Double.isFinite(y)) {
            return exact(a).compareTo(exact(b));
        }
        return x == y && !Double.isNaN(x) ? 0 : Double.isNaN(x) || Double.isNaN(y) ? 1 : Double.compare(x, y);
    }

    private static BigDecimal exact(Value number) {
        return Numbers.integer(number).map(BigDecimal::new).orElseGet(() -> new BigDecimal(Numbers.real(number)));
    }

    /** The order of two values, for the operator that asks for it. */
    static int compare(String operator, Value a, Value b, Budget budget) {
        Arithmetic.requireDefined(a);
        Arithmetic.requireDefined(b);
        return order(a, b, budget).orElseThrow(() -> TemplateFailure.of("'%s' not supported between instances of '%s' and '%s'",
                operator, a.typeName(), b.typeName()));
    }

    private static Optional<Integer> order(Value a, Value b, Budget budget) {
        budget.step();
        if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
            return Optional.of(compareNumbers(a, b, budget));
        }
        if (a instanceof Text x && b instanceof Text y) {
            budget.look(Math.min(x.value().length(), y.value().length()));
            return Optional.of(compareTexts(x.value(), y.value()));
        }
        if (a instanceof Items x && b instanceof Items y && x.typeName().equals(y.typeName()) && ordered(x.kind())) {
            return Optional.of(compareRows(x.elements(), y.elements(), budget));
        }
        return Optional.empty();
    }

    private static boolean ordered(Items.Kind kind) {
        return kind.indexed() && kind != Items.Kind.RANGE;
    }

    private static int compareRows(List<Value> a, List<Value> b, Budget budget) {
        for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
            if (!equal(a.get(i), b.get(i), budget)) {
                return compare("<", a.get(i), b.get(i), budget);
            }
        }
        return Integer.compare(a.size(), b.size());
    }

    /** By code points: a surrogate pair comes after every character that needs none. */
    static int compareTexts(String a, String b) {
        for (int i = 0; i < Math.min(a.length(), b.length()); i++) {
            char x = a.charAt(i);
            char y = b.charAt(i);
            if (x != y) {
                boolean bothPlain = Character.isSurrogate(x) == Character.isSurrogate(y);
                return bothPlain ? Character.compare(x, y) : Character.isSurrogate(x) ? 1 : -1;
            }
        }
        return Integer.compare(a.length(), b.length());
    }
}
