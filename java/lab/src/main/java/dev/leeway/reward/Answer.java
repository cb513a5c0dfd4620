package dev.leeway.reward;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A completion and what its row says of it.
 *
 * @param columns the row's columns that rewards read, by the names of the parts ({@code answer}, {@code tests}); a part that the row lacks
 *     is absent
 * @param prompt what was given, as text
 * @param messages the same as messages, where the row has them; else empty
 * @param completion what the model wrote, without special tokens
 * @param tokens tokens of the completion, the one that ended it included
 * @param truncated whether it was cut off by its length instead of having ended
 */
public record Answer(Map<String, String> columns, String prompt, List<Map<String, Object>> messages, String completion, int tokens,
        boolean truncated) {

    /** The part of a row that holds what is right. */
    public static final String REFERENCE = "answer";
    /** The part of a row that holds unit tests. */
    public static final String TESTS = "tests";

    /** Copies the columns. */
    public Answer {
        columns = Map.copyOf(columns);
        messages = List.copyOf(messages);
    }

    /** A column of the row; empty where the row does not have it. */
    public Optional<String> column(String part) {
        return Optional.ofNullable(columns.get(part));
    }
}
