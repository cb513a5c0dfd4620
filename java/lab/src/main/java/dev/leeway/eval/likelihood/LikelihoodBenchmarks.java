package dev.leeway.eval.likelihood;

import dev.leeway.eval.Entry;
import java.util.List;

/** The benchmarks that compare probabilities of two models. */
public final class LikelihoodBenchmarks {

    private LikelihoodBenchmarks() {
    }

    /** {@code mwlr}, {@code sociot} and {@code humt}. */
    public static List<Entry> entries() {
        return List.of(NextTokenProbe.entry(), SpeakerProbe.sociot(), SpeakerProbe.humt());
    }
}
