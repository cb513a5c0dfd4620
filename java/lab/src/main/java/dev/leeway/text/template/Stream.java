package dev.leeway.text.template;

import java.util.Iterator;

/** Values that are made one at a time and can be walked once, as {@code map}, {@code select} and their like give them. */
final class Stream implements Value {

    private final Iterator<Value> values;
    private final int depth;

    /**
     * @param values where they come from
     * @param source what they are made from; streams on streams count as nesting
     */
    Stream(Iterator<Value> values, Value source) {
        this.values = values;
        this.depth = Items.deeper(java.util.List.of(source));
    }

    Iterator<Value> values() {
        return values;
    }

    @Override
    public String typeName() {
        return "generator";
    }

    @Override
    public boolean truth() {
        return true;
    }

    @Override
    public int depth() {
        return depth;
    }
}
