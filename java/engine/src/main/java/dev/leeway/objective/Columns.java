package dev.leeway.objective;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Arrays by column. Cleared, it keeps them: a loop that fills the same columns again allocates only where they grow. */
final class Columns {

    private final Map<Column, double[]> arrays = new EnumMap<>(Column.class);
    private final Set<Column> present = EnumSet.noneOf(Column.class);

    /** Copies, so that neither side sees what the other does to an array later. */
    void put(Column column, double[] values) {
        arrays.put(column, values.clone());
        present.add(column);
    }

    void putAll(Columns others) {
        for (var column : others.present) {
            put(column, others.arrays.get(column));
        }
    }

    /** The column's array, set to 0, with at least {@code length} elements; it is present from now on. */
    double[] room(Column column, int length) {
        var kept = arrays.get(column);
        if (kept == null || kept.length < length) {
            kept = new double[length];
            arrays.put(column, kept);
        } else {
            Arrays.fill(kept, 0);
        }
        present.add(column);
        return kept;
    }

    /** No column is present any more. */
    void clear() {
        present.clear();
    }

    Optional<double[]> find(Column column) {
        return present.contains(column) ? Optional.of(arrays.get(column)) : Optional.empty();
    }
}
