package dev.leeway.text.template;

import dev.leeway.text.template.Statement.MacroDefinition;
import dev.leeway.text.template.Statement.Parameter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Gives a macro's parameters their values. What is left over goes to {@code varargs} and {@code kwargs} if the macro mentions them, and the
 * body of a call block to {@code caller}; a macro that doesn't mention them takes no more than its parameters.
 */
final class MacroArguments {

    private final MacroDefinition macro;
    private final Evaluator evaluator;

    MacroArguments(MacroDefinition macro, Evaluator evaluator) {
        this.macro = macro;
        this.evaluator = evaluator;
    }

    void bind(Arguments given, Scope scope) {
        Map<String, Value> named = new LinkedHashMap<>(given.named());
        List<Parameter> parameters = macro.parameters();
        for (int i = 0; i < parameters.size(); i++) {
            bind(parameters.get(i), i, given.positional(), named, scope);
        }
        if (macro.uses().contains("caller") && parameters.stream().noneMatch(p -> p.name().equals("caller"))) {
            Optional<Value> caller = Optional.ofNullable(named.remove("caller"));
            scope.set("caller", caller.orElseGet(() -> new Undefined("No caller defined")));
        }
        leftOver(given.after(parameters.size()).positional(), named, scope);
    }

    private void bind(Parameter parameter, int position, List<Value> positional, Map<String, Value> named, Scope scope) {
        Optional<Value> byName = Optional.ofNullable(named.remove(parameter.name()));
        if (position < positional.size()) {
            if (byName.isPresent()) {
                throw TemplateFailure.of("macro '%s' got two values for its argument '%s'", macro.name(), parameter.name());
            }
            scope.set(parameter.name(), positional.get(position));
        } else {
            scope.set(parameter.name(), byName.orElseGet(() -> defaultValue(parameter, scope)));
        }
    }

    private Value defaultValue(Parameter parameter, Scope scope) {
        return parameter.defaultValue().map(value -> evaluator.evaluate(value, scope))
                .orElseGet(() -> new Undefined("parameter '" + parameter.name() + "' was not provided"));
    }

    private void leftOver(List<Value> positional, Map<String, Value> named, Scope scope) {
        if (macro.uses().contains("kwargs")) {
            var all = new Dict();
            named.forEach(all::with);
            scope.set("kwargs", all);
        } else if (named.containsKey("caller")) {
            throw TemplateFailure.of("macro '%s' was called by a call block but doesn't use caller()", macro.name());
        } else if (!named.isEmpty()) {
            throw TemplateFailure.of("macro '%s' takes no keyword argument '%s'", macro.name(), named.keySet().iterator().next());
        }
        if (macro.uses().contains("varargs")) {
            scope.set("varargs", Items.of(Items.Kind.TUPLE, positional));
        } else if (!positional.isEmpty()) {
            throw TemplateFailure.of("macro '%s' takes not more than %d argument(s)", macro.name(), macro.parameters().size());
        }
    }
}
