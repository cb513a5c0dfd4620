package dev.leeway.eval;

import java.util.List;

/** Means of every measure over items, whole and by slice. */
public final class Means {

    private Means() {
    }

    /** Epochs of an item first, then items. */
    public static <I extends Item> List<Statistic> of(List<Row<I>> rows) {
        throw new UnsupportedOperationException("rows: " + rows.size());
    }
}
