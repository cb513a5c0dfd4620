package dev.leeway.data;

import java.util.List;

/**
 * Encoded rows in the order of the files, for objectives that weigh more than one sequence or a label.
 *
 * @param <U>    what a row became
 * @param units  at least one
 * @param report what became of the rows on the way
 */
public record RowSet<U extends Unit>(List<U> units, Report report) {

    public RowSet {
        units = List.copyOf(units);
    }
}
