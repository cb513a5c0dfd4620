package dev.leeway.judge;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/** What came of a question. */
public sealed interface Verdict {

    /**
     * An answer.
     *
     * @param text what the judge wrote, as it came
     * @param cut whether the judge was stopped at its longest answer, so that an end is missing
     * @param optionLogProbs of those of the question's options that the judge gave one for: ln p(option), in nats, in alphabetical order;
     *     what is above 0 by rounding alone is 0
     * @param usage what it took
     */
    record Given(String text, boolean cut, Map<String, Double> optionLogProbs, Usage usage) implements Verdict {

        /** Tokens that spell one option are summed: 20 log-probs that are rounded to four places are above 1 together by less than this. */
        static final double ROUNDING = 1e-3;

        /** Takes a copy of the log-probs. */
        public Given {
            var copy = new TreeMap<>(optionLogProbs);
            copy.replaceAll((_, logProb) -> logProb > 0 && logProb <= ROUNDING ? Double.valueOf(0) : logProb);
            optionLogProbs = Collections.unmodifiableMap(copy);
        }

        /** A whole text and nothing else. */
        public static Given of(String text) {
            return new Given(text, false, Map.of(), Usage.NONE);
        }
    }

    /**
     * No answer, after all attempts. It is excluded and counted, never taken for a number, and asked again by the next run.
     *
     * @param reason why, in one sentence
     */
    record Missing(String reason) implements Verdict {
    }

    /**
     * Tokens that an answer took, as the judge counts them.
     *
     * @param promptTokens tokens read
     * @param completionTokens tokens written
     */
    record Usage(long promptTokens, long completionTokens) {

        /** Of a judge that takes none. */
        public static final Usage NONE = new Usage(0, 0);

        /** Both. */
        public long tokens() {
            return promptTokens + completionTokens;
        }
    }
}
