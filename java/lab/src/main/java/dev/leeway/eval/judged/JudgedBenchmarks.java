package dev.leeway.eval.judged;

import dev.leeway.eval.Entry;
import java.util.List;

/** The benchmarks that judges rate on a scale. */
public final class JudgedBenchmarks {

    private JudgedBenchmarks() {
    }

    /** What they are and how they are loaded. */
    public static List<Entry> entries() {
        return List.of(Traits.entry(), Misalignment.entry(), Posts.persuasion(), Posts.toxicity());
    }
}
