package dev.leeway.text.template;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How a built-in function is called, read from its description: {@code replace(old, new, count?)}. A question mark makes a parameter
 * optional; a last {@code *} takes any further arguments as they are.
 */
record Signature(String name, List<Parameter> parameters, boolean open) {

    /** One parameter. */
    record Parameter(String name, boolean optional) {}

    static Signature parse(String description) {
        int open = description.indexOf('(');
        String inside = description.substring(open + 1, description.length() - 1);
        List<Parameter> parameters = new ArrayList<>();
        boolean any = false;
        for (String part : inside.isEmpty() ? new String[0] : inside.split(", ")) {
            if (part.equals("*")) {
                any = true;
            } else {
                boolean optional = part.endsWith("?");
                parameters.add(new Parameter(optional ? part.substring(0, part.length() - 1) : part, optional));
            }
        }
        return new Signature(description.substring(0, open), List.copyOf(parameters), any);
    }

    /** Gives each argument its parameter's name. */
    Map<String, Value> bind(Arguments arguments) {
        Map<String, Value> bound = new LinkedHashMap<>();
        int given = Math.min(arguments.positional().size(), parameters.size());
        for (int i = 0; i < given; i++) {
            bound.put(parameters.get(i).name(), arguments.positional().get(i));
        }
        if (!open) {
            if (arguments.positional().size() > parameters.size()) {
                throw TemplateFailure.of("%s() takes %d arguments, not %d", name, parameters.size(), arguments.positional().size());
            }
            arguments.named().forEach((key, value) -> bindNamed(bound, key, value));
        }
        for (Parameter parameter : parameters) {
            if (!parameter.optional() && !bound.containsKey(parameter.name())) {
                throw TemplateFailure.of("%s() is missing its argument '%s'", name, parameter.name());
            }
        }
        return bound;
    }

    private void bindNamed(Map<String, Value> bound, String key, Value value) {
        if (parameters.stream().noneMatch(parameter -> parameter.name().equals(key))) {
            throw TemplateFailure.of("%s() has no parameter '%s'", name, key);
        }
        if (bound.put(key, value) != null) {
            throw TemplateFailure.of("%s() got two values for its parameter '%s'", name, key);
        }
    }
}
