package dev.leeway.text.template;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** What filters read from each element where they are given {@code attribute='function.name'}. */
final class Selector {

    private Selector() {}

    /** The element itself where the call has no {@code attribute}. */
    static UnaryOperator<Value> of(Call call) {
        return call.find("attribute").<UnaryOperator<Value>>map(attribute -> path(call.run(), attribute, call.find("default")))
                .orElse(UnaryOperator.identity());
    }

    /** The same for texts, in lower case unless the call says {@code case_sensitive}. */
    static UnaryOperator<Value> comparable(Call call) {
        UnaryOperator<Value> selected = of(call);
        return call.flag("case_sensitive", false) ? selected : value -> ignoringCase(selected.apply(value), call.budget());
    }

    static Value ignoringCase(Value value, Budget budget) {
        if (value instanceof Text text) {
            budget.chars(text.value().length());
            return Text.of(text.value().toLowerCase(java.util.Locale.ROOT));
        }
        return value;
    }

    /** Follows the parts of a path; a part of digits is a position. */
    static UnaryOperator<Value> path(Run run, Value attribute, Optional<Value> otherwise) {
        List<Value> parts = parts(attribute);
        return element -> {
            Value value = element;
            for (Value part : parts) {
                run.budget().step();
                value = Attributes.element(value, part, run);
                if (value instanceof Undefined && otherwise.isPresent()) {
                    value = otherwise.get();
                }
            }
            return value;
        };
    }

    /** Several paths, parted by commas, as one tuple. */
    static UnaryOperator<Value> paths(Run run, Text attributes) {
        List<UnaryOperator<Value>> paths = Arrays.stream(attributes.value().split(",", -1))
                .map(path -> path(run, Text.of(path), Optional.empty())).toList();
        return element -> Items.of(Items.Kind.TUPLE, paths.stream().map(path -> path.apply(element)).toList());
    }

    private static List<Value> parts(Value attribute) {
        if (!(attribute instanceof Text text)) {
            return List.of(attribute);
        }
        String[] parts = text.value().split("\\.", -1);
        if (parts.length > Limits.CHAIN) {
            throw TemplateFailure.of("an attribute of %d parts is longer than the %d that templates may use", parts.length, Limits.CHAIN);
        }
        return Arrays.stream(parts).<Value>map(part -> part.matches("\\d{1,9}") ? Value.Int.of(Integer.parseInt(part)) : Text.of(part))
                .toList();
    }
}
