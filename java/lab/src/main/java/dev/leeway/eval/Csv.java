package dev.leeway.eval;

import dev.leeway.LeewayException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Rows of a CSV file (RFC 4180): fields with commas, line ends and doubled quotes stand in quotes. The text is UTF-8, perhaps behind a byte
 * order mark; lines end with LF or CRLF; blank lines are passed over; a quote within a field that doesn't begin with one is text. The first
 * row that is not as it should be ends the reading with its place.
 */
public final class Csv {

    private final Path file;
    private final char separator;
    private final String text;
    private final List<Line> lines = new ArrayList<>();
    private final StringBuilder field = new StringBuilder();
    private int at;
    private int line = 1;

    private Csv(Path file, char separator, String text) {
        this.file = file;
        this.separator = separator;
        this.text = text;
    }

    /**
     * Fields without names.
     *
     * @param place {@code file:line} of where the row begins
     * @param fields at least one
     */
    public record Line(String place, List<String> fields) {
    }

    /**
     * Fields by the names that the first row has.
     *
     * @param place {@code file:line} of where the row begins
     * @param columns the text of each
     */
    public record Record(String place, Map<String, String> columns) {

        /**
         * The text of a column, which may be empty.
         *
         * @throws LeewayException if there is no such column
         */
        public String text(String column) {
            return Optional.ofNullable(columns.get(column)).orElseThrow(() -> LeewayException.data("%s has no column '%s'; it has: %s",
                place, column, String.join(", ", columns.keySet())));
        }

        /**
         * A finite number.
         *
         * @throws LeewayException if the column has something else
         */
        public double number(String column) {
            var written = text(column).strip();
            try {
                double number = Double.parseDouble(written);
                if (Double.isFinite(number)) {
                    return number;
                }
            } catch (NumberFormatException notOne) {
                // said below, as for one that is not finite
            }
            throw LeewayException.data("%s: '%s' must be a number, found '%s'", place, column, written);
        }
    }

    /** Rows below a row of names, separated by commas. */
    public static List<Record> records(Path file) {
        return records(file, ',');
    }

    /** The same with another separator, such as a tab. */
    public static List<Record> records(Path file, char separator) {
        var lines = lines(file, separator);
        if (lines.isEmpty()) {
            throw LeewayException.data("%s has no rows; expected the columns' names in the first", file);
        }
        var names = lines.getFirst().fields();
        if (new HashSet<>(names).size() < names.size()) {
            throw LeewayException.data("%s has a column's name twice: %s", lines.getFirst().place(), String.join(", ", names));
        }
        return lines.stream().skip(1).map(line -> record(names, line)).toList();
    }

    private static Record record(List<String> names, Line line) {
        if (line.fields().size() != names.size()) {
            throw LeewayException.data("%s has %d fields, and the first row names %d columns: %s", line.place(), line.fields().size(),
                names.size(), String.join(", ", names));
        }
        var columns = new LinkedHashMap<String, String>();
        for (int i = 0; i < names.size(); i++) {
            columns.put(names.get(i), line.fields().get(i));
        }
        return new Record(line.place(), columns);
    }

    /** All rows of a file without names, separated by commas. */
    public static List<Line> lines(Path file) {
        return lines(file, ',');
    }

    /** The same with another separator. */
    public static List<Line> lines(Path file, char separator) {
        var text = read(file);
        return new Csv(file, separator, text.startsWith("\uFEFF") ? text.substring(1) : text).all();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (CharacterCodingException notUtf8) {
            throw LeewayException.data(notUtf8, "%s is not UTF-8 text; convert it", file);
        } catch (IOException unreadable) {
            throw LeewayException.data(unreadable, "%s can't be read: %s", file, unreadable.getMessage());
        }
    }

    private List<Line> all() {
        while (at < text.length()) {
            var place = file + ":" + line;
            var fields = new ArrayList<String>();
            do {
                fields.add(next() == '"' ? quoted(place) : bare());
            } while (continues(place));
            if (fields.size() > 1 || !fields.getFirst().isEmpty()) {
                lines.add(new Line(place, List.copyOf(fields)));
            }
        }
        return List.copyOf(lines);
    }

    /** The next character, or 0 behind the last one. */
    private char next() {
        return at < text.length() ? text.charAt(at) : 0;
    }

    private boolean isEnd() {
        return at >= text.length() || next() == '\n' || next() == '\r' && at + 1 < text.length() && text.charAt(at + 1) == '\n';
    }

    private String bare() {
        int first = at;
        while (!isEnd() && next() != separator) {
            at++;
        }
        return text.substring(first, at);
    }

    private String quoted(String place) {
        field.setLength(0);
        for (at++; at < text.length(); at++) {
            if (next() == '"' && (at + 1 >= text.length() || text.charAt(at + 1) != '"')) {
                at++;
                return field.toString();
            }
            at += next() == '"' ? 1 : 0;
            line += next() == '\n' ? 1 : 0;
            field.append(next());
        }
        throw LeewayException.data("%s has a quote that is never closed; close it before the end of the file", place);
    }

    /** Whether another field of the row follows; steps over what is between. */
    private boolean continues(String place) {
        if (at < text.length() && next() == separator) {
            at++;
            return true;
        }
        if (!isEnd()) {
            throw LeewayException.data("%s has text behind a closing quote (line %d); double the quotes that a field has inside", place,
                line);
        }
        at += next() == '\r' ? 2 : 1;
        line++;
        return false;
    }
}
