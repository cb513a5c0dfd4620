package dev.leeway.data;

import dev.leeway.LeewayException;
import dev.leeway.data.ExampleEncoder.Encoded;
import dev.leeway.text.Tokenizer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Exchanges to texts, and texts to ids: by the tokenizer's rules, or by those of a model's chat format. */
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

    /** The texts as ids, in order. */
    List<Encoded> encode(List<Script> scripts) {
        Map<Script.Kind, List<Script>> byKind = new EnumMap<>(Script.Kind.class);
        scripts.forEach(script -> byKind.computeIfAbsent(script.kind(), _ -> new ArrayList<>()).add(script));
        Map<Script.Kind, Iterator<Encoded>> encoded = new EnumMap<>(Script.Kind.class);
        byKind.forEach((kind, same) -> {
            Tokenizer chosen = kind == Script.Kind.DISGUISED ? controlTokens().disguised() : tokenizer;
            encoded.put(kind, new ExampleEncoder(chosen, kind == Script.Kind.BARE).encode(same).iterator());
        });
        return scripts.stream().map(script -> encoded.get(script.kind()).next()).toList();
    }

    private ControlTokens controlTokens() {
        if (controlTokens.isEmpty()) {
            controlTokens = Optional.of(ControlTokens.of(tokenizer));
        }
        return controlTokens.get();
    }

    @Override
    public void close() {
        controlTokens.ifPresent(ControlTokens::close);
    }
}
