package dev.leeway.eval;

import java.util.List;

/**
 * A benchmark that can be loaded.
 *
 * @param card what it is
 * @param options what a run may set of it
 * @param loader reads its items
 */
public record Entry(Card card, List<Options.Known> options, Loader loader) {

    /** Reads a benchmark's items. */
    public interface Loader {
        /**
         * The benchmark with its items.
         *
         * @throws dev.leeway.LeewayException if a file is missing, with how to get it, or has a bad row, with its place
         */
        Benchmark<?> load(DataFolder data, Options options);
    }
}
