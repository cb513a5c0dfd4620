package dev.leeway.text.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A map that keeps the order of its keys. Keys are equal as in Python: 1, 1.0 and True are one key. */
final class Dict implements Value {

    private record Entry(Value key, Value value) {}

    private final Map<Object, Entry> entries = new LinkedHashMap<>();
    private int depth = 1;

    /** An entry more, before the map is handed out; an equal key keeps its place and spelling. */
    Dict with(Value key, Value value) {
        entries.merge(hashKey(key), new Entry(key, value), (old, added) -> new Entry(old.key, added.value));
        depth = Math.max(depth, Items.deeper(List.of(value)));
        return this;
    }

    Dict with(String key, Value value) {
        return with(Text.of(key), value);
    }

    Dict withAll(Dict other) {
        other.entries.values().forEach(e -> with(e.key, e.value));
        return this;
    }

    Optional<Value> get(Value key) {
        return Optional.ofNullable(entries.get(hashKey(key))).map(Entry::value);
    }

    Optional<Value> get(String key) {
        return Optional.ofNullable(entries.get(key)).map(Entry::value);
    }

    int size() {
        return entries.size();
    }

    List<Value> keys() {
        return entries.values().stream().map(Entry::key).toList();
    }

    List<Value> values() {
        return entries.values().stream().map(Entry::value).toList();
    }

    /** Tuples of key and value. */
    List<Value> pairs() {
        List<Value> pairs = new ArrayList<>(entries.size());
        entries.values().forEach(e -> pairs.add(Items.tuple(e.key, e.value)));
        return pairs;
    }

    /** The entries whose keys are texts, by key. */
    Map<String, Value> named() {
        Map<String, Value> named = new LinkedHashMap<>();
        entries.forEach((key, entry) -> {
            if (key instanceof String name) {
                named.put(name, entry.value);
            }
        });
        return named;
    }

    /** A Java object that is equal for keys that Python holds equal. Tuples of tuples, which could be endless to walk, aren't keys. */
    private static Object hashKey(Value key) {
        return switch (key) {
            case Text text -> text.value();
            case None none -> none;
            case Bool bool -> bool.value() ? BigInteger.ONE : BigInteger.ZERO;
            case Int number -> number.value();
            case Real real -> whole(real.value()) ? new BigDecimal(real.value()).toBigInteger() : (Object) real.value();
            case Items items when hashable(items) -> items.elements().stream().map(Dict::hashKey).toList();
            case Items _, Dict _ -> throw TemplateFailure.of("unhashable type: '%s'", key.typeName());
            default -> key;
        };
    }

    private static boolean whole(double value) {
        return Double.isFinite(value) && value == Math.rint(value);
    }

    /** Whether it could be a key. */
    static boolean hashable(Value key) {
        return switch (key) {
            case Items items -> items.kind() == Items.Kind.TUPLE && items.elements().stream().allMatch(e -> e.depth() == 0 && hashable(e));
            case Dict _ -> false;
            default -> true;
        };
    }

    /** The key's stand-in for sets of values, as {@code unique} needs one. */
    static Object identity(Value key) {
        return hashKey(key);
    }

    @Override
    public String typeName() {
        return "dict";
    }

    @Override
    public boolean truth() {
        return !entries.isEmpty();
    }

    @Override
    public int depth() {
        return depth;
    }
}
