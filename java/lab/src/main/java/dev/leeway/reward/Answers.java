package dev.leeway.reward;

import dev.leeway.data.PromptExample;
import dev.leeway.text.Tokenizer;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Completions as rewards see them: as text, with what their rows say.
 *
 * @param tokenizer of the model that wrote them
 * @param rows the prompts of the data set
 */
public record Answers(Tokenizer tokenizer, List<PromptExample> rows) {

    /** The completion of a row. */
    public Answer of(int row, int[] completion, boolean truncated) {
        var prompt = rows.get(row);
        return new Answer(prompt.columns(), prompt.text(), prompt.messages(), text(prompt.tokens(), completion), completion.length,
            truncated);
    }

    /**
     * A completion's text without special tokens. Decoders treat the start of a text specially (SentencePiece drops its first space), so
     * prompt and completion are decoded as one text, of which the prompt's is taken off.
     */
    public String text(int[] prompt, int[] completion) {
        var whole = tokenizer.decode(IntStream.concat(IntStream.of(prompt), IntStream.of(completion)).toArray(), true);
        var before = tokenizer.decode(prompt, true);
        return whole.startsWith(before) ? whole.substring(before.length()) : tokenizer.decode(completion, true);
    }
}
