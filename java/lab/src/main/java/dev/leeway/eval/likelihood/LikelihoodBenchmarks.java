package dev.leeway.eval.likelihood;

import dev.leeway.eval.Entry;
import java.util.List;

/** The benchmarks that look at probabilities: of two models, or of given answers. */
public final class LikelihoodBenchmarks {

    private LikelihoodBenchmarks() {
    }

    /** {@code mwlr}, {@code first_word}, {@code sociot}, {@code humt} and {@code given_answers}. */
    public static List<Entry> entries() {
        return List.of(NextTokenProbe.entry(), FirstWordProbe.entry(), SpeakerProbe.sociot(), SpeakerProbe.humt(), GivenAnswers.entry());
    }
}
