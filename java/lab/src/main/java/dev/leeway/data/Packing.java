package dev.leeway.data;

import java.util.List;
import java.util.Locale;

/**
 * Units laid into bins of a fixed number of tokens. Each sequence of a bin attends to itself alone, so a bin only decides what is computed
 * together.
 *
 * @param <U>      what is packed
 * @param bins     at least one unit each
 * @param capacity tokens that a bin may hold
 */
public record Packing<U extends Unit>(List<List<U>> bins, int capacity) {

    public Packing {
        bins = List.copyOf(bins);
    }

    /** Tokens of all units. */
    public long tokens() {
        return bins.stream().flatMap(List::stream).mapToLong(Unit::length).sum();
    }

    /** The share of the bins' tokens that is used, from 0 to 1. */
    public double fillRate() {
        return bins.isEmpty() ? 0 : (double) tokens() / ((double) bins.size() * capacity);
    }

    /** The packing as one line for people. */
    public String summary() {
        long units = bins.stream().mapToLong(List::size).sum();
        return String.format(Locale.ROOT, "%,d rows in %,d bins of %,d tokens, %.1f %% filled", units, bins.size(), capacity,
                100 * fillRate());
    }
}
