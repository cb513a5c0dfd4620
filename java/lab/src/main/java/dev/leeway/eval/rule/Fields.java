package dev.leeway.eval.rule;

import dev.leeway.LeewayException;
import dev.leeway.data.JsonRow;
import dev.leeway.data.JsonRows;
import dev.leeway.eval.TextHash;
import dev.leeway.eval.Turn;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/**
 * A row's values by the parts they play.
 *
 * @param row as it stands in its file
 * @param columns part → column, of parts that have a column of another name
 */
record Fields(JsonRow row, Map<String, String> columns) {

    private static final Set<String> ROLES = Set.of("system", "user", "assistant");

    /**
     * One item a row of a file.
     *
     * @param item of a row's values and the row's number, from 1
     * @param id of an item, to refuse two of one
     * @throws LeewayException if there are none, or two have one id
     */
    static <T> List<T> read(Path file, Map<String, String> columns, BiFunction<Fields, Integer, T> item, Function<T, String> id) {
        var items = new ArrayList<T>();
        var ids = new HashSet<String>();
        try (var rows = JsonRows.open(file)) {
            rows.forEach(row -> {
                var read = item.apply(new Fields(row, columns), items.size() + 1);
                if (!ids.add(id.apply(read))) {
                    throw LeewayException.data("%s: the id %s is that of an earlier row; give each row its own", row.place(),
                        id.apply(read));
                }
                items.add(read);
            });
        }
        if (items.isEmpty()) {
            throw LeewayException.data("%s has no rows; give a file with items", file);
        }
        return List.copyOf(items);
    }

    /**
     * Reads {@code prompt=question,answer=label}.
     *
     * @param option names the option, for messages
     * @param parts those that there are
     */
    static Map<String, String> columns(String option, String text, List<String> parts) {
        var columns = new LinkedHashMap<String, String>();
        for (var entry : text.isBlank() ? new String[0] : text.split(",", -1)) {
            var sides = entry.strip().split("=", 2);
            if (sides.length != 2 || !parts.contains(sides[0].strip()) || sides[1].isBlank()
                || columns.put(sides[0].strip(), sides[1].strip()) != null) {
                throw LeewayException.usage("%s: '%s' is not of the form prompt=question,answer=label with each of %s at most once", option,
                    text, String.join(", ", parts));
            }
        }
        return columns;
    }

    private String column(String part) {
        return columns.getOrDefault(part, part);
    }

    private JsonNode node(String part) {
        return row.fields().path(column(part));
    }

    /** Whether the row has a part; {@code null} is none. */
    boolean has(String part) {
        return !node(part).isMissingNode() && !node(part).isNull();
    }

    /** The first part that the row has. */
    Optional<String> first(List<String> parts) {
        return parts.stream().filter(this::has).findFirst();
    }

    /**
     * The first part that the row has.
     *
     * @throws LeewayException if it has none of them
     */
    String requireFirst(List<String> parts) {
        return first(parts).orElseThrow(() -> LeewayException.data("%s has none of the columns %s; it has: %s", row.place(),
            String.join(", ", parts.stream().map(this::column).toList()), row.columnNames()));
    }

    /** Whether a part is a list. */
    boolean isList(String part) {
        return node(part).isArray();
    }

    /** The text of a part; numbers and truth values as JSON writes them. */
    String text(String part) {
        requireFirst(List.of(part));
        if (node(part).isContainer()) {
            throw LeewayException.data("%s: '%s' must be a text, found %s", row.place(), column(part), kind(node(part)));
        }
        return node(part).isString() ? node(part).stringValue() : node(part).toString();
    }

    /** The texts of a part that is a list. */
    List<String> texts(String part) {
        requireFirst(List.of(part));
        var texts = new ArrayList<String>();
        for (var element : list(part)) {
            if (element.isContainer() || element.isNull()) {
                throw LeewayException.data("%s: element %d of '%s' must be a text, found %s", row.place(), texts.size() + 1, column(part),
                    kind(element));
            }
            texts.add(element.isString() ? element.stringValue() : element.toString());
        }
        return List.copyOf(texts);
    }

    /** The messages of a part that is a list. */
    List<Turn> turns(String part) {
        requireFirst(List.of(part));
        var turns = new ArrayList<Turn>();
        for (var element : list(part)) {
            var role = element.path("role").asString("");
            if (!ROLES.contains(role) || !element.path("content").isString()) {
                throw LeewayException.data("%s: message %d of '%s' must have a role (system, user, assistant) and a text as content",
                    row.place(), turns.size() + 1, column(part));
            }
            turns.add(new Turn(role, element.path("content").stringValue()));
        }
        if (turns.isEmpty()) {
            throw LeewayException.data("%s: '%s' has no messages", row.place(), column(part));
        }
        return List.copyOf(turns);
    }

    private JsonNode list(String part) {
        if (!isList(part)) {
            throw LeewayException.data("%s: '%s' must be a list, found %s", row.place(), column(part), kind(node(part)));
        }
        return node(part);
    }

    private static String kind(JsonNode value) {
        return switch (value.getNodeType()) {
            case OBJECT -> "an object";
            case ARRAY -> "a list";
            case STRING -> "a text";
            default -> value.toString();
        };
    }

    /** The row's own id; where it has none, its number and a hash of a part. */
    String id(int number, String part) {
        return has("id") ? text("id") : TextHash.id(number, node(part).isString() ? node(part).stringValue() : node(part).toString());
    }
}
