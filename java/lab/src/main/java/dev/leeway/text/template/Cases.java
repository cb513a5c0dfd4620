package dev.leeway.text.template;

import java.util.Locale;
import java.util.function.IntUnaryOperator;

/** Upper, lower and title case, with Unicode's own mappings. */
final class Cases {

    private Cases() {}

    /** The first character in title case, the others in lower case. */
    static String capitalize(String text) {
        if (text.isEmpty()) {
            return text;
        }
        int end = text.offsetByCodePoints(0, 1);
        return title(text.substring(0, end)) + text.substring(end).toLowerCase(Locale.ROOT);
    }

    private static String title(String character) {
        String upper = character.toUpperCase(Locale.ROOT);
        return CodePoints.length(upper) > 1 ? upper.charAt(0) + upper.substring(1).toLowerCase(Locale.ROOT)
                : Character.toString(Character.toTitleCase(character.codePointAt(0)));
    }

    /** The filter's title case: words start after white space, hyphens and opening brackets. */
    static String titleWords(String text) {
        var out = new StringBuilder();
        boolean start = true;
        for (int i = 0; i < text.length();) {
            int c = text.codePointAt(i);
            String character = Character.toString(c);
            out.append(start ? character.toUpperCase(Locale.ROOT) : character.toLowerCase(Locale.ROOT));
            start = CodePoints.space(c) || c < 128 && "-({[<".indexOf(c) >= 0;
            i += character.length();
        }
        return out.toString();
    }

    /** The method's title case: words start after every character without case. */
    static String titleLetters(String text) {
        var out = new StringBuilder();
        boolean start = true;
        for (int i = 0; i < text.length();) {
            String character = Character.toString(text.codePointAt(i));
            out.append(start ? title(character) : character.toLowerCase(Locale.ROOT));
            start = !cased(character.codePointAt(0));
            i += character.length();
        }
        return out.toString();
    }

    static String swap(String text) {
        var out = new StringBuilder();
        for (int i = 0; i < text.length();) {
            String character = Character.toString(text.codePointAt(i));
            boolean upper = Character.isUpperCase(character.codePointAt(0));
            out.append(upper ? character.toLowerCase(Locale.ROOT) : character.toUpperCase(Locale.ROOT));
            i += character.length();
        }
        return out.toString();
    }

    static boolean cased(int c) {
        return Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
    }

    /** Whether all cased characters are what the mapping makes of them, and there is one. */
    static boolean all(String text, IntUnaryOperator mapping) {
        return text.codePoints().anyMatch(Cases::cased) && text.codePoints().filter(Cases::cased).allMatch(c -> mapping.applyAsInt(c) == c);
    }

    /** Whether upper case starts words and lower case goes on with them. */
    static boolean titled(String text) {
        return text.codePoints().anyMatch(Cases::cased) && titleLetters(text).equals(text);
    }

    /** How many runs of letters, digits and underscores there are. */
    static int words(String text) {
        int count = 0;
        boolean inside = false;
        for (int c : text.codePoints().toArray()) {
            boolean word = CodePoints.word(c);
            count += word && !inside ? 1 : 0;
            inside = word;
        }
        return count;
    }
}
