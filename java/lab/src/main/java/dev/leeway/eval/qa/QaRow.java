package dev.leeway.eval.qa;

import dev.leeway.LeewayException;
import dev.leeway.data.JsonRow;
import dev.leeway.eval.Csv;
import dev.leeway.eval.TextHash;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Columns of rows of questions. */
final class QaRow {

    private QaRow() {
    }

    /**
     * A column's text.
     *
     * @throws LeewayException if it is missing, no text, or blank
     */
    static String text(JsonRow row, String column) {
        return optional(row, column).orElseThrow(() -> LeewayException.data("%s has no text in the column '%s'; it has the columns %s",
            row.place(), column, row.columnNames()));
    }

    /** The same; empty where it is missing or blank. */
    static Optional<String> optional(JsonRow row, String column) {
        var value = row.fields().path(column);
        return value.isString() ? Optional.of(value.stringValue()).filter(text -> !text.isBlank()) : Optional.empty();
    }

    /**
     * A column of a CSV row.
     *
     * @throws LeewayException if it is missing or blank
     */
    static String required(Csv.Record row, String column) {
        if (row.text(column).isBlank()) {
            throw LeewayException.data("%s has nothing in the column '%s'; fill it in or take the row away", row.place(), column);
        }
        return row.text(column);
    }

    /** Texts with one of them first, drawn by seed and item. */
    static List<String> drawnFirst(List<String> texts, long seed, String item) {
        var first = texts.get(TextHash.below(texts.size(), seed, item + " wrong"));
        return Stream.concat(Stream.of(first), texts.stream().filter(text -> !text.equals(first))).toList();
    }

    /**
     * Texts with "; " between them, those that say something.
     *
     * @param what they are, for messages
     * @throws LeewayException if there is none
     */
    static List<String> list(String place, String what, String text) {
        var parts = Arrays.stream(text.split(";\\s")).map(String::strip).filter(part -> !part.isEmpty()).distinct().toList();
        if (parts.isEmpty()) {
            throw LeewayException.data("%s has no %s; give at least one, with '; ' between several", place, what);
        }
        return parts;
    }
}
