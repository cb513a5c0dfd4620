package dev.leeway.data;

import java.util.List;

/**
 * Encoded rows in the order of the files.
 *
 * @param examples at least one
 * @param report   what became of the rows on the way
 */
public record Dataset(List<Example> examples, Report report) {

    public Dataset {
        examples = List.copyOf(examples);
    }

    /** The same in the form of rows for any purpose. */
    public RowSet<Example> rows() {
        return new RowSet<>(examples, report);
    }
}
