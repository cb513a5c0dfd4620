package dev.leeway.text.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** {@code split}, {@code rsplit} and their like. */
final class Splitting {

    private Splitting() {}

    static Value split(Call call, boolean fromRight) {
        int most = call.integer("maxsplit", -1);
        int limit = most < 0 ? Integer.MAX_VALUE : most;
        Optional<String> separator = call.findText("sep");
        List<String> parts = separator.isPresent() ? atSeparator(call, separator.get(), limit, fromRight)
                : fromRight ? atSpaceFromRight(call, limit) : atSpace(call, limit);
        return texts(call, parts);
    }

    /** A list of texts; each part was paid for as two elements when it was found. */
    static Items texts(Call call, List<String> parts) {
        call.budget().chars(parts.stream().mapToLong(String::length).sum());
        return Items.list(parts.stream().<Value>map(call::text).toList());
    }

    private static List<String> atSeparator(Call call, String separator, int limit, boolean fromRight) {
        if (separator.isEmpty()) {
            throw TemplateFailure.of("empty separator");
        }
        String text = call.text();
        call.budget().search(text, separator);
        call.budget().elements(2);
        return fromRight ? fromRight(call, separator, limit) : fromLeft(call, separator, limit);
    }

    private static List<String> fromLeft(Call call, String separator, int limit) {
        String text = call.text();
        List<String> parts = new ArrayList<>();
        int start = 0;
        for (int next = text.indexOf(separator); next >= 0 && parts.size() < limit; next = text.indexOf(separator, start)) {
            call.budget().elements(2);
            parts.add(text.substring(start, next));
            start = next + separator.length();
        }
        parts.add(text.substring(start));
        return parts;
    }

    private static List<String> fromRight(Call call, String separator, int limit) {
        String text = call.text();
        List<String> parts = new ArrayList<>();
        int end = text.length();
        for (int next = text.lastIndexOf(separator); next >= 0 && parts.size() < limit;) {
            call.budget().elements(2);
            parts.add(text.substring(next + separator.length(), end));
            end = next;
            next = end < separator.length() ? -1 : text.lastIndexOf(separator, end - separator.length());
        }
        parts.add(text.substring(0, end));
        Collections.reverse(parts);
        return parts;
    }

    private static List<String> atSpace(Call call, int limit) {
        String text = call.text();
        List<String> parts = new ArrayList<>();
        int start = skip(text, 0, true);
        while (start < text.length() && parts.size() < limit) {
            int end = skip(text, start, false);
            call.budget().elements(2);
            parts.add(text.substring(start, end));
            start = skip(text, end, true);
        }
        if (start < text.length()) {
            parts.add(text.substring(start));
        }
        return parts;
    }

    private static int skip(String text, int from, boolean space) {
        int i = from;
        while (i < text.length() && CodePoints.space(text.charAt(i)) == space) {
            i++;
        }
        return i;
    }

    private static List<String> atSpaceFromRight(Call call, int limit) {
        String text = call.text();
        List<String> parts = new ArrayList<>();
        int end = skipBack(text, text.length(), true);
        while (end > 0 && parts.size() < limit) {
            int start = skipBack(text, end, false);
            call.budget().elements(2);
            parts.add(text.substring(start, end));
            end = skipBack(text, start, true);
        }
        if (end > 0) {
            parts.add(text.substring(0, end));
        }
        Collections.reverse(parts);
        return parts;
    }

    private static int skipBack(String text, int from, boolean space) {
        int i = from;
        while (i > 0 && CodePoints.space(text.charAt(i - 1)) == space) {
            i--;
        }
        return i;
    }

    static Value partition(Call call, boolean last) {
        String text = call.text();
        String separator = call.textOf("sep");
        if (separator.isEmpty()) {
            throw TemplateFailure.of("empty separator");
        }
        call.budget().search(text, separator);
        call.budget().chars(text.length());
        int at = last ? text.lastIndexOf(separator) : text.indexOf(separator);
        if (at < 0) {
            return last ? Items.tuple(Text.EMPTY, Text.EMPTY, call.self()) : Items.tuple(call.self(), Text.EMPTY, Text.EMPTY);
        }
        return Items.tuple(call.text(text.substring(0, at)), call.text(separator), call.text(text.substring(at + separator.length())));
    }
}
