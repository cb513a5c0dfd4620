package dev.leeway.text.template;

import dev.leeway.text.template.Value.Int;
import dev.leeway.text.template.Value.None;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The methods of lists, tuples and maps that change nothing. */
final class CollectionMethods {

    private static final Table ROWS = new Table()
            .with("count(value)", call -> Int.of(elements(call).stream().filter(e -> same(call, e)).count()))
            .with("index(value)", CollectionMethods::index);

    private static final Table LISTS = new Table().withAll(ROWS)
            .with("copy()", Call::self);

    private static final Table MAPS = new Table()
            .with("items()", call -> view(call, Items.Kind.PAIRS, dict(call).pairs()))
            .with("keys()", call -> view(call, Items.Kind.KEYS, dict(call).keys()))
            .with("values()", call -> view(call, Items.Kind.VALUES, dict(call).values()))
            .with("get(key, default?)", call -> dict(call).get(call.value("key"))
                    .orElseGet(() -> call.bound().getOrDefault("default", None.NONE)))
            .with("copy()", Call::self);

    private static final Set<String> LIST_CHANGES = Set.of("append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort");
    private static final Set<String> MAP_CHANGES = Set.of("clear", "pop", "popitem", "setdefault", "update");

    private CollectionMethods() {}

    static Optional<Table.Builtin> find(Value owner, String name) {
        return switch (owner) {
            case Dict _ -> MAPS.find(name);
            case Items items when items.kind() == Items.Kind.LIST -> LISTS.find(name);
            case Items items when items.kind().indexed() -> ROWS.find(name);
            default -> Optional.empty();
        };
    }

    /** Whether this would be a method that changes the value. */
    static boolean changes(Value owner, String name) {
        return owner instanceof Dict ? MAP_CHANGES.contains(name)
                : owner instanceof Items items && items.kind() == Items.Kind.LIST && LIST_CHANGES.contains(name);
    }

    private static Dict dict(Call call) {
        return (Dict) call.self();
    }

    private static List<Value> elements(Call call) {
        return ((Items) call.self()).elements();
    }

    private static Items view(Call call, Items.Kind kind, List<Value> elements) {
        call.budget().elements(elements.size());
        return Items.of(kind, elements);
    }

    private static boolean same(Call call, Value element) {
        return Equality.equal(element, call.value("value"), call.budget());
    }

    private static Value index(Call call) {
        List<Value> elements = elements(call);
        for (int i = 0; i < elements.size(); i++) {
            if (same(call, elements.get(i))) {
                return Int.of(i);
            }
        }
        throw TemplateFailure.of("%s is not in list", Printer.repr(call.value("value")));
    }
}
