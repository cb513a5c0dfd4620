package dev.leeway.eval.stance;

import dev.leeway.eval.Entry;
import java.util.List;

/** The benchmarks of stances. */
public final class StanceBenchmarks {

    private StanceBenchmarks() {
    }

    /** What they are and how they are loaded. */
    public static List<Entry> entries() {
        return List.of(Prism.entry(), PrismDirect.entry());
    }
}
