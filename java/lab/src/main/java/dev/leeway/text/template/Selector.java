package dev.leeway.text.template;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/** What filters read from each element where they are given {@code attribute='function.name'}. */
final class Selector {

    private static final Pattern POSITION = Pattern.compile("\\d{1,9}");

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
            return Text.of(Cases.lower(text.value(), budget));
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
        List<UnaryOperator<Value>> paths = Arrays.stream(pieces(attributes, ","))
                .map(path -> path(run, Text.of(path), Optional.empty())).toList();
        return element -> Items.of(Items.Kind.TUPLE, paths.stream().map(path -> path.apply(element)).toList());
    }

    private static List<Value> parts(Value attribute) {
        if (!(attribute instanceof Text text)) {
            return List.of(attribute);
        }
        return Arrays.stream(pieces(text, "\\."))
                .<Value>map(part -> POSITION.matcher(part).matches() ? Value.Int.of(Integer.parseInt(part)) : Text.of(part))
                .toList();
    }

    private static String[] pieces(Text attribute, String separator) {
        String[] pieces = attribute.value().split(separator, Limits.CHAIN + 1);
        if (pieces.length > Limits.CHAIN) {
            throw TemplateFailure.of("an attribute has more than %d parts", Limits.CHAIN);
        }
        return pieces;
    }
}
