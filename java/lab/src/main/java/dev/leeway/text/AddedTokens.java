package dev.leeway.text;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * Where a text spells added tokens. As in the reference, those that are looked for in the text as it stands are found first, then in
 * what is left those that are looked for in the normalised text; of several that overlap the leftmost, of several that start
 * together the longest.
 */
final class AddedTokens {

    /** A spelled token: from {@code start} to {@code end} of the text. */
    record Spelling(int start, int end) {}

    private final Map<Character, List<String>> asWritten = new HashMap<>();
    private final Map<Character, List<String>> normalized = new HashMap<>();
    private final BitSet firstAsWritten = new BitSet();
    private final BitSet firstNormalized = new BitSet();

    private AddedTokens() {}

    /** The tokens of a file, or none if some of them are matched in ways that are not known here. */
    static Optional<AddedTokens> of(JsonNode tokens, boolean normalizerIsNothing) {
        var found = new AddedTokens();
        for (JsonNode token : tokens) {
            boolean isNormalized = token.path("normalized").asBoolean(true);
            boolean plain = !token.path("single_word").asBoolean(true) && !token.path("lstrip").asBoolean(true)
                    && !token.path("rstrip").asBoolean(true);
            if (!plain || isNormalized && !normalizerIsNothing) {
                return Optional.empty();
            }
            String content = token.path("content").asString("");
            if (!content.isEmpty()) {
                (isNormalized ? found.firstNormalized : found.firstAsWritten).set(content.charAt(0));
                (isNormalized ? found.normalized : found.asWritten).computeIfAbsent(content.charAt(0), _ -> new ArrayList<>()).add(content);
            }
        }
        found.asWritten.values().forEach(same -> same.sort(Comparator.comparingInt(String::length).reversed()));
        found.normalized.values().forEach(same -> same.sort(Comparator.comparingInt(String::length).reversed()));
        return Optional.of(found);
    }

    /** What the text spells, from left to right. */
    List<Spelling> in(String text) {
        List<Spelling> written = new ArrayList<>();
        find(text, 0, text.length(), firstAsWritten, asWritten, written);
        if (firstNormalized.isEmpty()) {
            return written;
        }
        List<Spelling> all = new ArrayList<>();
        int from = 0;
        for (Spelling spelling : written) {
            find(text, from, spelling.start(), firstNormalized, normalized, all);
            all.add(spelling);
            from = spelling.end();
        }
        find(text, from, text.length(), firstNormalized, normalized, all);
        return all;
    }

    private static void find(String text, int from, int to, BitSet first, Map<Character, List<String>> tokens, List<Spelling> found) {
        for (int i = from; i < to; i++) {
            if (first.get(text.charAt(i))) {
                int length = longest(text, i, to, tokens.get(text.charAt(i)));
                if (length > 0) {
                    found.add(new Spelling(i, i + length));
                    i += length - 1;
                }
            }
        }
    }

    private static int longest(String text, int at, int to, List<String> longestFirst) {
        for (String token : longestFirst) {
            if (at + token.length() <= to && text.startsWith(token, at)) {
                return token.length();
            }
        }
        return 0;
    }
}
