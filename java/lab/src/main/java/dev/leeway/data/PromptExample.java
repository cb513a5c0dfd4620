package dev.leeway.data;

import java.util.List;
import java.util.Map;

/**
 * A prompt that completions are drawn for, and what its row says beside it.
 *
 * @param tokens   as the model reads it, up to where its answer begins; at least one
 * @param text     the same as text
 * @param messages what the text was rendered from, if it was; else empty
 * @param columns  the parts of the row that were asked for and that it has, as text; a list is its elements a line
 */
public record PromptExample(int[] tokens, String text, List<Map<String, Object>> messages, Map<String, String> columns) {

    public PromptExample {
        messages = List.copyOf(messages);
        columns = Map.copyOf(columns);
    }
}
