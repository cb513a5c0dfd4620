package dev.leeway.text.template;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The one value with attributes that a template can set: {@code namespace(found=false)}. */
final class Namespace implements Value {

    private final Map<String, Value> attributes = new LinkedHashMap<>();

    void set(String name, Value value) {
        attributes.put(name, value);
    }

    Optional<Value> get(String name) {
        return Optional.ofNullable(attributes.get(name));
    }

    Map<String, Value> attributes() {
        return attributes;
    }

    @Override
    public String typeName() {
        return "Namespace";
    }

    @Override
    public boolean truth() {
        return true;
    }
}
