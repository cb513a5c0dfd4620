package dev.leeway.stats;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Rows under a header, for tests.
 *
 * @param columns their names
 * @param rows cells of each
 */
public record Table(List<String> columns, List<String[]> rows) {

    static Table resource(String name) {
        try (var stream = Table.class.getResourceAsStream(name)) {
            return parse(new String(stream.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    /** A file below the folder of shared data. */
    public static Table shared(String path) {
        try {
            return parse(Files.readString(Path.of(System.getProperty("leeway.shared"), "data", path)));
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    /** Cells may be quoted, and hold line breaks then. */
    private static Table parse(String text) {
        var rows = new ArrayList<String[]>();
        var cells = new ArrayList<String>();
        var cell = new StringBuilder();
        boolean quoted = false;
        for (char c : text.toCharArray()) {
            if (c == '"') {
                quoted = !quoted;
            } else if (quoted || c != ',' && c != '\n' && c != '\r') {
                cell.append(c);
            } else if (c != '\r') {
                cells.add(cell.toString());
                cell.setLength(0);
                if (c == '\n') {
                    rows.add(cells.toArray(String[]::new));
                    cells.clear();
                }
            }
        }
        if (!cells.isEmpty()) { // no line break at the end
            cells.add(cell.toString());
            rows.add(cells.toArray(String[]::new));
        }
        return new Table(List.of(rows.getFirst()), rows.subList(1, rows.size()));
    }

    public int size() {
        return rows.size();
    }

    public Table where(String column, String value) {
        int c = columns.indexOf(column);
        return new Table(columns, rows.stream().filter(row -> row[c].equals(value)).toList());
    }

    /** The same with another value in one cell. */
    public Table with(int row, String column, String value) {
        var changed = new ArrayList<>(rows);
        changed.set(row, rows.get(row).clone());
        changed.get(row)[columns.indexOf(column)] = value;
        return new Table(columns, changed);
    }

    public String[] texts(String column) {
        int c = columns.indexOf(column);
        return rows.stream().map(row -> row[c]).toArray(String[]::new);
    }

    public double[] numbers(String column) {
        return Arrays.stream(texts(column)).mapToDouble(Double::parseDouble).toArray();
    }
}
