package dev.leeway.eval;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/** What a model made of a {@link Request}. */
public sealed interface Response {

    /**
     * To {@link Request.Write}.
     *
     * @param text without the model's end token, and without the stop text that ended it
     * @param cut whether it was stopped at its greatest length
     * @param tokens drawn
     */
    record Written(String text, boolean cut, int tokens) implements Response {

        private static final String OPEN = "<think>";
        private static final String CLOSE = "</think>";

        /**
         * Without what the model thought before it spoke: all up to the first {@code </think>} and the white space behind it, where the
         * text begins with {@code <think>} or closes what the chat template opened. Thoughts that never end leave nothing.
         */
        Written spoken() {
            boolean opens = text.stripLeading().startsWith(OPEN);
            int open = text.indexOf(OPEN);
            int close = text.indexOf(CLOSE);
            boolean closes = close >= 0 && (opens || open < 0 || close < open);
            return closes ? new Written(text.substring(close + CLOSE.length()).stripLeading(), cut, tokens)
                : opens ? new Written("", cut, tokens) : this;
        }
    }

    /**
     * To {@link Request.Weigh}.
     *
     * @param weights one an option, in their order
     */
    record Weighed(List<Weight> weights) implements Response {

        /** Takes a copy. */
        public Weighed {
            weights = List.copyOf(weights);
        }
    }

    /**
     * How probable an option is.
     *
     * @param logProb ln p(option | prompt) in nats, the sum over its tokens
     * @param tokens how many it has
     */
    record Weight(double logProb, int tokens) {
    }

    /**
     * To {@link Request.Rate}.
     *
     * @param score the reward model's number
     */
    record Rated(double score) implements Response {
    }

    /**
     * To {@link Request.Next}.
     *
     * @param logProbs ln p(token | prompt) in nats by the text that the token decodes to by itself, of the most probable one where several
     *     decode to the same; in the order of the vocabulary. A text that was wanted and that no token decodes to isn't there
     */
    record Distribution(SequencedMap<String, Double> logProbs) implements Response {

        /** Takes a copy. */
        public Distribution {
            logProbs = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(logProbs));
        }
    }

    /**
     * Nothing, and it would be nothing again: the prompt is longer than the model takes.
     *
     * @param reason why, in a sentence
     */
    record Unable(String reason) implements Response {
    }
}
