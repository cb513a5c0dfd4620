package dev.leeway.text.template;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One call of a built-in function.
 *
 * @param self      what a filter or test is applied to, or whose method is called
 * @param bound     the arguments by parameter
 * @param arguments the arguments as they were given
 * @param run       the rendering that it is part of
 */
record Call(Value self, Map<String, Value> bound, Arguments arguments, Run run) {

    Budget budget() {
        return run.budget();
    }

    /** What it is applied to, as a text: Python's {@code str} of anything else. */
    String text() {
        return print(self);
    }

    /** What it is applied to, as a list. */
    List<Value> list() {
        return Sequences.list(self, budget());
    }

    /** A text of the same sort as the one it is applied to. */
    Text text(String result) {
        return self instanceof Text text ? text.with(result) : Text.of(result);
    }

    String print(Value value) {
        return Printer.print(value, budget());
    }

    Optional<Value> find(String parameter) {
        return Optional.ofNullable(bound.get(parameter)).filter(value -> value != Value.None.NONE);
    }

    Value value(String parameter) {
        return bound.get(parameter);
    }

    /** A text that must be given. */
    String textOf(String parameter) {
        return findText(parameter).orElseThrow(() -> TemplateFailure.of("argument '%s' must be str, not NoneType", parameter));
    }

    Optional<String> findText(String parameter) {
        return find(parameter).map(value -> {
            if (value instanceof Text text) {
                return text.value();
            }
            Arithmetic.requireDefined(value);
            throw TemplateFailure.of("argument '%s' must be str, not %s", parameter, value.typeName());
        });
    }

    /** An integer, or {@code otherwise} if it isn't given; one beyond 32 bits counts as the nearest within. */
    int integer(String parameter, int otherwise) {
        return find(parameter).map(value -> {
            BigInteger number = Numbers.integer(value).orElseThrow(
                    () -> TemplateFailure.of("'%s' object cannot be interpreted as an integer", value.typeName()));
            return number.max(BigInteger.valueOf(-Integer.MAX_VALUE)).min(BigInteger.valueOf(Integer.MAX_VALUE)).intValue();
        }).orElse(otherwise);
    }

    boolean flag(String parameter, boolean otherwise) {
        return find(parameter).map(Value::truth).orElse(otherwise);
    }
}
