package dev.leeway.io;

import static dev.leeway.io.Quote.quote;

import dev.leeway.LeewayException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.BiFunction;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A JSON object that knows where it came from, so that a wrong value is reported as file, key path, expected and found. Nothing is
 * coerced: the string "8" is no integer and 8.5 is no integer, but every number is a double. A key whose value is null counts as absent.
 *
 * @param where   the file, or file and line, it was read from
 * @param pointer the path of keys to it, with dots; empty for the whole document
 * @param node    the object itself
 */
public record JsonObject(String where, String pointer, ObjectNode node) {

    /** The keys, in the order of the file; those with null too. */
    public Collection<String> names() {
        return Collections.unmodifiableCollection(node.propertyNames());
    }

    /** Whether {@code name} is there with a value other than null. */
    public boolean has(String name) {
        return optional(name).isPresent();
    }

    /** The value as it is, unless it is absent or null. */
    public Optional<JsonNode> optional(String name) {
        return node.optional(name).filter(value -> !value.isNull());
    }

    /** The value as it is. */
    public JsonNode require(String name) {
        return present(name, optional(name), "a value");
    }

    /** A number without fraction or exponent that fits 32 bits. */
    public int requireInt(String name) {
        return present(name, get(name, this::anInt), "an integer");
    }

    /** {@link #requireInt} unless absent. */
    public OptionalInt optionalInt(String name) {
        return get(name, this::anInt).map(OptionalInt::of).orElseGet(OptionalInt::empty);
    }

    /** A number without fraction or exponent that fits 64 bits. */
    public long requireLong(String name) {
        return present(name, get(name, this::aLong), "an integer");
    }

    /** {@link #requireLong} unless absent. */
    public OptionalLong optionalLong(String name) {
        return get(name, this::aLong).map(OptionalLong::of).orElseGet(OptionalLong::empty);
    }

    /** Any number, with or without fraction, that a double can hold. */
    public double requireDouble(String name) {
        return present(name, get(name, this::aDouble), "a number");
    }

    /** {@link #requireDouble} unless absent. */
    public OptionalDouble optionalDouble(String name) {
        return get(name, this::aDouble).map(OptionalDouble::of).orElseGet(OptionalDouble::empty);
    }

    /** A string. */
    public String requireString(String name) {
        return present(name, optionalString(name), "a string");
    }

    /** A string unless absent. */
    public Optional<String> optionalString(String name) {
        return get(name, this::aString);
    }

    /** True or false. */
    public boolean requireBoolean(String name) {
        return present(name, optionalBoolean(name), "true or false");
    }

    /** True or false unless absent. */
    public Optional<Boolean> optionalBoolean(String name) {
        return get(name, this::aBoolean);
    }

    /** An object. */
    public JsonObject requireObject(String name) {
        return present(name, optionalObject(name), "an object");
    }

    /** An object unless absent. */
    public Optional<JsonObject> optionalObject(String name) {
        return get(name, (value, path) -> value instanceof ObjectNode object
                ? new JsonObject(where, path, object)
                : wrong(path, "an object", value));
    }

    /** A list of strings unless absent. */
    public Optional<List<String>> optionalStrings(String name) {
        return get(name, (value, path) -> list(value, path, "a list of strings", this::aString));
    }

    /** A list of strings. */
    public List<String> requireStrings(String name) {
        return present(name, optionalStrings(name), "a list of strings");
    }

    /** A list of integers unless absent. */
    public Optional<List<Integer>> optionalInts(String name) {
        return get(name, (value, path) -> list(value, path, "a list of integers", this::anInt));
    }

    /** A list of integers. */
    public List<Integer> requireInts(String name) {
        return present(name, optionalInts(name), "a list of integers");
    }

    /** A list of numbers unless absent. */
    public Optional<List<Double>> optionalDoubles(String name) {
        return get(name, (value, path) -> list(value, path, "a list of numbers", this::aDouble));
    }

    /** A list of numbers. */
    public List<Double> requireDoubles(String name) {
        return present(name, optionalDoubles(name), "a list of numbers");
    }

    /** A list of objects. */
    public List<JsonObject> requireObjects(String name) {
        return present(name, optionalObjects(name), "a list of objects");
    }

    /** A list of objects unless absent. */
    public Optional<List<JsonObject>> optionalObjects(String name) {
        return get(name, (value, path) -> list(value, path, "a list of objects", (element, at) -> element instanceof ObjectNode object
                ? new JsonObject(where, at, object)
                : wrong(at, "an object", element)));
    }

    /** A failure about the value of {@code name}, for conditions that only the caller knows: {@code "must be positive, found -3"}. */
    public LeewayException wrong(String name, String sentence) {
        return LeewayException.data("%s: %s %s", where, path(name), sentence);
    }

    private <T> Optional<T> get(String name, BiFunction<JsonNode, String, T> convert) {
        return optional(name).map(value -> convert.apply(value, path(name)));
    }

    private <T> T present(String name, Optional<T> value, String expected) {
        return value.orElseThrow(() -> node.has(name)
                ? LeewayException.data("%s: %s must be %s, found null", where, path(name), expected)
                : LeewayException.data("%s: %s is missing, %s is expected%s", where, path(name), expected, Nearest.hint(name, names())));
    }

    private <T> List<T> list(JsonNode value, String path, String expected, BiFunction<JsonNode, String, T> convert) {
        if (!value.isArray()) {
            return wrong(path, expected, value);
        }
        var elements = new ArrayList<T>();
        for (var element : value) {
            elements.add(convert.apply(element, path + "[" + elements.size() + "]"));
        }
        return List.copyOf(elements);
    }

    private int anInt(JsonNode value, String path) {
        return value.isIntegralNumber() && value.canConvertToInt() ? value.intValue() : wrong(path, "a 32-bit integer", value);
    }

    private long aLong(JsonNode value, String path) {
        return value.isIntegralNumber() && value.canConvertToLong() ? value.longValue() : wrong(path, "a 64-bit integer", value);
    }

    private double aDouble(JsonNode value, String path) {
        return value.isNumber() && Double.isFinite(value.asDouble(Double.NaN)) ? value.asDouble() : wrong(path, "a number", value);
    }

    private String aString(JsonNode value, String path) {
        return value.isString() ? value.stringValue() : wrong(path, "a string", value);
    }

    private boolean aBoolean(JsonNode value, String path) {
        return value.isBoolean() ? value.booleanValue() : wrong(path, "true or false", value);
    }

    /** Never returns; typed so that it can stand where a value is expected. */
    private <T> T wrong(String path, String expected, JsonNode found) {
        throw LeewayException.data("%s: %s must be %s, found %s", where, path, expected, show(found));
    }

    private String path(String name) {
        var shown = name.matches("[\\w$-]{1,100}") ? name : quote(name);
        return pointer.isEmpty() ? shown : pointer + "." + shown;
    }

    static String show(JsonNode value) {
        return switch (value.getNodeType()) {
            case STRING -> quote(value.stringValue());
            case OBJECT -> "an object";
            case ARRAY -> "a list";
            case MISSING -> "nothing";
            default -> {
                var text = value.toString();
                yield text.length() > 60 ? text.substring(0, 60) + "…" : text;
            }
        };
    }
}
