package dev.leeway.text.template;

import dev.leeway.text.template.Value.Bool;
import dev.leeway.text.template.Value.Int;
import dev.leeway.text.template.Value.None;
import dev.leeway.text.template.Value.Real;
import java.math.BigInteger;
import java.util.function.IntPredicate;
import java.util.function.Predicate;

/** What may stand after {@code is}. */
final class Tests {

    static final Table TABLE = new Table()
            .with("defined()", is(value -> !(value instanceof Undefined)))
            .with("undefined()", is(Undefined.class::isInstance))
            .with("none()", is(value -> value == None.NONE))
            .with("boolean()", is(Bool.class::isInstance))
            .with("true()", is(value -> value instanceof Bool bool && bool.value()))
            .with("false()", is(value -> value instanceof Bool bool && !bool.value()))
            .with("integer()", is(Int.class::isInstance))
            .with("float()", is(Real.class::isInstance))
            .with("number()", is(Numbers::isNumber))
            .with("string()", is(Text.class::isInstance))
            .with("mapping()", is(Dict.class::isInstance))
            .with("iterable()", is(Sequences::iterable))
            .with("sequence()", is(Tests::sequence))
            .with("callable()", is(value -> value instanceof Callable || value instanceof Undefined || value instanceof Loop))
            .with("escaped()", is(value -> value instanceof Text text && text.markup()))
            .with("upper()", call -> Bool.of(Cases.all(call.text(), Character::toUpperCase)))
            .with("lower()", call -> Bool.of(Cases.all(call.text(), Character::toLowerCase)))
            .with("odd()", call -> Bool.of(remainder(call.self(), Int.of(2), call.run()).truth()))
            .with("even()", call -> Bool.of(!remainder(call.self(), Int.of(2), call.run()).truth()))
            .with("divisibleby(num)", call -> Bool.of(!remainder(call.self(), call.value("num"), call.run()).truth()))
            .with("filter()", call -> Bool.of(Run.hasFilter(call.text())))
            .with("test()", call -> Bool.of(known(call.text())))
            .with("sameas(other)", call -> Bool.of(same(call.self(), call.value("other"))))
            .with("in(seq)", call -> Bool.of(Sequences.contains(call.value("seq"), call.self(), call.budget())))
            .with("eq(other)", call -> Bool.of(equal(call))).alias("==", "eq").alias("equalto", "eq")
            .with("ne(other)", call -> Bool.of(!equal(call))).alias("!=", "ne")
            .with("lt(other)", call -> ordered(call, "<", c -> c < 0)).alias("<", "lt").alias("lessthan", "lt")
            .with("le(other)", call -> ordered(call, "<=", c -> c <= 0)).alias("<=", "le")
            .with("gt(other)", call -> ordered(call, ">", c -> c > 0)).alias(">", "gt").alias("greaterthan", "gt")
            .with("ge(other)", call -> ordered(call, ">=", c -> c >= 0)).alias(">=", "ge");

    private Tests() {}

    private static boolean known(String name) {
        return TABLE.find(name).isPresent();
    }

    private static Table.Body is(Predicate<Value> test) {
        return call -> Bool.of(test.test(call.self()));
    }

    private static boolean sequence(Value value) {
        return Sequences.indexed(value) || value instanceof Dict || value instanceof Undefined;
    }

    private static Value remainder(Value value, Value divisor, Run run) {
        return Arithmetic.apply(Operator.MODULO, value, divisor, run);
    }

    private static boolean equal(Call call) {
        return Equality.equal(call.self(), call.value("other"), call.budget());
    }

    private static Value ordered(Call call, String operator, IntPredicate wanted) {
        return Bool.of(wanted.test(Equality.compare(operator, call.self(), call.value("other"), call.budget())));
    }

    /** Python's {@code is}, where small integers, texts and truth values are one object each. */
    private static boolean same(Value a, Value b) {
        return a == b || switch (a) {
            case Int x -> b instanceof Int y && x.value().equals(y.value()) && x.value().abs().compareTo(BigInteger.valueOf(256)) <= 0;
            case Bool x -> b instanceof Bool y && x.value() == y.value();
            case Text x -> b instanceof Text y && x.equals(y);
            default -> false;
        };
    }
}
