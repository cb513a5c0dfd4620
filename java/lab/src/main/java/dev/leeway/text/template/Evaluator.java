package dev.leeway.text.template;

import dev.leeway.text.template.Expression.CallArguments;
import dev.leeway.text.template.Expression.Comparison;
import dev.leeway.text.template.Expression.FilterStep;
import dev.leeway.text.template.Expression.Invocation;
import dev.leeway.text.template.Expression.Keyword;
import dev.leeway.text.template.Expression.Link;
import dev.leeway.text.template.Expression.Mapping;
import dev.leeway.text.template.Expression.Part;
import dev.leeway.text.template.Value.Bool;
import dev.leeway.text.template.Value.None;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Gives expressions their values. */
final class Evaluator {

    private final Run run;
    private int line = 1;

    Evaluator(Run run) {
        this.run = run;
    }

    /** Where the template has come to. */
    int line() {
        return line;
    }

    void moveTo(int line) {
        this.line = line;
    }

    Value evaluate(Expression expression, Scope scope) {
        run.budget().enter();
        Value value = switch (expression) {
            case Expression.Literal literal -> literal.value();
            case Expression.Name name -> scope.find(name.name()).orElseGet(() -> Undefined.name(name.name()));
            case Expression.Row row -> Items.of(row.kind(), all(row.elements(), scope));
            case Mapping mapping -> mapping(mapping, scope);
            case Expression.Attribute attribute -> Attributes.get(evaluate(attribute.object(), scope), attribute.name(), run);
            case Expression.Element element -> element(evaluate(element.object(), scope), evaluate(element.index(), scope));
            case Part part -> part(part, scope);
            case Invocation call -> call(call, scope);
            case Expression.Filtered filtered -> filter(evaluate(filtered.value(), scope), filtered.step(), scope);
            case Expression.Tested tested -> test(tested, scope);
            case Expression.Not not -> Bool.of(!evaluate(not.operand(), scope).truth());
            case Expression.Signed signed -> sign(signed.negative(), evaluate(signed.operand(), scope));
            case Expression.Binary binary ->
                Arithmetic.apply(binary.operator(), evaluate(binary.left(), scope), evaluate(binary.right(), scope), run);
            case Expression.Concatenation concatenation -> concatenation(concatenation.parts(), scope);
            case Comparison comparison -> Bool.of(holds(comparison, scope));
            case Expression.Logical logical -> logical(logical, scope);
            case Expression.Conditional conditional -> conditional(conditional, scope);
        };
        run.budget().leave();
        return value;
    }

    private List<Value> all(List<Expression> expressions, Scope scope) {
        run.budget().elements(expressions.size());
        List<Value> values = new ArrayList<>(expressions.size());
        for (Expression expression : expressions) {
            values.add(evaluate(expression, scope));
        }
        return values;
    }

    private Value mapping(Mapping mapping, Scope scope) {
        run.budget().elements(4L * mapping.entries().size());
        var dict = new Dict();
        mapping.entries().forEach(entry -> dict.with(evaluate(entry.key(), scope), evaluate(entry.value(), scope)));
        return dict;
    }

    private Value element(Value object, Value index) {
        run.budget().look(object instanceof Text text ? text.value().length() : 0);
        return Attributes.element(object, index, run);
    }

    private Value part(Part part, Scope scope) {
        Value object = evaluate(part.object(), scope);
        Value start = bound(part.start(), scope);
        Value stop = bound(part.stop(), scope);
        Value step = bound(part.step(), scope);
        Arithmetic.requireDefined(object);
        if (!Sequences.indexed(object)) {
            throw TemplateFailure.of("'%s' object has no slices", object.typeName());
        }
        run.budget().look(object instanceof Text text ? text.value().length() : 0);
        return Sequences.slice(object, start, stop, step, run.budget());
    }

    private Value bound(Optional<Expression> bound, Scope scope) {
        return bound.isPresent() ? evaluate(bound.get(), scope) : None.NONE;
    }

