package dev.leeway.text.template;

import dev.leeway.text.template.Expression.Attribute;
import dev.leeway.text.template.Expression.CallArguments;
import dev.leeway.text.template.Expression.Element;
import dev.leeway.text.template.Expression.Entry;
import dev.leeway.text.template.Expression.FilterStep;
import dev.leeway.text.template.Expression.Filtered;
import dev.leeway.text.template.Expression.Invocation;
import dev.leeway.text.template.Expression.Keyword;
import dev.leeway.text.template.Expression.Literal;
import dev.leeway.text.template.Expression.Mapping;
import dev.leeway.text.template.Expression.Name;
import dev.leeway.text.template.Expression.Not;
import dev.leeway.text.template.Expression.Part;
import dev.leeway.text.template.Expression.Row;
import dev.leeway.text.template.Expression.Tested;
import dev.leeway.text.template.Token.Kind;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Reads what binds tightest: literals and names, the attributes, elements and calls after them, then filters and tests. */
final class PostfixParser {

    private final Tokens tokens;
    private final ExpressionParser expressions;
    private final NamesRead names;

    PostfixParser(Tokens tokens, ExpressionParser expressions, NamesRead names) {
        this.tokens = tokens;
        this.expressions = expressions;
        this.names = names;
    }

    Expression primary() {
        Expression result = atom();
        for (int links = 0; tokens.isOperator(".") || tokens.isOperator("[") || tokens.isOperator("("); Tokens.requireShort(links++)) {
            result = tokens.isOperator("(") ? call(result) : tokens.takeOperator(".") ? attribute(result) : element(result);
        }
        return result;
    }

    private Expression atom() {
        Token token = tokens.take();
        return switch (token.kind()) {
            case NAME -> named(token.text());
            case STRING -> string(token.text());
            case INTEGER -> new Literal(integer(token.text()));
            case FLOAT -> new Literal(new Value.Real(Double.parseDouble(token.text())));
            default -> opened(token);
        };
    }

    private Expression opened(Token token) {
        return switch (token.text()) {
            case "(" -> brackets();
            case "[" -> list();
            case "{" -> mapping();
            default -> throw TemplateFailure.of("expected a value, found %s", token.described());
        };
    }

    private Expression named(String name) {
        return switch (name) {
            case "true", "True" -> new Literal(Value.Bool.TRUE);
            case "false", "False" -> new Literal(Value.Bool.FALSE);
            case "none", "None" -> new Literal(Value.None.NONE);
            default -> {
                names.read(name);
                yield new Name(name);
            }
        };
    }

    private Expression string(String first) {
        var text = new StringBuilder(first);
        while (tokens.current().is(Kind.STRING)) {
            text.append(tokens.take().text());
        }
        return new Literal(Text.of(text.toString()));
    }

    private static Value integer(String digits) {
        int radix = digits.length() < 2 || digits.charAt(0) != '0' ? 10 : switch (digits.toLowerCase(Locale.ROOT).charAt(1)) {
            case 'x' -> 16;
            case 'o' -> 8;
            case 'b' -> 2;
            default -> 10;
        };
        return Numbers.bounded(new BigInteger(radix == 10 ? digits : digits.substring(2), radix));
    }

    private Expression brackets() {
        if (tokens.takeOperator(")")) {
            return new Row(Items.Kind.TUPLE, List.of());
        }
        Expression inside = expressions.tuple();
        tokens.expectOperator(")");
        return inside;
    }

    private Expression list() {
        List<Expression> elements = new ArrayList<>();
        while (!tokens.takeOperator("]")) {
            if (!elements.isEmpty()) {
                tokens.expectOperator(",");
            }
            if (!tokens.isOperator("]")) {
                elements.add(expressions.expression());
            }
        }
        return new Row(Items.Kind.LIST, elements);
    }

    private Expression mapping() {
        List<Entry> entries = new ArrayList<>();
        while (!tokens.takeOperator("}")) {
            if (!entries.isEmpty()) {
                tokens.expectOperator(",");
            }
            if (!tokens.isOperator("}")) {
                Expression key = expressions.expression();
                tokens.expectOperator(":");
                entries.add(new Entry(key, expressions.expression()));
            }
        }
        return new Mapping(entries);
    }

