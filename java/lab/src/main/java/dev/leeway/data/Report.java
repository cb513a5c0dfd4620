package dev.leeway.data;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What became of the rows of a data set.
 *
 * @param rows          rows read
 * @param tokens        tokens of the examples
 * @param trainedTokens those of them that are training targets
 * @param truncated     rows cut to the maximum length
 * @param dropped       rows left out, because no trained token was in them or left of them
 * @param leftOut       rows left out, because a sequence is longer than the maximum length and nothing may be cut
 * @param merged        rows in which a token reaches across the boundary of prompt and completion; it is trained
 * @param spelled       conversations in which a user or tool spells a control token
 * @param warnings      sentences about what didn't go as it should but did no harm
 */
public record Report(long rows, long tokens, long trainedTokens, Count truncated, Count dropped, Count leftOut, Count merged,
        Count spelled, List<String> warnings) {

    public Report {
        warnings = List.copyOf(warnings);
    }

    /** A report of rows of which none was left out. */
    public Report(long rows, long tokens, long trainedTokens, Count truncated, Count dropped, Count merged, Count spelled,
            List<String> warnings) {
        this(rows, tokens, trainedTokens, truncated, dropped, Count.NONE, merged, spelled, warnings);
    }

    /**
     * Rows that something happened to.
     *
     * @param rows  how many
     * @param first the place of the first one, such as {@code train.jsonl:118}
     */
    public record Count(long rows, Optional<String> first) {

        static final Count NONE = new Count(0, Optional.empty());

        Count plus(String place) {
            return new Count(rows + 1, first.or(() -> Optional.of(place)));
        }

        Count plus(Count more) {
            return new Count(rows + more.rows, first.or(more::first));
        }
    }

    /** The report as one line for people. */
    public String summary() {
        return format("%,d rows, %,d tokens, %,d of them trained", rows, tokens, trainedTokens)
                + about(truncated, "truncated to the maximum length")
                + about(dropped, "dropped because no trained token was left")
                + about(leftOut, "left out because they are longer than the maximum length")
                + about(merged, "with a token across the end of the prompt")
                + about(spelled, "with a control token in the words of a user or tool")
                + String.join("", warnings.stream().map(warning -> "; " + warning).toList());
    }

    /** The report about the rows of both. */
    public Report plus(Report more) {
        List<String> all = new ArrayList<>(warnings);
        all.addAll(more.warnings);
        return new Report(rows + more.rows, tokens + more.tokens, trainedTokens + more.trainedTokens, truncated.plus(more.truncated),
                dropped.plus(more.dropped), leftOut.plus(more.leftOut), merged.plus(more.merged), spelled.plus(more.spelled), all);
    }

    /** The same with one more warning. */
    Report withWarning(String warning) {
        List<String> all = new ArrayList<>(warnings);
        all.add(warning);
        return new Report(rows, tokens, trainedTokens, truncated, dropped, leftOut, merged, spelled, all);
    }

    private static String about(Count count, String what) {
        return count.first().map(place -> format("; %,d %s (first: %s)", count.rows(), what, place)).orElse("");
    }

    private static String format(String format, Object... arguments) {
        return String.format(Locale.ROOT, format, arguments);
    }
}
