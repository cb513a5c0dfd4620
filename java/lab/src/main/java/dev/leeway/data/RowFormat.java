package dev.leeway.data;

import dev.leeway.LeewayException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** The kinds of rows that training reads. The first row of a file decides, by its columns, which are TRL's. */
enum RowFormat {
    /** {@code messages}, and perhaps {@code tools}: what the assistant says is trained. */
    MESSAGES("supervised training", JsonRow.MESSAGES),
    /** {@code prompt} and {@code completion}, both text or both messages: the completion is trained. */
    PROMPT_COMPLETION("supervised training", JsonRow.PROMPT, JsonRow.COMPLETION),
    /** {@code text}: all of it is trained. */
    TEXT("supervised training", JsonRow.TEXT),
    /** {@code chosen} and {@code rejected}; {@code prompt} may be a column of its own or be what both begin with. */
    PREFERENCE("preference training", JsonRow.CHOSEN, JsonRow.REJECTED),
    /** The same columns, where both texts or conversations are judged as a whole and need not begin alike; {@code margin} may be there. */
    RANKED("reward models", JsonRow.CHOSEN, JsonRow.REJECTED),
    /** {@code prompt}, {@code completion}, {@code label}. */
    LABELLED("KTO", JsonRow.PROMPT, JsonRow.COMPLETION, JsonRow.LABEL);

    private final String use;
    private final List<String> parts;

    RowFormat(String use, String... parts) {
        this.use = use;
        this.parts = List.of(parts);
    }

    /** The columns, for messages. */
    String columns() {
        return String.join(" + ", parts);
    }

    /**
     * The format of a row.
     *
     * @throws LeewayException if its columns are those of no format that serves the purpose
     */
    static RowFormat of(JsonRow row, Columns columns, Purpose<?> purpose) {
        Optional<RowFormat> found = purpose.formats().stream().filter(format -> format.isFilledIn(row, columns)).findFirst()
                .or(() -> purpose.formats().stream().filter(format -> format.fits(row, columns)).findFirst());
        return found.orElseThrow(() -> nearMiss(row, columns, purpose).orElseGet(() -> unknown(row, columns, purpose)));
    }

    private boolean fits(JsonRow row, Columns columns) {
        return parts.stream().allMatch(part -> row.has(part, columns));
    }

    private boolean isFilledIn(JsonRow row, Columns columns) {
        return parts.stream().allMatch(part -> row.hasValue(part, columns));
    }

    /** A row that has all columns of a format but one. */
    private static Optional<LeewayException> nearMiss(JsonRow row, Columns columns, Purpose<?> purpose) {
        for (RowFormat format : purpose.formats()) {
            List<String> missing = format.parts.stream().filter(part -> !row.has(part, columns)).toList();
            if (missing.size() == 1 && format.parts.size() > 1) {
                return Optional.of(LeewayException.data("%s has no column '%s' (it has: %s); name the one to read with --columns %s=NAME",
                        row.place(), columns.source(missing.getFirst()), row.columnNames(), missing.getFirst()));
            }
        }
        return Optional.empty();
    }

    private static LeewayException unknown(JsonRow row, Columns columns, Purpose<?> purpose) {
        Optional<RowFormat> other = Arrays.stream(values()).filter(format -> format.fits(row, columns)).findFirst();
        if (other.isPresent()) {
            return LeewayException.data("%s has %s, rows for %s; here the columns %s are read (it has: %s)", row.place(),
                    other.get().columns(), other.get().use, purpose.columns(), row.columnNames());
        }
        return LeewayException.data("%s has none of the formats that are read here: %s (it has: %s); name the columns to read, such as"
                + " --columns prompt=question,completion=answer", row.place(), purpose.columns(), row.columnNames());
    }
}
