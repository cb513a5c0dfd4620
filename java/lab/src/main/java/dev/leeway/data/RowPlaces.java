package dev.leeway.data;

import dev.leeway.LeewayException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where rows stand in their files. Only an error message asks for it, so nothing is kept: the files are read again up to the row.
 *
 * @param files of the data set, in order
 */
public record RowPlaces(List<Path> files) {

    public RowPlaces {
        files = List.copyOf(files);
    }

    /** The places of all rows, in order, read in one pass over the files. */
    public List<String> all() {
        return files.stream().flatMap(file -> {
            try (Stream<JsonRow> rows = JsonRows.open(file)) {
                return rows.map(JsonRow::place).toList().stream();
            }
        }).toList();
    }

    /** The place of a row as the reader names it, {@code train.jsonl:118}; {@code row 118} where the files no longer have it. */
    public String of(long unitId) {
        long before = 0;
        for (Path file : files) {
            try (Stream<JsonRow> rows = JsonRows.open(file)) {
                for (Iterator<JsonRow> left = rows.iterator(); left.hasNext(); before++) {
                    JsonRow row = left.next();
                    if (before == unitId) {
                        return row.place();
                    }
                }
            } catch (LeewayException changedSince) {
                break;
            }
        }
        return "row " + (unitId + 1);
    }
}
