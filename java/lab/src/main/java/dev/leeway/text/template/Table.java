package dev.leeway.text.template;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Built-in functions by name; complete once its class is initialised. */
final class Table {

    /** What a built-in function does. */
    @FunctionalInterface
    interface Body {
        Value apply(Call call);
    }

    /** A function and how it is called. */
    record Builtin(Signature signature, Body body) {
        Value apply(Value self, Arguments arguments, Run run) {
            run.budget().look(size(self));
            return body.apply(new Call(self, signature.bind(arguments), arguments, run));
        }

        private static int size(Value self) {
            return switch (self) {
                case Text text -> text.value().length();
                case Items items -> items.elements().size();
                case Value.Int number -> Numbers.bits(number);
                default -> 0;
            };
        }
    }

    private final Map<String, Builtin> functions = new HashMap<>();

    /** A function more, described as {@link Signature} reads it. */
    Table with(String description, Body body) {
        var signature = Signature.parse(description);
        functions.put(signature.name(), new Builtin(signature, body));
        return this;
    }

    /** The same function under another name. */
    Table alias(String alias, String name) {
        functions.put(alias, functions.get(name));
        return this;
    }

    Table withAll(Table other) {
        functions.putAll(other.functions);
        return this;
    }

    Optional<Builtin> find(String name) {
        return Optional.ofNullable(functions.get(name));
    }
}
