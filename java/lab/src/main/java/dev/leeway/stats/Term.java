package dev.leeway.stats;

import dev.leeway.LeewayException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;

/**
 * A term of a linear predictor: a column, or the interaction of several.
 *
 * @param columns their names
 */
public record Term(List<String> columns) {

    /** Copies the names. */
    public Term {
        columns = List.copyOf(columns);
        if (columns.isEmpty() || new HashSet<>(columns).size() < columns.size()) {
            throw LeewayException.usage("a term is a column or an interaction of different ones; got %s", columns);
        }
    }

    /** {@code ft}, or {@code ft:context} for an interaction. */
    public static Term of(String text) {
        return new Term(Arrays.asList(text.split(":", -1)));
    }

    /** Several. */
    public static List<Term> list(String... texts) {
        return Arrays.stream(texts).map(Term::of).toList();
    }

    /** Whether it is an interaction of all of the other's columns and more. */
    boolean extendsBeyond(Term other) {
        return columns.size() > other.columns.size() && columns.containsAll(other.columns);
    }

    @Override
    public String toString() {
        return String.join(":", columns);
    }
}
