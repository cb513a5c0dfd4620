package dev.leeway.eval.qa;

import dev.leeway.eval.Entry;
import java.util.List;

/** The benchmarks of this family. */
public final class QaBenchmarks {

    private QaBenchmarks() {
    }

    /** All of them. */
    public static List<Entry> entries() {
        return List.of(TriviaQa.entry(), TruthfulQa.entry(), Disinfo.entry(), MedQa.entry());
    }
}
