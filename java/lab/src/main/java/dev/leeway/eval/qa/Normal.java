package dev.leeway.eval.qa;

import java.text.Normalizer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Texts as rules compare them: lower case, without accents, punctuation, symbols and articles. */
final class Normal {

    private static final Set<String> ARTICLES = Set.of("a", "an", "the");

    private Normal() {
    }

    /** The words that are left; may be none. */
    static List<String> words(String text) {
        var plain = Normalizer.normalize(text, Normalizer.Form.NFKD).replaceAll("\\p{M}", "").toLowerCase(Locale.ROOT);
        return Arrays.stream(plain.split("[^\\p{L}\\p{N}]+")).filter(word -> !word.isEmpty() && !ARTICLES.contains(word)).toList();
    }

    /** The words with a blank before, between and behind them, so that one such text contains another as whole words; empty for none. */
    static String padded(String text) {
        var words = words(text);
        return words.isEmpty() ? "" : " " + String.join(" ", words) + " ";
    }

    /** F1 of the words of two texts, each counted as often as it is there (ROUGE-1 without stemming). */
    static double overlap(String text, String other) {
        var words = words(text);
        var others = words(other);
        var left = others.stream().collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
        long shared = words.stream().filter(word -> left.merge(word, -1L, Long::sum) >= 0).count();
        return shared == 0 ? 0 : 2.0 * shared / (words.size() + others.size());
    }
}
