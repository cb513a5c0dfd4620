package dev.leeway.text.template;

/**
 * Something that a template can call.
 *
 * @param name how it prints, without angle brackets
 * @param body what it does
 */
record Callable(String name, Body body) implements Value {

    /** What a call does with its arguments. */
    @FunctionalInterface
    interface Body {
        Value call(Arguments arguments);
    }

    @Override
    public String typeName() {
        return "function";
    }

    @Override
    public boolean truth() {
        return true;
    }
}
