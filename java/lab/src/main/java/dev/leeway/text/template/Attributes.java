package dev.leeway.text.template;

import java.util.Optional;

/**
 * The two ways into a value: {@code value.name} asks for a method first and then for a key, {@code value['name']} the other way round.
 * Nothing else is reachable: what Python keeps behind underscores, and what would change a list or map, is {@link Undefined}.
 */
final class Attributes {

    private Attributes() {}

    static Value get(Value owner, String name, Run run) {
        return own(owner, name, run).or(() -> key(owner, Text.of(name))).orElseGet(() -> missing(owner, name));
    }

    static Value element(Value owner, Value key, Run run) {
        Optional<Value> found = key(owner, key);
        if (found.isEmpty() && key instanceof Text name) {
            return own(owner, name.value(), run).orElseGet(() -> missing(owner, name.value()));
        }
        return found.orElseGet(() -> Undefined.element(owner, key));
    }

    /** What the value has besides keys, as the filter {@code attr} asks for it. */
    static Value withoutKeys(Value owner, String name, Run run) {
        return own(owner, name, run).orElseGet(() -> missing(owner, name));
    }

    private static Value missing(Value owner, String name) {
        return name.startsWith("__") || CollectionMethods.changes(owner, name) ? Undefined.unsafe(owner, name)
                : Undefined.attribute(owner, name);
    }

    private static Optional<Value> key(Value owner, Value key) {
        return switch (owner) {
            case Undefined undefined -> throw undefined.failure();
            case Dict dict when Dict.hashable(key) -> dict.get(key);
            case Value row when Sequences.indexed(row) -> Numbers.integer(key).flatMap(index -> Sequences.at(row, index));
            default -> Optional.empty();
        };
    }

    private static Optional<Value> own(Value owner, String name, Run run) {
        return switch (owner) {
            case Undefined undefined -> throw undefined.failure();
            case Text _ -> TextMethods.TABLE.find(name).map(method -> bound(owner, method, run));
            case Items items when items.kind() == Items.Kind.GROUP && name.equals("grouper") -> Optional.of(items.elements().get(0));
            case Items items when items.kind() == Items.Kind.GROUP && name.equals("list") -> Optional.of(items.elements().get(1));
            case Items _, Dict _ -> CollectionMethods.find(owner, name).map(method -> bound(owner, method, run));
            case Namespace namespace -> namespace.get(name);
            case Loop loop -> loop.attribute(name);
            case Cycler cycler -> cycler.attribute(name);
            default -> Optional.empty();
        };
    }

    private static Value bound(Value owner, Table.Builtin method, Run run) {
        return new Callable("built-in method " + method.signature().name() + " of " + owner.typeName() + " object",
                arguments -> method.apply(owner, arguments, run));
    }
}
