package dev.leeway.eval.choice;

import dev.leeway.eval.Entry;
import java.util.List;

/** The benchmarks of this family. */
public final class ChoiceBenchmarks {

    private ChoiceBenchmarks() {
    }

    /** All of them. */
    public static List<Entry> entries() {
        return List.of(Mmlu.entry(), TruthfulQaChoice.entry());
    }
}
