package dev.leeway.eval;

import dev.leeway.LeewayException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Supplier;

/**
 * A subject that is opened only if there is something to ask it.
 *
 * @param name as {@link Subject#name()}
 * @param hash as {@link Subject#hash()}, which needs no engine
 * @param details what the hash was made of, for results: {@code chat_template → a hash}, {@code dtype → bfloat16}
 * @param ability what it can be asked
 * @param opener opens it; whoever asks closes it
 */
public record Candidate(String name, String hash, SequencedMap<String, String> details, Ability ability, Supplier<Subject> opener) {

    /** Of one that somebody else opens. */
    static final Supplier<Subject> NEVER = () -> {
        throw new IllegalStateException("whoever knows this candidate opens its subject");
    };

    /** What a subject can be asked. */
    public enum Ability {
        /** To write, and how probable texts are: a language model. */
        LANGUAGE,
        /** To rate answers: a reward model. */
        RATING,
        /** All of it: a rule. */
        BOTH
    }

    /** Takes a copy. */
    public Candidate {
        details = new LinkedHashMap<>(details);
    }

    /**
     * Refuses a request of a kind that it has no answer to.
     *
     * @param benchmark whose request it is, for the message
     * @throws LeewayException in one sentence, if it has none
     */
    public void requireFor(String benchmark, Request request) {
        boolean isRating = request instanceof Request.Rate;
        if (ability == (isRating ? Ability.LANGUAGE : Ability.RATING)) {
            throw LeewayException.usage("benchmark %s needs a %s, and %s is a %s; leave one of the two out", benchmark,
                isRating ? "reward model" : "language model", name, isRating ? "language model" : "reward model");
        }
    }

    /** One that somebody else opens, and whose weights are not fixed. */
    static Candidate of(String name, Ability ability) {
        return new Candidate(name, "", new LinkedHashMap<>(Map.of()), ability, NEVER);
    }

    /** One that needs no opening and holds nothing, such as a {@link Baseline}. */
    public static Candidate of(Subject subject) {
        return new Candidate(subject.name(), subject.hash(), new LinkedHashMap<>(Map.of()), Ability.BOTH, () -> subject);
    }
}
