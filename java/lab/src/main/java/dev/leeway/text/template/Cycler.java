package dev.leeway.text.template;

import java.util.List;
import java.util.Optional;

/** {@code cycler('odd', 'even')}: gives its values in turn. */
final class Cycler implements Value {

    private final List<Value> values;
    private int position;

    Cycler(List<Value> values) {
        if (values.isEmpty()) {
            throw TemplateFailure.of("at least one item has to be provided");
        }
        this.values = values;
    }

    /** {@code current}, {@code next()} and {@code reset()}. */
    Optional<Value> attribute(String name) {
        return switch (name) {
            case "current" -> Optional.of(values.get(position));
            case "next" -> Optional.of(new Callable("method next", arguments -> next()));
            case "reset" -> Optional.of(new Callable("method reset", arguments -> reset()));
            default -> Optional.empty();
        };
    }

    private Value next() {
        Value value = values.get(position);
        position = (position + 1) % values.size();
        return value;
    }

    private Value reset() {
        position = 0;
        return None.NONE;
    }

    @Override
    public String typeName() {
        return "Cycler";
    }

    @Override
    public boolean truth() {
        return true;
    }
}
