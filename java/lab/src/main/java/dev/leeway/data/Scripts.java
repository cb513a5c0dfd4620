package dev.leeway.data;

import dev.leeway.LeewayException;
import dev.leeway.data.ExampleEncoder.Encoded;
import dev.leeway.text.Tokenizer;
import java.util.Optional;

/** Exchanges to texts, and texts to ids: by the tokenizer's rules, or by those of a model's chat format. For any number of threads. */
final class Scripts implements AutoCloseable {

    private final Tokenizer tokenizer;
    private final Optional<ChatFormat> chat;
    private final Optional<ScriptWriter> writer;
    private Optional<ControlTokens> controlTokens = Optional.empty();

    Scripts(Tokenizer tokenizer, Optional<ChatFormat> chat) {
        this.tokenizer = tokenizer;
        this.chat = chat;
        this.writer = chat.map(ScriptWriter::new);
    }

    /** Whether a user or tool of a conversation says what the tokenizer takes for a control token. */
    boolean spellsControlToken(Exchange exchange) {
        return exchange instanceof Conversation conversation && controlTokens().spelledIn(conversation);
    }

    /** @throws LeewayException without a place, if there is no template, or if the template refuses the conversation */
    Script write(Exchange exchange) {
        return switch (exchange) {
            case PromptCompletion text -> Script.of(text);
            case Conversation conversation -> write(conversation);
        };
    }

    private Script write(Conversation conversation) {
        ScriptWriter templates = writer.orElseThrow(() -> LeewayException.data("it is a conversation, which needs a chat template, and the"
                + " model has none (chat_template.jinja, or chat_template in tokenizer_config.json); add one, or give rows of text"));
        if (!chat.orElseThrow().plainUserText() || !controlTokens().spelledIn(conversation)) {
            return templates.write(conversation);
        }
        ControlTokens tokens = controlTokens();
        return tokens.disguise(templates.write(tokens.mark(conversation)));
    }

    /** The text as ids. */
    Encoded encode(Script script) {
        Tokenizer chosen = script.kind() == Script.Kind.DISGUISED ? controlTokens().disguised() : tokenizer;
        return new ExampleEncoder(chosen, script.kind() == Script.Kind.BARE).encode(script);
    }

    private synchronized ControlTokens controlTokens() {
        if (controlTokens.isEmpty()) {
            controlTokens = Optional.of(ControlTokens.of(tokenizer));
        }
        return controlTokens.get();
    }

    @Override
    public synchronized void close() {
        controlTokens.ifPresent(ControlTokens::close);
    }
}
