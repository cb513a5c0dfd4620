package dev.leeway.text.template;

import java.util.Locale;
import java.util.function.IntUnaryOperator;

/** Upper, lower and title case, with Unicode's own mappings. */
final class Cases {

    /** Java's own mapping takes quadratic time where characters become several, so it is given few at a time. */
    private static final int AT_ONCE = 16;
    /** What a character that is mapped by itself costs, as if it were so many. */
    private static final int COST = 16;

    private Cases() {}

    static String upper(String text, Budget budget) {
        if (text.chars().allMatch(c -> c < 128)) {
            budget.chars(text.length());
            return text.toUpperCase(Locale.ROOT);
        }
        var out = new Output(budget);
        for (int start = 0; start < text.length();) {
            int end = Math.min(text.length(), start + AT_ONCE);
            end -= end < text.length() && Character.isLowSurrogate(text.charAt(end)) && end - start > 1 ? 1 : 0;
            out.append(text.substring(start, end).toUpperCase(Locale.ROOT));
            start = end;
        }
        return out.toString();
    }

    /** Only a dotted capital I becomes two characters; a sigma looks at its neighbours, so the text stays whole. */
    static String lower(String text, Budget budget) {
        budget.chars(2L * text.length());
        return text.replace("\u0130", "i\u0307").toLowerCase(Locale.ROOT);
    }

    /** The first character in title case, the others in lower case. */
    static String capitalize(String text, Budget budget) {
        if (text.isEmpty()) {
            return text;
        }
        int end = text.offsetByCodePoints(0, 1);
        return title(text.substring(0, end)) + lower(text.substring(end), budget);
    }

    private static String title(String character) {
        String upper = character.toUpperCase(Locale.ROOT);
        return CodePoints.length(upper) > 1 ? upper.charAt(0) + upper.substring(1).toLowerCase(Locale.ROOT)
                : Character.toString(Character.toTitleCase(character.codePointAt(0)));
    }

    /** The filter's title case: words start after white space, hyphens and opening brackets. */
    static String titleWords(String text, Budget budget) {
        budget.chars((long) COST * text.length());
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
    static String titleLetters(String text, Budget budget) {
        budget.chars((long) COST * text.length());
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

    static String swap(String text, Budget budget) {
        budget.chars((long) COST * text.length());
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
    static boolean titled(String text, Budget budget) {
        return text.codePoints().anyMatch(Cases::cased) && titleLetters(text, budget).equals(text);
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
