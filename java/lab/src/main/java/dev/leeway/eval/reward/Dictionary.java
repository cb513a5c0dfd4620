package dev.leeway.eval.reward;

import dev.leeway.LeewayException;
import dev.leeway.eval.Csv;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * Words, each of one category.
 *
 * @param categories by word, in the order of the file
 */
public record Dictionary(SequencedMap<String, String> categories) {

    private static final String CATEGORY = "Category";
    private static final String TERM = "DicTerm";
    private static final List<String> SIDES = List.of("_Virtue", "_Vice");

    /** Takes a copy. */
    public Dictionary {
        categories = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(categories));
    }

    /**
     * Reads a CSV file: either the columns {@code Category} and {@code token_decoded}, or {@code DicTerm} and a column a category with X
     * for the words in it. {@code Care_Virtue} and {@code Care_Vice} are sides of one category. A row that says the same again is
     * passed over.
     *
     * @throws LeewayException if it has other columns, or a word in no or more than one category, with its place
     */
    public static Dictionary read(Path file) {
        var categories = new LinkedHashMap<String, String>();
        for (var row : Csv.records(file)) {
            boolean isFlat = row.columns().containsKey(CATEGORY);
            var word = row.text(isFlat ? "token_decoded" : TERM);
            var category = isFlat ? row.text(CATEGORY) : flagged(row, word);
            var before = categories.putIfAbsent(word, category);
            if (before != null && !before.equals(category)) {
                throw LeewayException.data("%s puts '%s' into %s, and an earlier row into %s; one category a word is expected",
                    row.place(), word, category, before);
            }
        }
        return new Dictionary(categories);
    }

    private static String flagged(Csv.Record row, String word) {
        var found = new LinkedHashSet<String>();
        row.columns().forEach((column, mark) -> {
            if (!column.equals(TERM) && mark.equalsIgnoreCase("x")) {
                found.add(foundation(column));
            }
        });
        if (found.size() != 1) {
            throw LeewayException.data("%s has '%s' in %s categories %s; exactly one is expected, marked with X", row.place(), word,
                found.size(), found);
        }
        return found.getFirst();
    }

    private static String foundation(String column) {
        return SIDES.stream().filter(column::endsWith).map(side -> column.substring(0, column.length() - side.length())).findFirst()
            .orElse(column);
    }

    /** Its categories, in the order in which they first occur. */
    public List<String> names() {
        return categories.values().stream().distinct().toList();
    }

    /** The category of a word. */
    public Optional<String> category(String word) {
        return Optional.ofNullable(categories.get(word));
    }

    /** The category of the word that a text is when case and surrounding space are put aside. */
    public Optional<String> categoryOf(String text) {
        return category(text.strip().toLowerCase(Locale.ROOT));
    }

    /**
     * The dictionary of those texts that are one of its words when case and surrounding space are put aside, such as all tokens that spell
     * one: {@code Love}, {@code " love"} and {@code LOVE}.
     */
    public Dictionary spelled(Collection<String> texts) {
        var spelled = new LinkedHashMap<String, String>();
        texts.forEach(text -> categoryOf(text).ifPresent(category -> spelled.put(text, category)));
        return new Dictionary(spelled);
    }
}
