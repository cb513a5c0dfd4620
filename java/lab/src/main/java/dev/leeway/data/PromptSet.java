package dev.leeway.data;

import dev.leeway.LeewayException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The prompts of a data set, in the order of its files.
 *
 * @param rows    at least one
 * @param cut     rows of whose prompt only the last tokens were kept
 * @param firstCut the place of the first of them
 */
public record PromptSet(List<PromptExample> rows, long cut, Optional<String> firstCut) {

    public PromptSet {
        rows = List.copyOf(rows);
    }

    /** Tokens of all prompts. */
    public long tokens() {
        return rows.stream().mapToLong(row -> row.tokens().length).sum();
    }

    /** Tokens of the longest prompt. */
    public int longest() {
        return rows.stream().mapToInt(row -> row.tokens().length).max().orElseThrow();
    }

    /** Rows that have a part. */
    public long having(String part) {
        return rows.stream().filter(row -> row.columns().containsKey(part)).count();
    }

    /**
     * Refuses a data set of which no row has a part.
     *
     * @throws LeewayException that says which column was looked for
     */
    public void requireAny(String part, Columns columns, String wanted) {
        if (having(part) == 0) {
            throw LeewayException.data("no row has a column '%s', which %s reads; %s", columns.source(part), wanted,
                    Columns.isOfPrompts(part) ? "name yours with --columns " + part + "=NAME" : "name one of yours in the template");
        }
    }

    /** For people. */
    public String summary() {
        return String.format(Locale.ROOT, "%,d prompts, %,d tokens, the longest %,d", rows.size(), tokens(), longest())
                + firstCut.map(place -> String.format(Locale.ROOT, "; %,d cut to their last tokens (first: %s)", cut, place)).orElse("");
    }
}
