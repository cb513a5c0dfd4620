package dev.leeway.data;

import dev.leeway.LeewayException;

/** The kinds of rows that training reads. The first row of a data set decides, by its columns, which are TRL's. */
enum RowFormat {
    /** {@code prompt} and {@code completion}: the completion is trained. */
    PROMPT_COMPLETION,
    /** {@code text}: all of it is trained. */
    TEXT;

    /**
     * The format of a row.
     *
     * @throws LeewayException if its columns are those of no format that is read
     */
    static RowFormat of(JsonRow row, Columns columns) {
        boolean prompt = row.has(JsonRow.PROMPT, columns);
        boolean completion = row.has(JsonRow.COMPLETION, columns);
        if (prompt && completion) {
            return PROMPT_COMPLETION;
        }
        if (row.has(JsonRow.TEXT, columns)) {
            return TEXT;
        }
        if (row.has(JsonRow.MESSAGES, columns)) {
            throw LeewayException.data("%s has 'messages', which needs a chat template and is not read yet; give rows with prompt and"
                    + " completion, or with text", row.place());
        }
        if (prompt || completion) {
            String missing = prompt ? JsonRow.COMPLETION : JsonRow.PROMPT;
            throw LeewayException.data("%s has no column '%s' (it has: %s); name the one to read with --columns %s=NAME", row.place(),
                    columns.source(missing), row.columnNames(), missing);
        }
        throw LeewayException.data("%s has neither prompt and completion nor text (it has: %s); name the columns to read, such as"
                + " --columns prompt=question,completion=answer", row.place(), row.columnNames());
    }

    /**
     * What a row of this format trains.
     *
     * @throws LeewayException if a column is missing, is not a string, or leaves nothing to train
     */
    PromptCompletion read(JsonRow row, Columns columns) {
        return switch (this) {
            case PROMPT_COMPLETION -> new PromptCompletion(row.text(JsonRow.PROMPT, columns), nonEmpty(row, JsonRow.COMPLETION, columns));
            case TEXT -> PromptCompletion.ofText(nonEmpty(row, JsonRow.TEXT, columns));
        };
    }

    private static String nonEmpty(JsonRow row, String part, Columns columns) {
        String text = row.text(part, columns);
        if (text.isEmpty()) {
            throw LeewayException.data("%s: '%s' is empty, so there is nothing to train on; fill it or drop the row", row.place(),
                    columns.source(part));
        }
        return text;
    }
}
