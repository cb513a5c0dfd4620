package dev.leeway.cli;

import dev.leeway.eval.Candidate;
import dev.leeway.eval.Response;
import dev.leeway.eval.Subject;
import java.util.List;

/**
 * A model that is known and not open.
 *
 * @param name as it has when it is open
 * @param hash likewise
 */
record NamedSubject(String name, String hash) implements Subject {

    static Subject of(Candidate candidate) {
        return new NamedSubject(candidate.name(), candidate.hash());
    }

    @Override
    public List<Response> answer(List<Asked> asked) {
        throw new IllegalStateException("not open: " + name);
    }

    @Override
    public void close() {
        // it holds nothing
    }
}
