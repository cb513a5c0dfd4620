package dev.leeway.text.template;

import dev.leeway.text.template.Token.Kind;

/**
 * Cuts a template into tokens, one at a time, so that a template that is refused early is never read to its end. Trims white space as
 * {@code transformers} sets Jinja up: a line break after a block or comment tag is dropped ({@code trim_blocks}), blanks before one that
 * starts its line are dropped ({@code lstrip_blocks}), {@code -} drops all white space on its side, {@code +} keeps it.
 */
final class Lexer {

    private final Source source;
    private final ExpressionLexer expressions;
    private Kind expectedEnd = Kind.END;
    private boolean lineStart = true;

    Lexer(String template) {
        source = new Source(normalised(template));
        expressions = new ExpressionLexer(source);
    }

    /** Line breaks as {@code \n}, and the last one dropped. */
    private static String normalised(String template) {
        String text = template.indexOf('\r') < 0 ? template : template.replace("\r\n", "\n").replace('\r', '\n');
        return text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
    }

    Token next() {
        return expectedEnd == Kind.END ? outside() : inside();
    }

    int line() {
        return source.line();
    }

    private Token inside() {
        source.skipSpace();
        boolean print = expectedEnd == Kind.PRINT_END;
        String end = print ? "}}" : "%}";
        if (expressions.balanced()) {
            boolean trimmed = source.at("-" + end);
            if (trimmed || source.at(end) || !print && source.at("+" + end)) {
                var token = new Token(expectedEnd, end, source.line());
                boolean kept = source.at("+" + end);
                source.skip(trimmed || kept ? 3 : 2);
                endOfTag(trimmed, print || kept);
                expectedEnd = Kind.END;
                return token;
            }
        }
        return expressions.next();
    }

    private void endOfTag(boolean trimmed, boolean keepsLineBreak) {
        int start = source.position();
        if (trimmed) {
            source.skipSpace();
        } else if (!keepsLineBreak && source.at("\n")) {
            source.skip(1);
        }
        lineStart = source.position() > start && source.previous() == '\n';
    }

    /** Text up to the next tag that isn't empty, or that tag; comments and raw blocks are dealt with on the way. */
    private Token outside() {
        while (!source.ended()) {
            int line = source.line();
            int start = source.position();
            int open = source.nextOpening();
            if (open < 0) {
                return new Token(Kind.DATA, source.take(source.end()), line);
            }
            char kind = source.charAt(open + 1);
            char mark = source.charAt(open + 2);
            String text = source.text(start, trimmedEnd(start, open, kind, mark));
            boolean raw = kind == '%' && source.rawTag(open);
            if (!text.isEmpty()) {
                source.moveTo(open);
                lineStart = false;
                return new Token(Kind.DATA, text, line);
            }
            source.moveTo(open + 2);
            if (kind == '#') {
                comment();
            } else if (raw) {
                return raw(line);
            } else {
                return begin(kind);
            }
        }
        return new Token(Kind.END, "", source.line());
    }

    private int trimmedEnd(int start, int open, char kind, char mark) {
        if (mark == '-') {
            int end = open;
            while (end > start && CodePoints.space(source.charAt(end - 1))) {
                end--;
            }
            return end;
        }
        if (kind == '{' || mark == '+') {
            return open;
        }
        int end = open;
        while (end > start && source.charAt(end - 1) != '\n' && CodePoints.space(source.charAt(end - 1))) {
            end--;
        }
        boolean wholeLine = end > start ? source.charAt(end - 1) == '\n' : lineStart;
        return wholeLine ? end : open;
    }

    private Token begin(char kind) {
        boolean print = kind == '{';
        var token = new Token(print ? Kind.PRINT_BEGIN : Kind.TAG_BEGIN, print ? "{{" : "{%", source.line());
        skipMark();
        expectedEnd = print ? Kind.PRINT_END : Kind.TAG_END;
        return token;
    }

    private void skipMark() {
        if (source.at("-") || source.at("+")) {
            source.skip(1);
        }
    }

    private void comment() {
        skipMark();
        int end = source.find("#}");
        if (end < 0) {
            throw TemplateFailure.of("a comment isn't closed by #}");
        }
        char mark = source.charAt(end - 1);
        boolean marked = end > source.position();
        source.moveTo(end + 2);
        endOfTag(marked && mark == '-', marked && mark == '+');
    }

    /** The text of a raw block, whose end trims as any tag does. */
    private Token raw(int line) {
        source.skipRawTag();
        lineStart = source.previous() == '\n';
        int start = source.position();
        for (int open = source.nextOpening(); open >= 0; open = source.nextOpening()) {
            source.moveTo(open + 2);
            if (source.charAt(open + 1) == '%' && source.tagNamed(open, "endraw") >= 0) {
                int end = trimmedEnd(start, open, '%', source.charAt(open + 2));
                char mark = source.endMark(source.tagNamed(open, "endraw"));
                source.moveTo(source.tagNamed(open, "endraw") + (mark == '\0' ? 2 : 3));
                endOfTag(mark == '-', mark == '+');
                return new Token(Kind.DATA, source.text(start, end), line);
            }
        }
        throw TemplateFailure.of("a raw block isn't closed by {% endraw %}");
    }
}
