package dev.leeway.data;

import dev.leeway.LeewayException;
import dev.leeway.text.Tokenizer;
import dev.leeway.text.template.RenderOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A prompt and what a model answered, as another model reads them. What the model wrote is nobody's control: a control token that it spells
 * stays text, and in messages one that a user spells too. For any number of threads.
 */
public final class ScoredTexts implements AutoCloseable {

    private final Tokenizer tokenizer;
    private final ControlTokens controlTokens;

    /** Texts for the model of a tokenizer, which is not closed here. */
    public ScoredTexts(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
        controlTokens = ControlTokens.of(tokenizer);
    }

    /**
     * The ids of a text, with what the tokenizer puts before it. Control tokens of the prompt count.
     *
     * @return empty where the completion spells a control token and one of both has private characters, which keep it apart
     */
    public Optional<int[]> tokens(String prompt, String completion) {
        var said = new Conversation(List.of(message("system", prompt), message("user", completion)), 0, List.of());
        if (!controlTokens.spelledIn(said)) {
            return Optional.of(tokenizer.encode(prompt + completion, true));
        }
        return marked(said).map(marked -> IntStream.concat(beginning(), IntStream.of(
            controlTokens.encodeMarked(prompt + marked.messages().getLast().get("content")))).toArray());
    }

    /**
     * The same behind which the sequence ends: a reward model reads its number at the end-of-sequence token.
     *
     * @return empty as above
     */
    public Optional<int[]> endedTokens(String prompt, String completion) {
        return tokens(prompt, completion).map(this::ended);
    }

    private int[] ended(int[] tokens) {
        var end = tokenizer.endOfSequence();
        if (end.isEmpty() || tokens.length > 0 && tokens[tokens.length - 1] == end.getAsInt()) {
            return tokens;
        }
        var all = Arrays.copyOf(tokens, tokens.length + 1);
        all[tokens.length] = end.getAsInt();
        return all;
    }

    /**
     * The ids of a conversation that ends with the completion, by the model's template.
     *
     * @return empty as above
     * @throws LeewayException if the template refuses the messages
     */
    public Optional<int[]> tokens(List<Map<String, Object>> messages, String completion, ChatFormat format) {
        var all = new ArrayList<>(messages);
        all.add(message("user", completion)); // a stranger's, whoever the template takes it for
        var said = new Conversation(all, 0, List.of());
        if (!controlTokens.spelledIn(said)) {
            return Optional.of(tokenizer.encode(written(all, format), false));
        }
        return marked(said).map(marked -> controlTokens.encodeMarked(written(marked.messages(), format)));
    }

    private Optional<Conversation> marked(Conversation said) {
        return controlTokens.canMark(said) ? Optional.of(controlTokens.mark(said)) : Optional.empty();
    }

    private static String written(List<Map<String, Object>> messages, ChatFormat format) {
        var all = new ArrayList<>(messages);
        all.add(message("assistant", (String) all.removeLast().get("content")));
        return format.template().render(all, RenderOptions.DEFAULT.withVariables(format.variables())).text();
    }

    /** The begin-of-sequence token, where the tokenizer puts one before a text. */
    private IntStream beginning() {
        var added = tokenizer.encode("", true);
        var begin = tokenizer.beginOfSequence();
        return begin.isPresent() && added.length > 0 && added[0] == begin.getAsInt() ? IntStream.of(added[0]) : IntStream.empty();
    }

    private static Map<String, Object> message(String role, String content) {
        return Map.of("role", role, "content", content);
    }

    @Override
    public void close() {
        controlTokens.close();
    }
}
