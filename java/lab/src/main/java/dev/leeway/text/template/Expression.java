package dev.leeway.text.template;

import java.util.List;
import java.util.Optional;

/** What has a value. */
sealed interface Expression {

    record Literal(Value value) implements Expression {}

    record Name(String name) implements Expression {}

    record Row(Items.Kind kind, List<Expression> elements) implements Expression {}

    record Mapping(List<Entry> entries) implements Expression {}

    record Entry(Expression key, Expression value) {}

    /** {@code object.name} */
    record Attribute(Expression object, String name) implements Expression {}

    /** {@code object[index]} */
    record Element(Expression object, Expression index) implements Expression {}

    /** {@code object[start:stop:step]} */
    record Part(Expression object, Optional<Expression> start, Optional<Expression> stop, Optional<Expression> step)
            implements Expression {}

    record Invocation(Expression function, CallArguments arguments, int line) implements Expression {}

    record Filtered(Expression value, FilterStep step) implements Expression {}

    /** One filter with its arguments. */
    record FilterStep(String name, CallArguments arguments, int line) {}

    /** {@code value is test(…)} */
    record Tested(Expression value, String test, CallArguments arguments, int line) implements Expression {}

    record Not(Expression operand) implements Expression {}

    record Signed(boolean negative, Expression operand) implements Expression {}

    record Binary(Operator operator, Expression left, Expression right) implements Expression {}

    /** {@code a ~ b ~ …} */
    record Concatenation(List<Expression> parts) implements Expression {}

    /** {@code a < b <= c …}: each neighbouring pair must hold. */
    record Comparison(Expression first, List<Link> links) implements Expression {}

    /** @param operator {@code ==}, {@code <}, …, {@code in} or {@code not in} */
    record Link(String operator, Expression right) {}

    /** {@code a and b}, or {@code a or b}: the first operand that decides. */
    record Logical(boolean and, Expression left, Expression right) implements Expression {}

    /** {@code then if condition else otherwise} */
    record Conditional(Expression condition, Expression then, Optional<Expression> otherwise) implements Expression {}

    /**
     * The arguments of a call as written.
     *
     * @param spread      {@code *rows} whose elements are further positional arguments
     * @param spreadNamed {@code **maps} whose entries are further named arguments
     */
    record CallArguments(List<Expression> positional, List<Keyword> named, List<Expression> spread, List<Expression> spreadNamed) {
        static final CallArguments NONE = new CallArguments(List.of(), List.of(), List.of(), List.of());
    }

    record Keyword(String name, Expression value) {}
}
