package dev.leeway.eval.rubric;

import dev.leeway.eval.Entry;
import java.util.List;

/** The benchmarks with a rubric. */
public final class RubricBenchmarks {

    private RubricBenchmarks() {
    }

    /** What they are and how they are loaded. */
    public static List<Entry> entries() {
        return List.of(Ahb.entry(), Moru.entry());
    }
}
