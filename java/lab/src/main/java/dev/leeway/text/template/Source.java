package dev.leeway.text.template;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A template's text with a position that only moves forward, and the line it is on. */
final class Source {

    private final String text;
    private int position;
    private int line = 1;

    Source(String text) {
        this.text = text;
    }

    int position() {
        return position;
    }

    int line() {
        return line;
    }

    int end() {
        return text.length();
    }

    boolean ended() {
        return position >= text.length();
    }

    /** The character at an index, {@code \0} beyond the end. */
    char charAt(int index) {
        return index < text.length() ? text.charAt(index) : '\0';
    }

    char current() {
        return charAt(position);
    }

    char previous() {
        return text.charAt(position - 1);
    }

    boolean at(String expected) {
        return text.startsWith(expected, position);
    }

    String text(int start, int end) {
        return text.substring(start, end);
    }

    /** A matcher that sees the text from here on, up to a length. */
    Matcher match(Pattern pattern, int most) {
        return pattern.matcher(text).region(position, Math.min(text.length(), position + most));
    }

    int find(String wanted) {
        return text.indexOf(wanted, position);
    }

    void skip(int count) {
        moveTo(position + count);
    }

    void moveTo(int index) {
        for (; position < index; position++) {
            line += text.charAt(position) == '\n' ? 1 : 0;
        }
    }

    String take(int end) {
        String taken = text.substring(position, end);
        moveTo(end);
        return taken;
    }

    void skipSpace() {
        while (!ended() && CodePoints.space(current())) {
            skip(1);
        }
    }

    /** Where the next tag, print or comment opens; -1 if none does. */
    int nextOpening() {
        for (int open = text.indexOf('{', position); open >= 0; open = text.indexOf('{', open + 1)) {
            char next = charAt(open + 1);
            if (next == '{' || next == '%' || next == '#') {
                return open;
            }
        }
        return -1;
    }

    /** The index of the end mark or {@code %}} of a tag that holds nothing but this name; -1 if the tag at {@code open} is another. */
    int tagNamed(int open, String name) {
        int i = open + 2;
        i += charAt(i) == '-' || charAt(i) == '+' ? 1 : 0;
        i = space(i);
        if (!text.startsWith(name, i)) {
            return -1;
        }
        i = space(i + name.length());
        int marked = charAt(i) == '-' || charAt(i) == '+' ? i + 1 : i;
        return text.startsWith("%}", marked) ? i : -1;
    }

    private int space(int from) {
        int i = from;
        while (i < text.length() && CodePoints.space(text.charAt(i))) {
            i++;
        }
        return i;
    }

    boolean rawTag(int open) {
        int end = tagNamed(open, "raw");
        return end >= 0 && endMark(end) != '+';
    }

    /** {@code -}, {@code +} or {@code \0}. */
    char endMark(int end) {
        return charAt(end) == '%' ? '\0' : charAt(end);
    }

    /** From behind an opening to behind the raw tag it opens, and its white space if it says so. */
    void skipRawTag() {
        int end = tagNamed(position - 2, "raw");
        boolean trimmed = endMark(end) == '-';
        moveTo(end + (trimmed ? 3 : 2));
        if (trimmed) {
            skipSpace();
        }
    }
}
