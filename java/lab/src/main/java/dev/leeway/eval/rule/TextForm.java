package dev.leeway.eval.rule;

import java.text.Normalizer;
import java.util.Locale;
import java.util.regex.Pattern;

/** What differences between two texts don't count. All forms are compared in Unicode's composed form. */
public enum TextForm {
    /** Space around and how much of it is within. */
    SPACE,
    /** That, and upper or lower case. */
    CASE,
    /** That, and everything but letters, their marks and digits. */
    WORDS;

    private static final Pattern SPACES = Pattern.compile("[\\s\\p{Z}]+");
    private static final Pattern NO_WORDS = Pattern.compile("[^\\p{L}\\p{M}\\p{N}]+");

    /** A text without those differences. */
    public String of(String text) {
        var composed = Normalizer.normalize(text, Normalizer.Form.NFC);
        return switch (this) {
            case SPACE -> SPACES.matcher(composed).replaceAll(" ").strip();
            case CASE -> SPACES.matcher(composed).replaceAll(" ").strip().toLowerCase(Locale.ROOT);
            case WORDS -> NO_WORDS.matcher(composed).replaceAll(" ").strip().toLowerCase(Locale.ROOT);
        };
    }
}
