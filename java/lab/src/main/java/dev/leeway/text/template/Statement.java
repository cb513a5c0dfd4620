package dev.leeway.text.template;

import dev.leeway.text.template.Expression.FilterStep;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What a template does, one after the other. */
sealed interface Statement {

    /** Text outside of tags. */
    record Data(String text) implements Statement {}

    /** <code>{{ value }}</code> */
    record Print(Expression value, int line) implements Statement {}

    record If(List<Branch> branches, List<Statement> otherwise) implements Statement {}

    record Branch(Expression condition, List<Statement> body, int line) {}

    record For(Target target, Expression values, Optional<Expression> condition, boolean recursive, List<Statement> body,
            List<Statement> otherwise, int line) implements Statement {}

    record Assign(Target target, Expression value, int line) implements Statement {}

    /** {@code {% set name | filter %}…{% endset %}} */
    record AssignBlock(Target target, List<FilterStep> filters, List<Statement> body, int line) implements Statement {}

    record With(List<Binding> bindings, List<Statement> body, int line) implements Statement {}

    record Binding(Target target, Expression value) {}

    /** {@code {% macro name(…) %}}; also the body of a call block. */
    record MacroDefinition(String name, List<Parameter> parameters, Set<String> uses, List<Statement> body, int line)
            implements Statement {}

    record Parameter(String name, Optional<Expression> defaultValue) {}

    /** {@code {% call macro(…) %}…{% endcall %}} */
    record CallBlock(Expression.Invocation call, MacroDefinition caller, int line) implements Statement {}

    record FilterBlock(List<FilterStep> filters, List<Statement> body, int line) implements Statement {}

    /** {@code {% generation %}}: what the model itself says. */
    record Generation(List<Statement> body, int line) implements Statement {}

    record Break() implements Statement {}

    record Continue() implements Statement {}

    /** Where a value goes. */
    sealed interface Target {
        record Variable(String name) implements Target {}

        record Member(String namespace, String attribute) implements Target {}

        record Several(List<Target> targets) implements Target {}
    }
}
