package dev.leeway.data;

import dev.leeway.LeewayException;
import java.nio.file.Path;
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
        String column = columns.source(part);
        JsonNode value = fields.get(column);
        if (value == null) {
            throw LeewayException.data("%s has no column '%s' (it has: %s)", place(), column, columnNames());
        }
        if (value.isArray()) {
            throw LeewayException.data("%s: '%s' is a list; conversations are not read yet, only text: give %s as a string",
                    place(), column, part);
        }
        if (!value.isString()) {
            throw LeewayException.data("%s: '%s' must be a string, found %s", place(), column, kind(value));
        }
        return value.stringValue();
    }

    private static String kind(JsonNode value) {
        return switch (value.getNodeType()) {
            case NULL -> "null";
            case NUMBER -> "the number " + value;
            case BOOLEAN -> value.toString();
            default -> "an object";
        };
    }
}
