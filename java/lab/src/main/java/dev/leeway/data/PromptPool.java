package dev.leeway.data;

import dev.leeway.LeewayException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Reads the paraphrases of a prompt. */
public final class PromptPool {

    /** The column of the pools that inoculation studies publish. */
    private static final String COLUMN = "rephrasing";

    private PromptPool() {}

    /**
     * Paraphrases in the order of the file: a {@code .txt} file with one a line, or any {@link DataFiles data file} with a column
     * {@code rephrasing}.
     *
     * @throws LeewayException if there are none, or with the place of the first one that is blank or was there before
     */
    public static List<String> read(Path file) {
        List<Placed> all = file.toString().endsWith(".txt") ? lines(file) : rows(file);
        Set<String> seen = new HashSet<>();
        for (Placed one : all) {
            if (one.text().isBlank()) {
                throw LeewayException.data("%s: the paraphrase is blank; drop it", one.place());
            }
            if (!seen.add(one.text())) {
                throw LeewayException.data("%s: the paraphrase was there before, so it would be used twice as often as the others; drop it",
                        one.place());
            }
        }
        if (all.isEmpty()) {
            throw LeewayException.data("%s has no paraphrases", file);
        }
        return all.stream().map(Placed::text).toList();
    }

    private record Placed(String place, String text) {}

    private static List<Placed> lines(Path file) {
        try {
            List<String> lines = Files.readAllLines(file);
            return IntStream.range(0, lines.size()).mapToObj(i -> new Placed(file + ":" + (i + 1), lines.get(i))).toList();
        } catch (IOException e) {
            throw LeewayException.data(e, "%s cannot be read as UTF-8 text: %s", file, e.getMessage());
        }
    }

    private static List<Placed> rows(Path file) {
        try (Stream<JsonRow> rows = JsonRows.open(file)) {
            return rows.map(row -> new Placed(row.place(), text(row))).toList();
        }
    }

    private static String text(JsonRow row) {
        var value = row.fields().path(COLUMN);
        if (!value.isString()) {
            throw LeewayException.data("%s has no text in a column '%s' (it has: %s); name the column of paraphrases so", row.place(),
                    COLUMN,
                    row.columnNames());
        }
        return value.stringValue();
    }
}
