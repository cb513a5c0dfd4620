package dev.leeway.cli.verify;

import dev.leeway.LeewayException;
import dev.leeway.io.JsonObject;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;

/**
 * An object of a case, each of whose fields must be read: what nobody asked for is refused, never ignored. Asking for a field that is
 * absent or null makes it known.
 */
final class Fields {

    private final JsonObject json;
    private final Set<String> known = new TreeSet<>();

    Fields(JsonObject json) {
        this.json = json;
    }

    /** What is there. */
    Collection<String> names() {
        return json.names();
    }

    private String ask(String name) {
        known.add(name);
        return name;
    }

    boolean has(String name) {
        return json.has(ask(name));
    }

    double number(String name) {
        return json.requireDouble(ask(name));
    }

    double number(String name, double absent) {
        return json.optionalDouble(ask(name)).orElse(absent);
    }

    /** A number without fraction. */
    int whole(String name, int absent) {
        return json.optionalInt(ask(name)).orElse(absent);
    }

    String text(String name, String absent) {
        return json.optionalString(ask(name)).orElse(absent);
    }

    boolean flag(String name, boolean absent) {
        return json.optionalBoolean(ask(name)).orElse(absent);
    }

    /** A string, or a list of them. */
    List<String> texts(String name, String absent) {
        return json.optional(ask(name)).filter(JsonNode::isArray).isPresent() ? json.requireStrings(name) : List.of(text(name, absent));
    }

    /** An object inside, to be read through in its turn. */
    Optional<Fields> object(String name) {
        return json.optionalObject(ask(name)).map(Fields::new);
    }

    /** A list of numbers. */
    double[] numbers(String name) {
        return json.requireDoubles(ask(name)).stream().mapToDouble(Double::doubleValue).toArray();
    }

    /** A list of numbers without fraction. */
    int[] wholes(String name) {
        return json.requireInts(ask(name)).stream().mapToInt(Integer::intValue).toArray();
    }

    /** A list of true and false. */
    boolean[] flags(String name) {
        var values = json.require(ask(name));
        var flags = new boolean[values.size()];
        for (int i = 0; i < flags.length; i++) {
            flags[i] = isSet(name, values.get(i));
        }
        return flags;
    }

    /** A list of rows of numbers, all of one length. */
    double[][] rows(String name) {
        return numbers(name, table(name, json.require(ask(name))));
    }

    /** A list of such lists (B, T, V), with B and T joined. */
    double[][] tables(String name) {
        return StreamSupport.stream(json.require(ask(name)).spliterator(), false).map(one -> numbers(name, table(name, one)))
            .flatMap(Arrays::stream).toArray(double[][]::new);
    }

    private double[][] numbers(String name, JsonNode values) {
        var rows = new double[values.size()][values.get(0).size()];
        for (int r = 0; r < rows.length; r++) {
            for (int t = 0; t < rows[r].length; t++) {
                var value = values.get(r).get(t);
                if (!value.isNumber()) {
                    throw json.wrong(name, "must hold numbers, found " + value + " in row " + r);
                }
                rows[r][t] = value.asDouble();
            }
        }
        return rows;
    }

    /** A list of rows of flags, true and false or 1 and 0, all of one length. */
    boolean[][] masks(String name) {
        var values = table(name, json.require(ask(name)));
        var rows = new boolean[values.size()][values.get(0).size()];
        for (int r = 0; r < rows.length; r++) {
            for (int t = 0; t < rows[r].length; t++) {
                rows[r][t] = isSet(name, values.get(r).get(t));
            }
        }
        return rows;
    }

    private boolean isSet(String name, JsonNode value) {
        if (value.isBoolean()) {
            return value.booleanValue();
        }
        if (value.isIntegralNumber() && (value.longValue() == 0 || value.longValue() == 1)) {
            return value.longValue() == 1;
        }
        throw json.wrong(name, "must hold true, false, 0 or 1, found " + value);
    }

    private JsonNode table(String name, JsonNode values) {
        if (!values.isArray() || values.isEmpty() || !values.get(0).isArray()) {
            throw json.wrong(name, "must be a list of rows");
        }
        for (int r = 1; r < values.size(); r++) {
            if (values.get(r).size() != values.get(0).size()) {
                throw json.wrong(name, "must have rows of one length, found " + values.get(0).size() + " and " + values.get(r).size());
            }
        }
        return values;
    }

    /** A failure about a field, for conditions that only a family knows. */
    LeewayException wrong(String name, String sentence) {
        return json.wrong(name, sentence);
    }

    /** A field that says in words what is always so, and must say that. */
    void requireText(String name, String expected) {
        if (has(name) && !text(name, "").equals(expected)) {
            throw json.wrong(name, "must be \"" + expected + "\" or absent, found \"" + text(name, "") + "\"");
        }
    }

    /** Refuses a field that was not asked for. */
    void requireAllKnown() {
        for (var name : json.names()) {
            if (!known.contains(name)) {
                throw json.wrong(name, "is not known to this kind of case; it knows " + String.join(", ", known));
            }
        }
    }
}
