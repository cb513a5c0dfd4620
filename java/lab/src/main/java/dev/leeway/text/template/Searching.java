package dev.leeway.text.template;

import java.util.Optional;

/** {@code find}, {@code count} and their like, within the part that {@code start} and {@code end} cut out. */
final class Searching {

    private Searching() {}

    /** The part of the text that the arguments {@code start} and {@code end} leave; none if it starts behind the end of the text. */
    static Optional<String> range(Call call) {
        if (call.find("start").isEmpty() && call.find("end").isEmpty()) {
            return Optional.of(call.text());
        }
        int length = CodePoints.length(call.text());
        int from = position(call.integer("start", 0), length);
        int to = position(call.integer("end", length), length);
        call.budget().chars(Math.max(0, to - from));
        return from > to || call.integer("start", 0) > length ? Optional.empty() : Optional.of(CodePoints.part(call.text(), from, to));
    }

    private static int position(int given, int length) {
        return Math.clamp(given < 0 ? (long) given + length : given, 0, length);
    }

    /** The position of the first or last occurrence, -1 if there is none. */
    static long find(Call call, boolean last) {
        String part = call.textOf("sub");
        Optional<String> range = range(call);
        if (range.isEmpty()) {
            return -1;
        }
        String text = range.get();
        call.budget().search(text, part);
        int at = last ? text.lastIndexOf(part) : text.indexOf(part);
        if (at < 0) {
            return -1;
        }
        int length = CodePoints.length(call.text());
        return position(call.integer("start", 0), length) + text.codePointCount(0, at);
    }

    static long require(long position) {
        if (position < 0) {
            throw TemplateFailure.of("substring not found");
        }
        return position;
    }

    static int count(Call call) {
        String part = call.textOf("sub");
        Optional<String> range = range(call);
        if (range.isEmpty()) {
            return 0;
        }
        String text = range.get();
        if (part.isEmpty()) {
            return CodePoints.length(text) + 1;
        }
        call.budget().search(text, part);
        int count = 0;
        for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length())) {
            count++;
        }
        return count;
    }
}
