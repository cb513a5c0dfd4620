package dev.leeway.eval;

import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What a model is asked to do. */
public sealed interface Request {

    /** What it reads. */
    Prompt prompt();

    /**
     * To write an answer.
     *
     * @param prompt what it reads
     * @param sampling how it draws
     */
    record Write(Prompt prompt, Sampling sampling) implements Request {
    }

    /**
     * To say how probable given continuations are. All are scored, none is drawn.
     *
     * @param prompt what it reads
     * @param options continuations, from the first character behind the prompt: one that begins with a space says so. Prompt and option are
     *                encoded as one text, and the option's tokens are those behind the prompt's own ({@code encode(prompt + option)} from
     *                {@code encode(prompt).length} on, as in lm-evaluation-harness); where a token reaches across the border it is the
     *                option's. Blanks at the end of a {@link Prompt.Text} are the option's too
     */
    record Weigh(Prompt prompt, List<String> options) implements Request {

        /** Takes a copy. */
        public Weigh {
            options = List.copyOf(options);
        }
    }

    /**
     * To rate an answer, as a reward model does.
     *
     * @param prompt what was asked
     * @param answer what is rated
     */
    record Rate(Prompt prompt, String answer) implements Request {
    }

    /**
     * To say how probable every next token is, by the texts that tokens decode to.
     *
     * @param prompt what it reads
     * @param texts the only ones that are wanted; empty = all
     */
    record Next(Prompt prompt, Set<String> texts) implements Request {

        /** Takes a copy, whose order is the same in every process. */
        public Next {
            texts = Collections.unmodifiableSortedSet(new TreeSet<>(texts));
        }
    }

    /**
     * How answers are drawn. The random numbers of an answer depend on the run's seed and on what the answer is to, so neither order nor
     * company changes it.
     *
     * @param temperature 0 = the most probable token
     * @param topP keep the smallest set with at least this probability; 1 = off
     * @param maxNewTokens tokens an answer has at most
     * @param stops texts that end an answer and are cut off it, beside the model's own end
     */
    record Sampling(double temperature, double topP, int maxNewTokens, List<String> stops) {

        /** Takes a copy. */
        public Sampling {
            stops = List.copyOf(stops);
        }

        /** The most probable tokens. */
        public static Sampling greedy(int maxNewTokens) {
            return new Sampling(0, 1, maxNewTokens, List.of());
        }

        /** Drawn at a temperature from all tokens. */
        public static Sampling at(double temperature, int maxNewTokens) {
            return new Sampling(temperature, 1, maxNewTokens, List.of());
        }

        /** The same with texts that end an answer. */
        public Sampling until(String... texts) {
            return new Sampling(temperature, topP, maxNewTokens, List.of(texts));
        }
    }
}
