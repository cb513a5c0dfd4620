package dev.leeway.data;

import dev.leeway.LeewayException;
import dev.leeway.text.Tokenizer;
import dev.leeway.text.template.RenderOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What is said before a language model answers, as it reads it: by the chat template where the model has one, or else as bare text, with an
 * empty line between two messages. Control tokens that a user spells stay text. For any number of threads.
 */
public final class UserTurns implements AutoCloseable {

    private final Tokenizer tokenizer;
    private final Optional<ChatFormat> chat;
    private final ControlTokens controlTokens;

    /**
     * Turns of a model.
     *
     * @param tokenizer the model's; it is not closed here
     * @param chat the model's, if it has one
     */
    public UserTurns(Tokenizer tokenizer, Optional<ChatFormat> chat) {
        this.tokenizer = tokenizer;
        this.chat = chat;
        controlTokens = ControlTokens.of(tokenizer);
    }

    /**
     * The ids of a turn, up to where the answer begins.
     *
     * @throws LeewayException if the template refuses it, or it spells a control token and has private characters as well
     */
    public int[] tokens(String text) {
        return tokens(List.of(Map.of("role", "user", "content", text)));
    }

    /**
     * The ids of messages with a role and a content of text, up to where the answer begins.
     *
     * @throws LeewayException as above
     */
    public int[] tokens(List<Map<String, Object>> messages) {
        return tokens(messages, "");
    }

    /**
     * The ids of messages with the beginning of an answer, as one text. Control tokens that the answer spells stay text too.
     *
     * @throws LeewayException as above
     */
    public int[] tokens(List<Map<String, Object>> messages, String answer) {
        var all = new ArrayList<>(messages);
        all.add(Map.of("role", "user", "content", answer)); // as a stranger's, so that what it spells is found
        var said = new Conversation(all, 0, List.of());
        if (!controlTokens.spelledIn(said)) {
            return chat.isPresent() ? tokenizer.encode(written(messages) + answer, false) : tokenizer.encode(bare(messages) + answer, true);
        }
        var marked = new ArrayList<>(controlTokens.mark(said).messages());
        var end = (String) marked.removeLast().get("content");
        var plain = chat.isPresent() ? written(marked) : beginning() + bare(marked);
        return controlTokens.encodeMarked(plain + end);
    }

    /** The contents alone. */
    private static String bare(List<Map<String, Object>> messages) {
        return messages.stream().map(message -> (String) message.get("content")).collect(Collectors.joining("\n\n"));
    }

    /** The begin-of-sequence token as text, where the tokenizer puts one before a text. */
    private String beginning() {
        return tokenizer.decode(tokenizer.encode("", true), false);
    }

    private String written(List<Map<String, Object>> messages) {
        var format = chat.orElseThrow();
        var options = RenderOptions.DEFAULT.withVariables(format.variables()).withGenerationPrompt(true);
        return format.template().render(messages, options).text();
    }

    @Override
    public void close() {
        controlTokens.close();
    }
}