    private Expression attribute(Expression object) {
        Token name = tokens.take();
        return switch (name.kind()) {
            case NAME -> new Attribute(object, name.text());
            case INTEGER -> new Element(object, new Literal(integer(name.text())));
            default -> throw TemplateFailure.of("expected a name or a number after '.', found %s", name.described());
        };
    }

    private Expression element(Expression object) {
        tokens.expectOperator("[");
        Optional<Expression> start = tokens.isOperator(":") ? Optional.empty() : Optional.of(expressions.tuple());
        if (start.isPresent() && tokens.takeOperator("]")) {
            return new Element(object, start.get());
        }
        tokens.expectOperator(":");
        Optional<Expression> stop = sliceBound();
        Optional<Expression> step = tokens.takeOperator(":") ? sliceBound() : Optional.empty();
        tokens.expectOperator("]");
        return new Part(object, start, stop, step);
    }

    private Optional<Expression> sliceBound() {
        return tokens.isOperator(":") || tokens.isOperator("]") ? Optional.empty() : Optional.of(expressions.expression());
    }

    private Invocation call(Expression function) {
        int line = tokens.line();
        return new Invocation(function, arguments(), line);
    }

    private CallArguments arguments() {
        tokens.expectOperator("(");
        var arguments = new CallArguments(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        for (boolean first = true; !tokens.takeOperator(")"); first = false) {
            if (!first) {
                tokens.expectOperator(",");
            }
            if (!tokens.isOperator(")")) {
                argument(arguments);
            }
        }
        return arguments;
    }

    private void argument(CallArguments arguments) {
        if (tokens.takeOperator("**")) {
            arguments.spreadNamed().add(expressions.expression());
        } else if (tokens.takeOperator("*")) {
            arguments.spread().add(expressions.expression());
        } else {
            Expression value = expressions.expression();
            if (value instanceof Name name && tokens.takeOperator("=")) {
                arguments.named().add(new Keyword(name.name(), expressions.expression()));
            } else if (arguments.named().isEmpty() && arguments.spread().isEmpty() && arguments.spreadNamed().isEmpty()) {
                arguments.positional().add(value);
            } else {
                throw TemplateFailure.of("a positional argument follows a named one");
            }
        }
    }

    Expression filters(Expression value) {
        Expression result = value;
        for (int links = 0;; Tokens.requireShort(links++)) {
            if (tokens.takeOperator("|")) {
                result = new Filtered(result, filterStep());
            } else if (tokens.takeName("is")) {
                result = test(result);
            } else if (tokens.isOperator("(")) {
                result = call(result);
            } else {
                return result;
            }
        }
    }

    FilterStep filterStep() {
        int line = tokens.line();
        String name = dotted();
        return new FilterStep(name, tokens.isOperator("(") ? arguments() : CallArguments.NONE, line);
    }

    private String dotted() {
        var name = new StringBuilder(tokens.expectName());
        while (tokens.takeOperator(".")) {
            name.append('.').append(tokens.expectName());
        }
        return name.toString();
    }

    private Expression test(Expression value) {
        int line = tokens.line();
        boolean negated = tokens.takeName("not");
        String name = dotted();
        CallArguments arguments = tokens.isOperator("(") ? arguments() : bareArgument();
        var test = new Tested(value, name, arguments, line);
        return negated ? new Not(test) : test;
    }

    private CallArguments bareArgument() {
        Token next = tokens.current();
        if (next.isName("is")) {
            throw TemplateFailure.of("tests can't be chained with 'is'");
        }
        boolean value = switch (next.kind()) {
            case STRING, INTEGER, FLOAT -> true;
            case NAME -> !next.text().equals("else") && !next.text().equals("or") && !next.text().equals("and");
            case OPERATOR -> next.text().equals("[") || next.text().equals("{");
            default -> false;
        };
        return value ? new CallArguments(List.of(expressions.operand()), List.of(), List.of(), List.of()) : CallArguments.NONE;
    }
}
