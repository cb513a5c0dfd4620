package dev.leeway.judge;

import java.util.Map;

/** What came of a question. */
public sealed interface Verdict {

    /**
     * An answer.
     *
     * @param text what the judge wrote, as it came
     * @param cut whether the judge was stopped at its longest answer, so that an end is missing
     * @param optionLogProbs of those of the question's options that the judge gave one for: ln p(option), in nats
     * @param usage what it took
     */
    record Given(String text, boolean cut, Map<String, Double> optionLogProbs, Usage usage) implements Verdict {

        /** Takes a copy of the log-probs. */
        public Given {
            optionLogProbs = Map.copyOf(optionLogProbs);
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
