package dev.leeway.text.template;

import dev.leeway.text.template.Value.Int;
import dev.leeway.text.template.Value.Real;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What the operators do on every pair of types: numbers add up, texts and lists join and repeat, {@code %} fills in a text. */
final class Arithmetic {

    private Arithmetic() {}

    static Value apply(Operator operator, Value left, Value right, Run run) {
        if (Numbers.isNumber(left) && Numbers.isNumber(right)) {
            run.budget().look((long) Numbers.bits(left) + Numbers.bits(right));
            return Numbers.apply(operator, left, right);
        }
        if (operator == Operator.MODULO && left instanceof Text format) {
            return format.with(PercentFormat.format(format, right, run));
        }
        requireDefined(left);
        requireDefined(right);
        return switch (operator) {
            case ADD -> join(left, right, run.budget());
            case MULTIPLY -> repeat(left, right, run.budget());
            default -> throw mismatch(operator, left, right);
        };
    }

    static Value negate(Value value) {
        requireDefined(value);
        if (value instanceof Real real) {
            return new Real(-real.value());
        }
        return new Int(Numbers.integer(value).map(BigInteger::negate)
                .orElseThrow(() -> TemplateFailure.of("bad operand type for unary -: '%s'", value.typeName())));
    }

    static Value plus(Value value) {
        requireDefined(value);
        if (value instanceof Real) {
            return value;
        }
        return new Int(Numbers.integer(value)
                .orElseThrow(() -> TemplateFailure.of("bad operand type for unary +: '%s'", value.typeName())));
    }

    static void requireDefined(Value value) {
        if (value instanceof Undefined undefined) {
            throw undefined.failure();
        }
    }

    private static Value join(Value left, Value right, Budget budget) {
        if (left instanceof Text a && right instanceof Text b) {
            return joinTexts(a, b, budget);
        }
        if (left instanceof Items a && right instanceof Items b && a.typeName().equals(b.typeName()) && joins(a)) {
            budget.elements((long) a.elements().size() + b.elements().size());
            List<Value> all = new ArrayList<>(a.elements());
            all.addAll(b.elements());
            return Items.of(a.kind() == Items.Kind.LIST ? Items.Kind.LIST : Items.Kind.TUPLE, Collections.unmodifiableList(all));
        }
        if (left instanceof Text || left instanceof Items items && joins(items)) {
            throw TemplateFailure.of("can only concatenate %s (not \"%s\") to %1$s", left.typeName(), right.typeName());
        }
        throw mismatch(Operator.ADD, left, right);
    }

    private static boolean joins(Items items) {
        return switch (items.kind()) {
            case LIST, TUPLE, GROUP -> true;
            default -> false;
        };
    }

    private static Text joinTexts(Text a, Text b, Budget budget) {
        boolean markup = a.markup() || b.markup();
        String left = markup ? a.escaped(budget).value() : a.value();
        String right = markup ? b.escaped(budget).value() : b.value();
        budget.chars((long) left.length() + right.length());
        return new Text(left + right, markup);
    }

    private static Value repeat(Value left, Value right, Budget budget) {
        if (Numbers.integer(left).isPresent() && Numbers.integer(right).isEmpty()) {
            return repeat(right, left, budget);
        }
        BigInteger wanted = Numbers.integer(right).orElseThrow(() -> mismatch(Operator.MULTIPLY, left, right));
        long times = wanted.max(BigInteger.ZERO).min(BigInteger.valueOf(Integer.MAX_VALUE)).longValue();
        if (left instanceof Text text) {
            return text.with(text.value().isEmpty() ? "" : new Output(budget).repeat(text.value(), times).toString());
        }
        if (left instanceof Items items && joins(items)) {
            budget.elements(times * items.elements().size());
            List<Value> all = new ArrayList<>();
            for (long i = 0; i < times && !items.elements().isEmpty(); i++) {
                all.addAll(items.elements());
            }
            return Items.of(items.kind(), all);
        }
        throw mismatch(Operator.MULTIPLY, left, right);
    }

    private static TemplateFailure mismatch(Operator operator, Value left, Value right) {
        return TemplateFailure.of("unsupported operand type(s) for %s: '%s' and '%s'", operator.spelling(), left.typeName(),
                right.typeName());
    }
}
