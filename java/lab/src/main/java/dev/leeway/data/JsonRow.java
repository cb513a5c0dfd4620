package dev.leeway.data;

import dev.leeway.LeewayException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One row of a data file as it stands there.
 *
 * @param file   where it is from
 * @param line   the line it starts on, from 1
 * @param fields its columns
 */
public record JsonRow(Path file, long line, ObjectNode fields) {

    static final String PROMPT = "prompt";
    static final String COMPLETION = "completion";
    static final String TEXT = "text";
    static final String MESSAGES = "messages";
    static final String TOOLS = "tools";
    static final String CHOSEN = "chosen";
    static final String REJECTED = "rejected";
    static final String LABEL = "label";
    static final String MARGIN = "margin";

    private static final Pattern UNPRINTABLE = Pattern.compile("\\p{Cntrl}");
    private static final int MOST_NAMES = 20;

    /** The place, as errors name it: {@code train.jsonl:118}. */
    public String place() {
        return file + ":" + line;
    }

    /** Whether the row has a part, under the name that {@code columns} gives it. */
    public boolean has(String part, Columns columns) {
        return fields.has(columns.source(part));
    }

    /** The same, where {@code null} counts as absent: exported tables fill the columns of other formats with it. */
    boolean hasValue(String part, Columns columns) {
        return fields.hasNonNull(columns.source(part));
    }

    /** The names of the row's columns, for messages. */
    public String columnNames() {
        String names = fields.propertyStream().limit(MOST_NAMES).map(e -> UNPRINTABLE.matcher(e.getKey()).replaceAll("?"))
                .collect(Collectors.joining(", "));
        return fields.isEmpty() ? "none" : fields.size() > MOST_NAMES ? names + ", …" : names;
    }

    /**
     * The text of a part.
     *
     * @throws LeewayException if its column is missing or is not a string
     */
    public String text(String part, Columns columns) {
        JsonNode value = value(part, columns);
        if (value.isArray()) {
            throw LeewayException.data("%s: '%s' is a list, but the columns beside it are text; give all of a row as strings, or all as"
                    + " lists of messages", place(), columns.source(part));
        }
        if (!value.isString()) {
            throw LeewayException.data("%s: '%s' must be a string, found %s", place(), columns.source(part), kind(value));
        }
        return value.stringValue();
    }

    /** Whether a part that the row has is a list: a conversation instead of a text. */
    boolean isList(String part, Columns columns) {
        return fields.path(columns.source(part)).isArray();
    }

    /**
     * The objects of a part that is a list: messages or tools. {@code null} and an absent column are an empty list.
     *
     * @throws LeewayException if the part is something else
     */
    List<Map<String, Object>> objects(String part, Columns columns) {
        JsonNode list = fields.path(columns.source(part));
        if (list.isMissingNode() || list.isNull()) {
            return List.of();
        }
        if (!list.isArray()) {
            throw LeewayException.data("%s: '%s' must be a list of objects, found %s", place(), columns.source(part), kind(list));
        }
        List<Map<String, Object>> objects = new ArrayList<>();
        for (JsonNode element : list) {
            if (!(element instanceof ObjectNode object)) {
                throw LeewayException.data("%s: element %d of '%s' must be an object, found %s", place(), objects.size() + 1,
                        columns.source(part), kind(element));
            }
            objects.add(JsonValues.map(object));
        }
        return objects;
    }

    /** The truth value of a part; 0 and 1 count as one. */
    boolean truth(String part, Columns columns) {
        JsonNode value = value(part, columns);
        if (value.isBoolean()) {
            return value.booleanValue();
        }
        if (value.isIntegralNumber() && (value.asLong() == 0 || value.asLong() == 1)) {
            return value.asLong() == 1;
        }
        throw LeewayException.data("%s: '%s' must be true or false, found %s", place(), columns.source(part), kind(value));
    }

    /** The number of a part; {@code null} and an absent column are none. */
    OptionalDouble number(String part, Columns columns) {
        JsonNode value = fields.path(columns.source(part));
        if (value.isMissingNode() || value.isNull()) {
            return OptionalDouble.empty();
        }
        if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
            throw LeewayException.data("%s: '%s' must be a finite number, found %s", place(), columns.source(part), kind(value));
        }
        return OptionalDouble.of(value.doubleValue());
    }

    JsonNode value(String part, Columns columns) {
        JsonNode value = fields.get(columns.source(part));
        if (value == null) {
            throw LeewayException.data("%s has no column '%s' (it has: %s)", place(), columns.source(part), columnNames());
        }
        return value;
    }

    static String kind(JsonNode value) {
        return switch (value.getNodeType()) {
            case NULL -> "null";
            case NUMBER -> "the number " + value;
            case BOOLEAN -> value.toString();
            case STRING -> "a string";
            case ARRAY -> "a list";
            default -> "an object";
        };
    }
}
