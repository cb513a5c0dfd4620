package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.rollout.Completion;
import dev.leeway.rollout.Generator;
import dev.leeway.rollout.InferenceSession;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A conversation with a model, line by line. */
final class Chat {

    private static final String COMMANDS = "/exit, /reset, /system TEXT";

    /**
     * Where a conversation is shown.
     *
     * @param out for answers alone
     * @param err for everything else
     * @param interactive whether somebody sits there who wants to be asked
     */
    record Screen(PrintWriter out, PrintWriter err, boolean interactive) {

        private void ask() {
            if (interactive) {
                err.print("> ");
                err.flush();
            }
        }

        private void say(String sentence) {
            err.println("leeway chat: " + sentence);
        }

        private void show(String piece) {
            out.print(piece);
            out.flush();
        }
    }

    private final InferenceSession session;
    private final ChatPrompt prompt;
    private final Generator.Request request;
    private final Screen screen;
    private final List<Map<String, Object>> messages = new ArrayList<>();
    private Optional<String> system = Optional.empty();

    Chat(InferenceSession session, ChatPrompt prompt, Generator.Request request, Screen screen) {
        this.session = session;
        this.prompt = prompt;
        this.request = request;
        this.screen = screen;
    }

    /** Forgets all turns; the system says {@code words} before the first. */
    void begin(Optional<String> words) {
        system = words;
        messages.clear();
        system.ifPresent(text -> messages.add(message("system", text)));
    }

    /** Takes turns until the input ends or says /exit. */
    void run(BufferedReader input) {
        if (screen.interactive()) {
            screen.say(COMMANDS);
        }
        try {
            screen.ask();
            for (var line = input.readLine(); line != null && !line.strip().equals("/exit"); line = input.readLine()) {
                take(line.strip());
                screen.ask();
            }
        } catch (IOException unreadable) {
            throw LeewayException.resources(unreadable, "standard input cannot be read: %s", unreadable.getMessage());
        }
    }

    private void take(String line) {
        var words = line.split("\\s+", 2);
        switch (words[0]) {
            case "" -> { }
            case "/reset" -> begin(system);
            case "/system" -> begin(words.length == 2 ? Optional.of(words[1]) : Optional.empty());
            default -> {
                if (line.startsWith("/")) {
                    screen.say("unknown command " + words[0] + "; there are " + COMMANDS);
                } else {
                    answer(line);
                }
            }
        }
    }

    /** A turn that the template refuses, or that has no room, is told and forgotten; the conversation goes on without it. */
    private void answer(String line) {
        messages.add(message("user", line));
        try {
            var tokens = tokens();
            var answer = stream(tokens);
            messages.add(message("assistant", answer));
        } catch (LeewayException refused) {
            if (refused.kind() != LeewayException.Kind.DATA && refused.kind() != LeewayException.Kind.USAGE) {
                throw refused;
            }
            messages.removeLast();
            screen.say(refused.getMessage());
        }
    }

    private int[] tokens() {
        var tokens = prompt.tokens(messages);
        int room = session.model().positions();
        if (tokens.length == 0 || tokens.length >= room) {
            throw LeewayException.usage("the conversation has %,d tokens with this turn; at least 1 and fewer than %,d fit; /reset starts "
                + "anew", tokens.length, room);
        }
        for (int token : tokens) {
            if (token >= session.model().config().vocabSize()) {
                throw LeewayException.data("the turn has token id %d, but the model has vocab_size %d; tokenizer and model do not belong "
                    + "together", token, session.model().config().vocabSize());
            }
        }
        return tokens;
    }

    /** Shows the answer as it becomes certain and returns it whole. */
    private String stream(int[] tokens) {
        var text = new CompletionText(prompt.tokenizer(), tokens);
        var whole = new StringBuilder();
        var completion = session.generator().complete(List.of(tokens), request, (_, _, token) -> {
            if (!request.stopTokens().contains(token)) {
                show(text.next(token), whole);
            }
            return Generator.Verdict.GO_ON;
        }).getFirst();
        show(text.finish(), whole);
        screen.show("\n");
        if (completion.finish() == Completion.Finish.LENGTH) {
            screen.say("the answer was cut after " + completion.tokens().length + " tokens"
                + (completion.tokens().length < request.maxNewTokens()
                    ? ", because the conversation has no more room; /reset starts anew" : ""));
        }
        return whole.toString();
    }

    private void show(String piece, StringBuilder whole) {
        whole.append(piece);
        screen.show(piece);
    }

    private static Map<String, Object> message(String role, String content) {
        return Map.of("role", role, "content", content);
    }
}
