package dev.leeway.data;

import dev.leeway.LeewayException;
import dev.leeway.text.Tokenizer;
import dev.leeway.text.template.RenderOptions;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a user says, as a language model reads it before it answers: by the chat template where the model has one, or else as bare text.
 * Control tokens that the user spells stay text. For any number of threads.
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
        var said = new Conversation(List.of(Map.of("role", "user", "content", text)), 0, List.of());
        if (!controlTokens.spelledIn(said)) {
            return chat.isPresent() ? tokenizer.encode(written(said), false) : tokenizer.encode(text, true);
        }
        var marked = controlTokens.mark(said);
        var plain = chat.isPresent() ? written(marked) : beginning() + marked.messages().getFirst().get("content");
        return controlTokens.encodeMarked(plain);
    }

    /** The begin-of-sequence token as text, where the tokenizer puts one before a text. */
    private String beginning() {
        return tokenizer.decode(tokenizer.encode("", true), false);
    }

    private String written(Conversation said) {
        var format = chat.orElseThrow();
        var options = RenderOptions.DEFAULT.withVariables(format.variables()).withGenerationPrompt(true);
        return format.template().render(said.messages(), options).text();
    }

    @Override
    public void close() {
        controlTokens.close();
    }
}
