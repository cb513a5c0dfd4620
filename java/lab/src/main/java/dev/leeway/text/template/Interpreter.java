package dev.leeway.text.template;

import dev.leeway.text.template.Statement.Assign;
import dev.leeway.text.template.Statement.AssignBlock;
import dev.leeway.text.template.Statement.Binding;
import dev.leeway.text.template.Statement.Branch;
import dev.leeway.text.template.Statement.CallBlock;
import dev.leeway.text.template.Statement.Data;
import dev.leeway.text.template.Statement.FilterBlock;
import dev.leeway.text.template.Statement.For;
import dev.leeway.text.template.Statement.Generation;
import dev.leeway.text.template.Statement.If;
import dev.leeway.text.template.Statement.MacroDefinition;
import dev.leeway.text.template.Statement.Print;
import dev.leeway.text.template.Statement.Target;
import dev.leeway.text.template.Statement.With;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Carries out a template's statements. */
final class Interpreter {

    /** How a block ended: at its end, or by leaving the loop around it. */
    private enum Flow { ON, BREAK, CONTINUE }

    private final Run run;
    private final Evaluator evaluator;
    private final Output text;
    private final List<Span> spans = new ArrayList<>();
    private final List<String> spanTexts = new ArrayList<>();

    Interpreter(Run run) {
        this.run = run;
        this.evaluator = new Evaluator(run);
        this.text = new Output(run.budget());
    }

    /** The line that was being worked on. */
    int line() {
        return evaluator.line();
    }

    Rendered render(List<Statement> template, Map<String, Value> variables) {
        Map<String, Value> names = Globals.of(run);
        names.putAll(variables);
        run(template, Scope.outermost(names).inner(), text);
        String all = text.toString();
        for (int i = 0; i < spans.size(); i++) {
            if (!all.startsWith(spanTexts.get(i), spans.get(i).start())) {
                throw TemplateFailure.of("a generation block stands inside a macro, a call or a set block, so its place in the text "
                        + "can't be told; move it out");
            }
        }
        return new Rendered(all, List.copyOf(spans));
    }

    private Flow run(List<Statement> statements, Scope scope, Output out) {
        for (Statement statement : statements) {
            run.budget().enter();
            Flow flow = run(statement, scope, out);
            run.budget().leave();
            if (flow != Flow.ON) {
                return flow;
            }
        }
        return Flow.ON;
    }

    private Flow run(Statement statement, Scope scope, Output out) {
        switch (statement) {
            case Data data -> out.append(data.text());
            case Print print -> print(print, scope, out);
            case If conditional -> {
                return conditional(conditional, scope, out);
            }
            case For loop -> loop(loop, scope, out);
            case Assign assign -> {
                evaluator.moveTo(assign.line());
                assign(assign.target(), evaluator.evaluate(assign.value(), scope), scope);
            }
            case AssignBlock block ->
                assign(block.target(), filtered(block.filters(), captured(block.body(), scope.inner()), scope), scope);
            case With with -> {
                return with(with, scope, out);
            }
            case MacroDefinition macro -> scope.set(macro.name(), macro(macro, scope));
            case CallBlock block -> callBlock(block, scope, out);
            case FilterBlock block ->
                out.append(Printer.print(filtered(block.filters(), captured(block.body(), scope.inner()), scope), run.budget()));
            case Generation generation -> generation(generation, scope, out);
            case Statement.Break _ -> {
                return Flow.BREAK;
            }
            case Statement.Continue _ -> {
                return Flow.CONTINUE;
            }
        }
        return Flow.ON;
    }

    private void print(Print print, Scope scope, Output out) {
        evaluator.moveTo(print.line());
        out.append(Printer.print(evaluator.evaluate(print.value(), scope), run.budget()));
    }

    private Flow conditional(If conditional, Scope scope, Output out) {
        for (Branch branch : conditional.branches()) {
            evaluator.moveTo(branch.line());
            if (evaluator.evaluate(branch.condition(), scope).truth()) {
                return run(branch.body(), scope, out);
            }
        }
        return run(conditional.otherwise(), scope, out);
    }

    private Flow with(With with, Scope scope, Output out) {
        evaluator.moveTo(with.line());
        Scope inner = scope.inner();
        for (Binding binding : with.bindings()) {
            assign(binding.target(), evaluator.evaluate(binding.value(), scope), inner);
        }
        return run(with.body(), inner, out);
    }

