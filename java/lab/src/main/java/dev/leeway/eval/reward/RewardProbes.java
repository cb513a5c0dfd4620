package dev.leeway.eval.reward;

import dev.leeway.eval.Entry;
import dev.leeway.eval.Response;
import dev.leeway.eval.Value;
import java.util.List;

/** The benchmarks of reward models. */
public final class RewardProbes {

    private RewardProbes() {
    }

    /** {@code big2}, {@code mfd} and {@code vocabulary}. */
    public static List<Entry> entries() {
        return List.of(WordProbe.bigTwo(), WordProbe.morality(), VocabularyProbe.entry());
    }

    /** What a reward model said. */
    static Value reward(Response response) {
        return switch (response) {
            case Response.Rated rated -> Value.of(rated.score());
            case Response.Unable unable -> Value.missing(unable.reason());
            default -> throw new IllegalArgumentException("a reward was asked for; got " + response);
        };
    }
}
