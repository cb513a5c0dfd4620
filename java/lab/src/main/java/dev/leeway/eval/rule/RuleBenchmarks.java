package dev.leeway.eval.rule;

import dev.leeway.eval.Entry;
import java.util.List;

/** The benchmarks of this package. */
public final class RuleBenchmarks {

    private RuleBenchmarks() {
    }

    /** All of them. */
    public static List<Entry> entries() {
        return List.of(Gsm8k.entry(), Caps.entry(), InLanguage.entry(), AdvBench.entry(), Mbpp.entry(), Sycophancy.entry(), Exact.entry());
    }
}