    private Value call(Invocation call, Scope scope) {
        Value function = evaluate(call.function(), scope);
        return call(function, arguments(call.arguments(), scope), call.line());
    }

    Value call(Value function, Arguments arguments, int at) {
        line = at;
        Value result = switch (function) {
            case Callable callable -> callable.body().call(arguments);
            case Loop loop -> loop.call(arguments);
            case Undefined undefined -> throw undefined.failure();
            default -> throw TemplateFailure.of("'%s' object is not callable", function.typeName());
        };
        line = at;
        return result;
    }

    Arguments arguments(CallArguments written, Scope scope) {
        if (written == CallArguments.NONE) {
            return Arguments.NONE;
        }
        List<Value> positional = all(written.positional(), scope);
        for (Expression spread : written.spread()) {
            positional.addAll(Sequences.list(evaluate(spread, scope), run.budget()));
        }
        Map<String, Value> named = new LinkedHashMap<>();
        for (Keyword keyword : written.named()) {
            addNamed(named, keyword.name(), evaluate(keyword.value(), scope));
        }
        for (Expression spread : written.spreadNamed()) {
            Value given = evaluate(spread, scope);
            if (!(given instanceof Dict dict)) {
                throw TemplateFailure.of("the argument after ** must be a mapping, not %s", given.typeName());
            }
            run.budget().elements(dict.size());
            dict.named().forEach((name, value) -> addNamed(named, name, value));
        }
        return new Arguments(positional, named);
    }

    private static void addNamed(Map<String, Value> named, String name, Value value) {
        if (named.put(name, value) != null) {
            throw TemplateFailure.of("the argument '%s' is given twice", name);
        }
    }

    Value filter(Value value, FilterStep step, Scope scope) {
        Arguments arguments = arguments(step.arguments(), scope);
        line = step.line();
        return run.filter(step.name(), value, arguments);
    }

    private Value test(Expression.Tested tested, Scope scope) {
        Value value = evaluate(tested.value(), scope);
        Arguments arguments = arguments(tested.arguments(), scope);
        line = tested.line();
        return Bool.of(run.test(tested.test(), value, arguments));
    }

    private static Value sign(boolean negative, Value value) {
        return negative ? Arithmetic.negate(value) : Arithmetic.plus(value);
    }

    private Value concatenation(List<Expression> parts, Scope scope) {
        var out = new Output(run.budget());
        for (Value part : all(parts, scope)) {
            out.append(Printer.print(part, run.budget()));
        }
        return Text.of(out.toString());
    }

    private boolean holds(Comparison comparison, Scope scope) {
        Value left = evaluate(comparison.first(), scope);
        for (Link link : comparison.links()) {
            Value right = evaluate(link.right(), scope);
            if (!holds(link.operator(), left, right)) {
                return false;
            }
            left = right;
        }
        return true;
    }

    private boolean holds(String operator, Value left, Value right) {
        Budget budget = run.budget();
        return switch (operator) {
            case "==" -> Equality.equal(left, right, budget);
            case "!=" -> !Equality.equal(left, right, budget);
            case "<" -> Equality.compare(operator, left, right, budget) < 0;
            case "<=" -> Equality.compare(operator, left, right, budget) <= 0;
            case ">" -> Equality.compare(operator, left, right, budget) > 0;
            case ">=" -> Equality.compare(operator, left, right, budget) >= 0;
            case "in" -> Sequences.contains(right, left, budget);
            default -> !Sequences.contains(right, left, budget);
        };
    }

    private Value logical(Expression.Logical logical, Scope scope) {
        Value left = evaluate(logical.left(), scope);
        return left.truth() == logical.and() ? evaluate(logical.right(), scope) : left;
    }

    private Value conditional(Expression.Conditional conditional, Scope scope) {
        if (evaluate(conditional.condition(), scope).truth()) {
            return evaluate(conditional.then(), scope);
        }
        Iterator<Expression> otherwise = conditional.otherwise().stream().iterator();
        return otherwise.hasNext() ? evaluate(otherwise.next(), scope)
                : new Undefined("the inline if-expression evaluated to false and no else section was defined.");
    }
}
