package dev.leeway.eval;

import dev.leeway.LeewayException;
import dev.leeway.data.ChatFormat;
import dev.leeway.data.ScoredTexts;
import dev.leeway.data.UserTurns;
import dev.leeway.rollout.StopCondition;
import dev.leeway.text.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** What is said, and what a model of a folder reads and writes: texts to tokens and back. */
final class SubjectTexts implements AutoCloseable {

    /** Tokens beyond those that a stop text can have, each at least a byte: so many may stand for nothing, or for half a character. */
    private static final int SLACK = 8;

    private final Tokenizer tokenizer;
    private final Optional<ChatFormat> chat;
    private final UserTurns turns;
    private final UserTurns plain;
    private final ScoredTexts scored;
    private Optional<TokenTexts> vocabulary = Optional.empty();

    private SubjectTexts(Tokenizer tokenizer, Optional<ChatFormat> chat) {
        this.tokenizer = tokenizer;
        this.chat = chat;
        turns = new UserTurns(tokenizer, chat);
        plain = new UserTurns(tokenizer, Optional.empty());
        scored = new ScoredTexts(tokenizer);
    }

    static SubjectTexts of(Path folder) {
        var tokenizer = Tokenizer.load(folder);
        try {
            return new SubjectTexts(tokenizer, ChatFormat.ofModel(folder));
        } catch (Throwable failure) {
            tokenizer.close();
            throw failure;
        }
    }

    /** Tokens, or why there are none. */
    sealed interface Encoded {

        /** Some. */
        record Tokens(int[] ids) implements Encoded {
        }

        /** None. */
        record Refused(Response.Unable why) implements Encoded {
        }

        /** The same, unless there are more than {@code most} or none at all. */
        default Encoded fit(int most) {
            if (!(this instanceof Tokens tokens)) {
                return this;
            }
            int count = tokens.ids().length;
            return count == 0 ? refused("the prompt is empty, and the tokenizer has no begin-of-sequence token to start from")
                : count <= most ? this : refused("the prompt has " + count + " tokens, and the model takes " + Math.max(0, most));
        }

        default void ifElse(Consumer<int[]> encoded, Consumer<Response.Unable> refused) {
            switch (this) {
                case Tokens tokens -> encoded.accept(tokens.ids());
                case Refused none -> refused.accept(none.why());
            }
        }

        static Encoded refused(String why) {
            return new Refused(new Response.Unable(why));
        }
    }

    /** A prompt, up to where the answer begins. */
    Encoded prompt(Prompt prompt) {
        return tried(() -> Optional.of(begun(switch (prompt) {
            case Prompt.Chat said -> turns.tokens(messages(said));
            case Prompt.Text text -> plain.tokens(text.text());
        })));
    }

    private int[] begun(int[] tokens) {
        return tokens.length > 0 ? tokens : tokenizer.beginOfSequence().stream().toArray();
    }

    private static Encoded tried(Supplier<Optional<int[]>> tokens) {
        try {
            return tokens.get().<Encoded>map(Encoded.Tokens::new).orElseGet(() -> Encoded.refused("the answer spells a control token "
                + "beside private characters, which keep it apart"));
        } catch (LeewayException refused) {
            return new Encoded.Refused(unreadable(refused));
        }
    }

    private static Response.Unable unreadable(LeewayException refused) {
        return new Response.Unable("the model can't read the prompt: " + refused.getMessage());
    }

    private static List<Map<String, Object>> messages(Prompt.Chat chat) {
        return chat.turns().stream().map(turn -> Map.<String, Object>of("role", turn.role(), "content", turn.content())).toList();
    }

    /** A prompt with an answer, as a reward model reads them: by its template, or else as a text that ends. */
    Encoded rated(Request.Rate request) {
        return tried(() -> switch (request.prompt()) {
            case Prompt.Chat said when chat.isPresent() -> scored.tokens(messages(said), request.answer(), chat.get());
            case Prompt.Chat said -> scored.endedTokens(said.turns().stream().map(turn -> turn.content() + "\n\n")
                .collect(Collectors.joining()), request.answer());
            case Prompt.Text text -> scored.endedTokens(text.text(), request.answer());
        });
    }

    /**
     * Each option behind the prompt: the two are encoded as one text, and what lies behind the prompt's own tokens is the option. Blanks
     * and line ends at the end of a text go to the option, as in lm-evaluation-harness; those at the end of a template stay, for they are
     * nobody's answer.
     *
     * @param most tokens of both
     * @param encoded gets one an option, if all fit
     * @param refused gets why there are none
     */
    void weighed(Request.Weigh request, int most, Consumer<List<Continued>> encoded, Consumer<Response.Unable> refused) {
        List<Continued> options;
        try {
            options = options(request);
        } catch (LeewayException unreadable) {
            refused.accept(unreadable(unreadable));
            return;
        }
        int longest = options.stream().mapToInt(option -> option.continuation().length).max().orElse(0);
        options.stream().map(option -> new Encoded.Tokens(option.context()).fit(most - longest)).filter(Encoded.Refused.class::isInstance)
            .findFirst().ifPresentOrElse(none -> refused.accept(((Encoded.Refused) none).why()), () -> encoded.accept(options));
    }

    private List<Continued> options(Request.Weigh request) {
        return switch (request.prompt()) {
            case Prompt.Chat said -> {
                var messages = messages(said);
                var alone = turns.tokens(messages);
                yield request.options().stream().map(option -> behind(alone, turns.tokens(messages, option))).toList();
            }
            case Prompt.Text text -> {
                var context = text.text().stripTrailing();
                var alone = plain.tokens(context);
                var blanks = text.text().substring(context.length());
                yield request.options().stream().map(option -> behind(alone, plain.tokens(context + blanks + option))).toList();
            }
        };
    }

    private Continued behind(int[] alone, int[] whole) {
        var cut = Continued.of(alone, whole);
        return new Continued(begun(cut.context()), cut.continuation());
    }

    Set<Integer> endIds() {
        return tokenizer.endIds();
    }

    /** What was written, without the token that ended it. */
    String written(int[] tokens) {
        boolean isEnded = tokens.length > 0 && tokenizer.endIds().contains(tokens[tokens.length - 1]);
        return tokenizer.decode(isEnded ? Arrays.copyOf(tokens, tokens.length - 1) : tokens, true);
    }

    /** Ends a completion that has one of these texts. The last tokens are looked at alone, and all of them where those seem to have it. */
    StopCondition stop(List<String> stops) {
        if (stops.isEmpty()) {
            return StopCondition.NEVER;
        }
        int most = stops.stream().mapToInt(stop -> stop.getBytes(StandardCharsets.UTF_8).length).max().getAsInt() + SLACK;
        return (tokens, count) -> hasAny(Arrays.copyOfRange(tokens, Math.max(0, count - most), count), stops)
            && hasAny(Arrays.copyOf(tokens, count), stops);
    }

    private boolean hasAny(int[] tokens, List<String> stops) {
        return StopText.firstIn(tokenizer.decode(tokens, true), stops).isPresent();
    }

    /** Log-probs by the texts of tokens. */
    Response.Distribution distribution(double[] logProbs, Set<String> wanted) {
        var texts = vocabulary.orElseGet(() -> TokenTexts.of(tokenizer, logProbs.length));
        vocabulary = Optional.of(texts);
        return texts.distribution(logProbs, wanted);
    }

    @Override
    public void close() {
        try (tokenizer; turns; plain) {
            scored.close();
        }
    }
}
