package dev.leeway.cli;

import dev.leeway.data.ChatFormat;
import dev.leeway.text.Tokenizer;
import dev.leeway.text.template.RenderOptions;
import java.util.List;
import java.util.Map;

/**
 * Conversations as a model reads them.
 *
 * @param format the model's template
 * @param tokenizer the model's tokenizer
 */
record ChatPrompt(ChatFormat format, Tokenizer tokenizer) {

    /** The ids of a conversation, up to where the assistant is to begin. The template writes all control tokens itself. */
    int[] tokens(List<Map<String, Object>> messages) {
        var options = RenderOptions.DEFAULT.withVariables(format.variables()).withGenerationPrompt(true);
        return tokenizer.encode(format.template().render(messages, options).text(), false);
    }
}
