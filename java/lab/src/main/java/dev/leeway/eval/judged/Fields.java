package dev.leeway.eval.judged;

import dev.leeway.LeewayException;
import dev.leeway.data.JsonRow;
import dev.leeway.data.JsonRows;
import dev.leeway.eval.TextHash;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * The columns of a row of a benchmark's file. {@code null} counts as absent.
 *
 * @param row as it stands in the file
 */
public record Fields(JsonRow row) {

    /**
     * All rows of a file.
     *
     * @throws LeewayException if the file has none, or one that is no object, with its place
     */
    public static List<Fields> of(Path file) {
        try (var rows = JsonRows.open(file)) {
            var all = rows.map(Fields::new).toList();
            if (all.isEmpty()) {
                throw LeewayException.data("%s has no rows; fetch it again", file);
            }
            return all;
        }
    }

    /** A text that must be there and say something. */
    public String text(String name) {
        return find(name).filter(text -> !text.isBlank()).orElseThrow(() ->
            LeewayException.data("%s has no text in '%s'; it has the columns %s", row.place(), name, row.columnNames()));
    }

    /** The first of several columns that holds a text. */
    public String text(String name, String... others) {
        return find(name).or(() -> List.of(others).stream().flatMap(other -> find(other).stream()).findFirst()).orElseThrow(() ->
            LeewayException.data("%s has no text in '%s' or '%s'; it has the columns %s", row.place(), name,
                String.join("', '", others), row.columnNames()));
    }

    /** A text that may be absent. */
    public Optional<String> find(String name) {
        var value = row.fields().path(name);
        if (value.isMissingNode() || value.isNull()) {
            return Optional.empty();
        }
        if (!value.isString()) {
            throw LeewayException.data("%s: '%s' must be a string; got %s", row.place(), name, value);
        }
        return Optional.of(value.stringValue());
    }

    /** A name: a text or a whole number, or the row's line and a hash of all that it says where the column is absent. */
    public String id(String name) {
        var value = row.fields().path(name);
        if (value.isMissingNode() || value.isNull()) {
            return TextHash.id(row.line(), row.fields().toString());
        }
        if (!value.isString() && !value.isIntegralNumber()) {
            throw LeewayException.data("%s: '%s' must be a text or a whole number; got %s", row.place(), name, value);
        }
        return value.asString();
    }

    /** A number, or what it is where the column is absent. */
    public double number(String name, double standard) {
        var value = row.fields().path(name);
        if (value.isMissingNode() || value.isNull()) {
            return standard;
        }
        if (!value.isNumber() || !Double.isFinite(value.doubleValue())) {
            throw LeewayException.data("%s: '%s' must be a finite number; got %s", row.place(), name, value);
        }
        return value.doubleValue();
    }

    /** A list of texts, written as a list or as one text with commas, in brackets and quotes or not. */
    public List<String> texts(String name) {
        var value = row.fields().path(name);
        if (value.isMissingNode() || value.isNull()) {
            return List.of();
        }
        if (value.isString()) {
            return spelled(value.stringValue());
        }
        if (!value.isArray()) {
            throw LeewayException.data("%s: '%s' must be a list of texts; got %s", row.place(), name, value);
        }
        var texts = new ArrayList<String>();
        for (JsonNode one : value) {
            if (!one.isString()) {
                throw LeewayException.data("%s: '%s' must hold texts alone; got %s", row.place(), name, one);
            }
            texts.add(one.stringValue());
        }
        return texts;
    }

    private static List<String> spelled(String list) {
        var inner = list.strip().replaceAll("^\\[|]$", "");
        return inner.isBlank() ? List.of() : List.of(inner.split(",", -1)).stream()
            .map(one -> one.strip().replaceAll("^['\"]|['\"]$", "").strip()).toList();
    }
}