    private Text captured(List<Statement> body, Scope scope) {
        var out = new Output(run.budget());
        run(body, scope, out);
        return Text.of(out.toString());
    }

    private Value filtered(List<Expression.FilterStep> steps, Value value, Scope scope) {
        Value result = value;
        for (Expression.FilterStep step : steps) {
            result = evaluator.filter(result, step, scope);
        }
        return result;
    }

    private void assign(Target target, Value value, Scope scope) {
        switch (target) {
            case Target.Variable variable -> scope.set(variable.name(), value);
            case Target.Member member -> {
                if (!(scope.find(member.namespace()).orElse(Value.None.NONE) instanceof Namespace namespace)) {
                    throw TemplateFailure.of("cannot assign attribute on non-namespace object");
                }
                namespace.set(member.attribute(), value);
            }
            case Target.Several several -> assignAll(several.targets(), value, scope);
        }
    }

    private void assignAll(List<Target> targets, Value value, Scope scope) {
        if (value instanceof Undefined undefined) {
            throw undefined.failure();
        }
        List<Value> values = Sequences.list(value, run.budget());
        if (values.size() != targets.size()) {
            throw TemplateFailure.of("%d values can't be unpacked into %d names", values.size(), targets.size());
        }
        for (int i = 0; i < values.size(); i++) {
            assign(targets.get(i), values.get(i), scope);
        }
    }

    private void loop(For loop, Scope scope, Output out) {
        evaluator.moveTo(loop.line());
        loop(loop, evaluator.evaluate(loop.values(), scope), 0, scope, out);
    }

    /** The else part runs if no round came to its end: Jinja, unlike Python, doesn't count rounds that break or continue. */
    private void loop(For statement, Value values, int level, Scope scope, Output out) {
        var loop = new Loop(kept(statement, Sequences.iterate(values), scope), run.budget(), level, arguments -> {
            if (!statement.recursive()) {
                throw TemplateFailure.of("the loop must have the 'recursive' marker to be called");
            }
            return again(statement, arguments, level, scope);
        });
        boolean completed = false;
        Flow flow = Flow.ON;
        while (flow != Flow.BREAK && loop.hasNext()) {
            run.budget().step();
            Scope inner = scope.inner();
            inner.set("loop", loop);
            assign(statement.target(), loop.next(), inner);
            flow = run(statement.body(), inner, out);
            completed |= flow == Flow.ON;
        }
        if (!completed) {
            run(statement.otherwise(), scope.inner(), out);
        }
    }

    private Value again(For statement, Arguments arguments, int level, Scope scope) {
        if (arguments.positional().size() != 1) {
            throw TemplateFailure.of("loop() takes one argument, not %d", arguments.positional().size());
        }
        var out = new Output(run.budget());
        run.budget().enter();
        loop(statement, arguments.positional().getFirst(), level + 1, scope, out);
        run.budget().leave();
        return Text.of(out.toString());
    }

    private Iterator<Value> kept(For statement, Iterator<Value> values, Scope scope) {
        return statement.condition().map(condition -> Streams.filtered(values, value -> {
            Scope inner = scope.inner();
            assign(statement.target(), value, inner);
            return evaluator.evaluate(condition, inner).truth();
        }, run.budget())).orElse(values);
    }

    private Callable macro(MacroDefinition macro, Scope scope) {
        return new Callable("Macro '" + macro.name() + "'", arguments -> {
            Scope inner = scope.inner();
            new MacroArguments(macro, evaluator).bind(arguments, inner);
            return captured(macro.body(), inner);
        });
    }

    private void callBlock(CallBlock block, Scope scope, Output out) {
        Value function = evaluator.evaluate(block.call().function(), scope);
        Arguments given = evaluator.arguments(block.call().arguments(), scope);
        Map<String, Value> named = new LinkedHashMap<>(given.named());
        named.put("caller", macro(block.caller(), scope));
        Value result = evaluator.call(function, new Arguments(given.positional(), named), block.line());
        out.append(Printer.print(result, run.budget()));
    }

    private void generation(Generation generation, Scope scope, Output out) {
        int start = text.length();
        String said = captured(generation.body(), scope.inner()).value();
        spans.add(new Span(start, start + said.length()));
        spanTexts.add(said);
        out.append(said);
    }
}
