package dev.leeway.text.template;

import dev.leeway.text.template.Expression.Binary;
import dev.leeway.text.template.Expression.Comparison;
import dev.leeway.text.template.Expression.Concatenation;
import dev.leeway.text.template.Expression.Conditional;
import dev.leeway.text.template.Expression.FilterStep;
import dev.leeway.text.template.Expression.Filtered;
import dev.leeway.text.template.Expression.Link;
import dev.leeway.text.template.Expression.Logical;
import dev.leeway.text.template.Expression.Not;
import dev.leeway.text.template.Expression.Row;
import dev.leeway.text.template.Expression.Signed;
import dev.leeway.text.template.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** Reads expressions; from the loosest operator to the tightest, as Jinja binds them (its {@code **} binds to the left). */
final class ExpressionParser {

    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");

    private final Tokens tokens;
    private final PostfixParser postfix;

    /** @param names where the names that the expressions read are noted */
    ExpressionParser(Tokens tokens, NamesRead names) {
        this.tokens = tokens;
        this.postfix = new PostfixParser(tokens, this, names);
    }

    /** One expression, or a tuple of several with commas between. */
    Expression tuple() {
        return commas(this::expression);
    }

    /** The same without {@code x if y} at its top, which would swallow the condition of a for statement. */
    Expression tupleWithoutCondition() {
        return commas(this::or);
    }

    private Expression commas(Supplier<Expression> element) {
        Expression first = element.get();
        if (!tokens.isOperator(",")) {
            return first;
        }
        List<Expression> elements = new ArrayList<>(List.of(first));
        while (tokens.takeOperator(",") && !endsTuple()) {
            elements.add(element.get());
        }
        return new Row(Items.Kind.TUPLE, elements);
    }

    private boolean endsTuple() {
        Token next = tokens.current();
        return next.is(Kind.PRINT_END) || next.is(Kind.TAG_END) || next.isOperator(")") || next.isName("recursive");
    }

    Expression expression() {
        tokens.enter();
        Expression result = or();
        for (int links = 0; tokens.isName("if"); Tokens.requireShort(links++)) {
            tokens.take();
            Expression condition = or();
            Optional<Expression> otherwise = tokens.takeName("else") ? Optional.of(expression()) : Optional.empty();
            result = new Conditional(condition, result, otherwise);
        }
        tokens.leave();
        return result;
    }

    private Expression or() {
        Expression left = and();
        for (int links = 0; tokens.isName("or"); Tokens.requireShort(links++)) {
            tokens.take();
            left = new Logical(false, left, and());
        }
        return left;
    }

    private Expression and() {
        Expression left = not();
        for (int links = 0; tokens.isName("and"); Tokens.requireShort(links++)) {
            tokens.take();
            left = new Logical(true, left, not());
        }
        return left;
    }

    private Expression not() {
        if (!tokens.takeName("not")) {
            return comparison();
        }
        tokens.enter();
        var result = new Not(not());
        tokens.leave();
        return result;
    }

    private Expression comparison() {
        Expression first = sum();
        List<Link> links = new ArrayList<>();
        for (Optional<String> operator = comparisonOperator(); operator.isPresent(); operator = comparisonOperator()) {
            links.add(new Link(operator.get(), sum()));
        }
        return links.isEmpty() ? first : new Comparison(first, links);
    }

    private boolean isOneOf(Set<String> operators) {
        return tokens.current().is(Kind.OPERATOR) && operators.contains(tokens.current().text());
    }

    private Optional<String> comparisonOperator() {
        if (isOneOf(COMPARISONS)) {
            return Optional.of(tokens.take().text());
        }
        if (tokens.takeName("in")) {
            return Optional.of("in");
        }
        if (tokens.takeName("not")) {
            if (!tokens.takeName("in")) {
                throw tokens.unexpected("'in' after 'not'");
            }
            return Optional.of("not in");
        }
        return Optional.empty();
    }

    private Expression sum() {
        return chain(this::concatenation, Set.of("+", "-"));
    }

    private Expression concatenation() {
        List<Expression> parts = new ArrayList<>(List.of(product()));
        while (tokens.takeOperator("~")) {
            parts.add(product());
        }
        return parts.size() == 1 ? parts.getFirst() : new Concatenation(parts);
    }

    private Expression product() {
        return chain(this::power, Set.of("*", "/", "//", "%"));
    }

    private Expression power() {
        return chain(this::unary, Set.of("**"));
    }

    private Expression chain(Supplier<Expression> operand, Set<String> spellings) {
        Expression left = operand.get();
        for (int links = 0; isOneOf(spellings); Tokens.requireShort(links++)) {
            Operator operator = Operator.spelled(tokens.take().text()).orElseThrow();
            left = new Binary(operator, left, operand.get());
        }
        return left;
    }

    /** Filters and tests come after the sign: {@code -1|abs} is 1. */
    private Expression unary() {
        return postfix.filters(signed());
    }

    private Expression signed() {
        if (!tokens.isOperator("-") && !tokens.isOperator("+")) {
            return postfix.primary();
        }
        boolean negative = tokens.take().text().equals("-");
        tokens.enter();
        var result = new Signed(negative, signed());
        tokens.leave();
        return result;
    }

    /** What a test takes without brackets: {@code x is divisibleby 3}. */
    Expression operand() {
        return postfix.primary();
    }

    /** Filters with bars between, the first without one: {@code {% filter upper|trim %}}. */
    List<FilterStep> filterSteps() {
        List<FilterStep> steps = new ArrayList<>();
        do {
            Tokens.requireShort(steps.size());
            steps.add(postfix.filterStep());
        } while (tokens.takeOperator("|"));
        return steps;
    }

    static Expression filtered(Expression value, List<FilterStep> steps) {
        Expression result = value;
        for (FilterStep step : steps) {
            result = new Filtered(result, step);
        }
        return result;
    }
}
