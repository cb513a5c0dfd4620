package dev.leeway.eval;

import dev.leeway.LeewayException;
import dev.leeway.io.Sha256;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A rule in the place of a model: what a benchmark gives to it is what a model has to differ from. Its texts count no tokens, for it draws
 * none; every answer that it rates gets 0.
 *
 * @param name {@code baseline:empty}
 * @param rule what it does
 */
public record Baseline(String name, Rule rule) implements Subject {

    /** Writes {@code A}, and gives the first option all probability. */
    public static final Baseline ALWAYS_A = new Baseline("baseline:always-a", Rule.ALWAYS_A);
    /** Declines, and finds all options equally probable. */
    public static final Baseline ALWAYS_REFUSE = new Baseline("baseline:always-refuse", Rule.ALWAYS_REFUSE);
    /** Writes nothing, and finds all options equally probable. */
    public static final Baseline EMPTY = new Baseline("baseline:empty", Rule.EMPTY);
    /** Writes what was said last, and finds all options equally probable. */
    public static final Baseline COPY_PROMPT = new Baseline("baseline:copy-prompt", Rule.COPY_PROMPT);

    private static final String PREFIX = "baseline:";
    private static final String REFUSAL = "I'm sorry, but I can't help with that.";
    /** ln p of options that {@link #ALWAYS_A} doesn't take: finite, and so low that dividing by lengths doesn't change the order. */
    private static final double NEVER = -1000;

    /** What a baseline does. */
    public enum Rule {
        /** Prefers the first option, and writes the letter A. */
        ALWAYS_A,
        /** Writes that it won't. */
        ALWAYS_REFUSE,
        /** Writes nothing. */
        EMPTY,
        /** Writes what it read. */
        COPY_PROMPT
    }

    /** Those that there are. */
    public static List<Baseline> all() {
        return List.of(ALWAYS_A, ALWAYS_REFUSE, EMPTY, COPY_PROMPT);
    }

    /**
     * The one with a name; empty where the name is not one of a baseline but, say, of a folder.
     *
     * @throws LeewayException if there is no baseline of that name
     */
    public static Optional<Baseline> named(String name) {
        if (!name.startsWith(PREFIX)) {
            return Optional.empty();
        }
        return Optional.of(all().stream().filter(one -> one.name().equals(name)).findFirst().orElseThrow(() ->
            LeewayException.usage("there is no %s; there are %s", name, all().stream().map(Baseline::name)
                .collect(Collectors.joining(", ")))));
    }

    @Override
    public String hash() {
        return Sha256.of(name + " 1");
    }

    @Override
    public List<Response> answer(List<Asked> asked) {
        return asked.stream().map(one -> answer(one.request())).toList();
    }

    private Response answer(Request request) {
        return switch (request) {
            case Request.Write write -> new Response.Written(StopText.cut(text(write.prompt()), write.sampling().stops()), false, 0);
            case Request.Weigh weigh -> new Response.Weighed(IntStream.range(0, weigh.options().size())
                .mapToObj(option -> new Response.Weight(logProb(option, weigh.options().size()), 1)).toList());
            case Request.Rate _ -> new Response.Rated(0);
            case Request.Next next -> uniform(next.texts());
        };
    }

    /** All texts that are wanted are equally probable tokens. */
    private Response uniform(Set<String> texts) {
        if (texts.isEmpty()) {
            throw LeewayException.usage("%s has no vocabulary, so it can't say how probable each of its tokens is; name texts", name);
        }
        var logProbs = new LinkedHashMap<String, Double>();
        texts.forEach(text -> logProbs.put(text, -Math.log(texts.size())));
        return new Response.Distribution(logProbs);
    }

    private String text(Prompt prompt) {
        return switch (rule) {
            case ALWAYS_A -> "A";
            case ALWAYS_REFUSE -> REFUSAL;
            case EMPTY -> "";
            case COPY_PROMPT -> switch (prompt) {
                case Prompt.Chat chat -> chat.turns().getLast().content();
                case Prompt.Text text -> text.text();
            };
        };
    }

    private double logProb(int option, int options) {
        return rule != Rule.ALWAYS_A ? -Math.log(options) : option == 0 ? 0 : NEVER;
    }

    @Override
    public void close() {
    }
}
