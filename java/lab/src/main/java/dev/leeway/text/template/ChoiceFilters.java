package dev.leeway.text.template;

import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** Filters that choose: a default for a value, elements by a test, an attribute of each. */
final class ChoiceFilters {

    static final Table TABLE = new Table()
            .with("default(default_value?, boolean?)", ChoiceFilters::orDefault).alias("d", "default")
            .with("attr(name)", call -> Attributes.withoutKeys(call.self(), call.print(call.value("name")), call.run()))
            .with("map(*)", ChoiceFilters::map)
            .with("select(*)", call -> Streams.filtered(call, test(call, UnaryOperator.identity(), 0)))
            .with("reject(*)", call -> Streams.filtered(call, test(call, UnaryOperator.identity(), 0).negate()))
            .with("selectattr(*)", call -> Streams.filtered(call, test(call, selected(call), 1)))
            .with("rejectattr(*)", call -> Streams.filtered(call, test(call, selected(call), 1).negate()));

    private ChoiceFilters() {}

    private static Value orDefault(Call call) {
        boolean missing = call.self() instanceof Undefined || call.flag("boolean", false) && !call.self().truth();
        return missing ? call.bound().getOrDefault("default_value", Text.EMPTY) : call.self();
    }

    private static Value map(Call call) {
        Arguments given = call.arguments();
        if (given.positional().isEmpty() && given.named().containsKey("attribute")) {
            return Streams.mapped(call, Selector.path(call.run(), given.named().get("attribute"),
                    Optional.ofNullable(given.named().get("default"))));
        }
        String filter = call.print(first(given.positional(), "map requires a filter argument"));
        return Streams.mapped(call, value -> call.run().filter(filter, value, given.after(1)));
    }

    private static UnaryOperator<Value> selected(Call call) {
        Value attribute = first(call.arguments().positional(), "Missing parameter for attribute name");
        return Selector.path(call.run(), attribute, Optional.empty());
    }

    /** The test named by the argument at a position, with the ones after it; truth where there is none. */
    private static Predicate<Value> test(Call call, UnaryOperator<Value> selected, int position) {
        Arguments given = call.arguments().after(position);
        if (given.positional().isEmpty()) {
            return value -> selected.apply(value).truth();
        }
        String test = call.print(given.positional().getFirst());
        return value -> call.run().test(test, selected.apply(value), given.after(1));
    }

    private static Value first(List<Value> arguments, String complaint) {
        if (arguments.isEmpty()) {
            throw TemplateFailure.of("%s", complaint);
        }
        return arguments.getFirst();
    }
}
