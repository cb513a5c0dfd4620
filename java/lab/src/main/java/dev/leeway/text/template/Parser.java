package dev.leeway.text.template;

import dev.leeway.text.template.Statement.Assign;
import dev.leeway.text.template.Statement.AssignBlock;
import dev.leeway.text.template.Statement.Binding;
import dev.leeway.text.template.Statement.Branch;
import dev.leeway.text.template.Statement.Break;
import dev.leeway.text.template.Statement.CallBlock;
import dev.leeway.text.template.Statement.Continue;
import dev.leeway.text.template.Statement.Data;
import dev.leeway.text.template.Statement.FilterBlock;
import dev.leeway.text.template.Statement.For;
import dev.leeway.text.template.Statement.Generation;
import dev.leeway.text.template.Statement.If;
import dev.leeway.text.template.Statement.MacroDefinition;
import dev.leeway.text.template.Statement.Parameter;
import dev.leeway.text.template.Statement.Print;
import dev.leeway.text.template.Statement.Target;
import dev.leeway.text.template.Statement.With;
import dev.leeway.text.template.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads a template into its statements. */
final class Parser {

    private static final Set<String> CONSTANTS = Set.of("true", "false", "none", "True", "False", "None");

    private final Tokens tokens;
    private final NamesRead names = new NamesRead();
    private final ExpressionParser expressions;
    /** Loops around the tag being read, within the same macro or call block. */
    private int loops;

    Parser(Tokens tokens) {
        this.tokens = tokens;
        this.expressions = new ExpressionParser(tokens, names);
    }

    List<Statement> template() {
        List<Statement> all = new ArrayList<>();
        while (!tokens.current().is(Kind.END)) {
            all.add(statement());
        }
        return List.copyOf(all);
    }

    private Statement statement() {
        Token token = tokens.take();
        return switch (token.kind()) {
            case DATA -> new Data(token.text());
            case PRINT_BEGIN -> {
                var print = new Print(expressions.tuple(), token.line());
                tokens.expect(Kind.PRINT_END, "'}}'");
                yield print;
            }
            default -> tag();
        };
    }

    private Statement tag() {
        tokens.enter();
        int line = tokens.line();
        String name = tokens.expectName();
        Statement result = switch (name) {
            case "if" -> conditional(line);
            case "for" -> loop(line);
            case "set" -> assignment(line);
            case "with" -> with(line);
            case "macro" -> macro(line);
            case "call" -> callBlock(line);
            case "filter" -> new FilterBlock(expressions.filterSteps(), body("endfilter"), line);
            case "generation" -> new Generation(isolated("endgeneration"), line);
            case "break" -> leaving(new Break(), name);
            case "continue" -> leaving(new Continue(), name);
            case "include", "import", "from", "extends", "block", "autoescape" ->
                throw TemplateFailure.of("the tag '%s' isn't available in chat templates", name);
            default -> throw TemplateFailure.of("unknown tag '%s'", name);
        };
        tokens.expect(Kind.TAG_END, "'%}'");
        tokens.leave();
        return result;
    }

    private Statement leaving(Statement statement, String name) {
        if (loops == 0) {
            throw TemplateFailure.of("'%s' outside of a loop", name);
        }
        return statement;
    }

    /** The statements up to one of the given tags, whose name is left to be read. */
    private List<Statement> until(String... ends) {
        tokens.expect(Kind.TAG_END, "'%}'");
        List<Statement> body = new ArrayList<>();
        while (true) {
            if (tokens.current().is(Kind.END)) {
                throw TemplateFailure.of("the template ends where '%s' is expected", String.join("' or '", ends));
            }
            if (!tokens.current().is(Kind.TAG_BEGIN)) {
                body.add(statement());
                continue;
            }
            tokens.take();
            for (String end : ends) {
                if (tokens.isName(end)) {
                    return List.copyOf(body);
                }
            }
            body.add(tag());
        }
    }

    private List<Statement> body(String end) {
        List<Statement> body = until(end);
        tokens.take();
        return body;
    }

    /** A body that is a function of its own, so that a loop around it can't be left from inside. */
    private List<Statement> isolated(String end) {
        int outside = loops;
        loops = 0;
        List<Statement> body = body(end);
        loops = outside;
        return body;
    }

