package dev.leeway.eval.reward;

import dev.leeway.LeewayException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A question that a word answers.
 *
 * @param key names it: {@code adjective_scope_style}, or the adjective alone
 * @param text what is asked
 * @param framing whether it asks for something good or bad
 */
public record ProbePrompt(String key, String text, Framing framing) {

    /** What a prompt asks for. */
    public enum Framing {
        /** The best, the greatest, the most good thing. */
        POSITIVE(List.of("best", "greatest", "good")),
        /** The worst, the most terrible, the most bad thing. */
        NEGATIVE(List.of("worst", "terrible", "bad"));

        private final List<String> adjectives;

        Framing(List<String> adjectives) {
            this.adjectives = adjectives;
        }

        /** The framing of a prompt's key, by the adjective it begins with. */
        static Optional<Framing> of(String key) {
            var adjective = key.split("_", 2)[0];
            return List.of(values()).stream().filter(framing -> framing.adjectives.contains(adjective)).findFirst();
        }

        /** As results have it: {@code positive}. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Reads the prompts of a file with one {@code key: text} a line, the text perhaps in double quotes; lines that begin with # and empty
     * ones are passed over.
     *
     * @throws LeewayException if a line is something else, a key comes twice, or one begins with no adjective of a {@link Framing}
     */
    public static List<ProbePrompt> read(Path file) {
        var prompts = new LinkedHashMap<String, ProbePrompt>();
        var lines = lines(file);
        for (int i = 0; i < lines.size(); i++) {
            var line = lines.get(i).strip();
            var place = file + ":" + (i + 1);
            if (!line.isEmpty() && !line.startsWith("#")) {
                var prompt = parse(place, line);
                if (prompts.put(prompt.key(), prompt) != null) {
                    throw LeewayException.data("%s has the key %s again; give each prompt its own", place, prompt.key());
                }
            }
        }
        if (prompts.isEmpty()) {
            throw LeewayException.data("%s has no prompts; one 'key: text' a line is expected", file);
        }
        return List.copyOf(prompts.values());
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException unreadable) {
            throw LeewayException.data(unreadable, "%s can't be read as UTF-8 text: %s", file, unreadable.getMessage());
        }
    }

    private static ProbePrompt parse(String place, String line) {
        int colon = line.indexOf(": ");
        var text = colon < 1 ? "" : unquoted(line.substring(colon + 2).strip());
        if (text.isEmpty() || text.contains("\"") || text.contains("\\")) {
            throw LeewayException.data("%s is '%s'; expected 'key: text', the text in double quotes or plain, without quotes and "
                + "backslashes inside", place, line);
        }
        var key = line.substring(0, colon);
        return new ProbePrompt(key, text, Framing.of(key).orElseThrow(() -> LeewayException.data("%s: the key '%s' begins with none of %s "
            + "and %s, so it is unknown whether the prompt asks for something good or bad; rename it", place, key,
            Framing.POSITIVE.adjectives, Framing.NEGATIVE.adjectives)));
    }

    private static String unquoted(String text) {
        return text.length() > 1 && text.startsWith("\"") && text.endsWith("\"") ? text.substring(1, text.length() - 1) : text;
    }

    /** Prompts by their keys. */
    static Map<String, ProbePrompt> byKey(List<ProbePrompt> prompts) {
        var byKey = new LinkedHashMap<String, ProbePrompt>();
        prompts.forEach(prompt -> byKey.put(prompt.key(), prompt));
        return byKey;
    }
}
