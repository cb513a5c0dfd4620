package dev.leeway.eval;

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
 * @param opener opens it; whoever asks closes it
 */
public record Candidate(String name, String hash, SequencedMap<String, String> details, Supplier<Subject> opener) {

    /** Takes a copy. */
    public Candidate {
        details = new LinkedHashMap<>(details);
    }

    /** One that needs no opening and holds nothing, such as a {@link Baseline}. */
    public static Candidate of(Subject subject) {
        return new Candidate(subject.name(), subject.hash(), new LinkedHashMap<>(Map.of()), () -> subject);
    }
}
