package dev.leeway.text.template;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The names that a block of the template sees: its own, then those of the blocks around it. */
final class Scope {

    private final Optional<Scope> parent;
    private final Map<String, Value> names;

    private Scope(Optional<Scope> parent, Map<String, Value> names) {
        this.parent = parent;
        this.names = names;
    }

    static Scope outermost(Map<String, Value> names) {
        return new Scope(Optional.empty(), names);
    }

    Scope inner() {
        return new Scope(Optional.of(this), new HashMap<>(8));
    }

    void set(String name, Value value) {
        names.put(name, value);
    }

    Optional<Value> find(String name) {
        for (Optional<Scope> scope = Optional.of(this); scope.isPresent(); scope = scope.get().parent) {
            Value value = scope.get().names.get(name);
            if (value != null) {
                return Optional.of(value);
            }
        }
        return Optional.empty();
    }
}