    private Statement conditional(int line) {
        List<Branch> branches = new ArrayList<>();
        int start = line;
        do {
            Expression condition = expressions.tupleWithoutCondition();
            branches.add(new Branch(condition, until("elif", "else", "endif"), start));
            start = tokens.line();
        } while (tokens.takeName("elif"));
        List<Statement> otherwise = List.of();
        if (tokens.takeName("else")) {
            otherwise = until("endif");
        }
        tokens.take();
        return new If(branches, otherwise);
    }

    private Statement loop(int line) {
        loops++;
        Target target = target(false);
        if (!tokens.takeName("in")) {
            throw tokens.unexpected("'in'");
        }
        Expression values = expressions.tupleWithoutCondition();
        Optional<Expression> condition = tokens.takeName("if") ? Optional.of(expressions.expression()) : Optional.empty();
        boolean recursive = tokens.takeName("recursive");
        List<Statement> body = until("else", "endfor");
        loops--;
        List<Statement> otherwise = tokens.takeName("else") ? until("endfor") : List.of();
        tokens.take();
        return new For(target, values, condition, recursive, body, otherwise, line);
    }

    private Statement assignment(int line) {
        Target target = target(true);
        if (tokens.takeOperator("=")) {
            return new Assign(target, expressions.tuple(), line);
        }
        var filters = tokens.takeOperator("|") ? expressions.filterSteps() : List.<Expression.FilterStep>of();
        return new AssignBlock(target, filters, body("endset"), line);
    }

    /** One name, a namespace's attribute, or several with commas between. */
    private Target target(boolean orMember) {
        Target first = oneTarget(orMember);
        if (!tokens.isOperator(",")) {
            return first;
        }
        List<Target> all = new ArrayList<>(List.of(first));
        while (tokens.takeOperator(",")) {
            if (tokens.current().is(Kind.NAME) && !tokens.isName("in") || tokens.isOperator("(")) {
                all.add(oneTarget(orMember));
            }
        }
        return new Target.Several(all);
    }

    private Target oneTarget(boolean orMember) {
        if (tokens.takeOperator("(")) {
            tokens.enter();
            Target inside = target(false);
            tokens.expectOperator(")");
            tokens.leave();
            return inside;
        }
        String name = variable();
        return orMember && tokens.takeOperator(".") ? new Target.Member(name, tokens.expectName()) : new Target.Variable(name);
    }

    private String variable() {
        String name = tokens.expectName();
        if (CONSTANTS.contains(name) || name.equals("loop") && loops > 0) {
            throw TemplateFailure.of("can't assign to '%s'", name);
        }
        return name;
    }

    private Statement with(int line) {
        List<Binding> bindings = new ArrayList<>();
        while (!tokens.current().is(Kind.TAG_END)) {
            if (!bindings.isEmpty()) {
                tokens.expectOperator(",");
            }
            Target target = oneTarget(false);
            tokens.expectOperator("=");
            bindings.add(new Binding(target, expressions.expression()));
        }
        return new With(bindings, body("endwith"), line);
    }

    private Statement macro(int line) {
        String name = variable();
        tokens.expectOperator("(");
        return definition(name, parameters(), "endmacro", line);
    }

    private MacroDefinition definition(String name, List<Parameter> parameters, String end, int line) {
        names.enterMacro();
        List<Statement> body = isolated(end);
        return new MacroDefinition(name, parameters, names.leaveMacro(), body, line);
    }

    private List<Parameter> parameters() {
        List<Parameter> parameters = new ArrayList<>();
        while (!tokens.takeOperator(")")) {
            if (!parameters.isEmpty()) {
                tokens.expectOperator(",");
            }
            String name = variable();
            Optional<Expression> value = tokens.takeOperator("=") ? Optional.of(expressions.expression()) : Optional.empty();
            if (value.isEmpty() && !parameters.isEmpty() && parameters.getLast().defaultValue().isPresent()) {
                throw TemplateFailure.of("the parameter '%s' without a default follows one that has a default", name);
            }
            parameters.add(new Parameter(name, value));
        }
        return parameters;
    }

    private Statement callBlock(int line) {
        List<Parameter> parameters = tokens.takeOperator("(") ? parameters() : List.of();
        if (!(expressions.expression() instanceof Expression.Invocation call)) {
            throw TemplateFailure.of("a call block needs a call, such as {% call box() %}");
        }
        return new CallBlock(call, definition("caller", parameters, "endcall", line), line);
    }
}
