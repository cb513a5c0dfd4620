package dev.leeway.text.template;

import dev.leeway.text.template.Token.Kind;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Cuts the inside of a tag into names, numbers, strings and operators. */
final class ExpressionLexer {

    private static final Set<String> LONG_OPERATORS = Set.of("**", "//", "==", "!=", ">=", "<=");
    private static final String OPERATORS = "+-*/%~()[]{}<>=.,:|;";
    private static final int MOST_DIGITS = 1_000;

    private final Source source;
    private final Deque<Character> open = new ArrayDeque<>();

    ExpressionLexer(Source source) {
        this.source = source;
    }

    /** Whether every bracket is closed, so that the tag may end here. */
    boolean balanced() {
        return open.isEmpty();
    }

    Token next() {
        if (source.ended()) {
            throw TemplateFailure.of("the template ends inside a tag");
        }
        char c = source.current();
        if (c == '"' || c == '\'') {
            return string(c);
        }
        if (c >= '0' && c <= '9') {
            return number();
        }
        if (c == '_' || Character.isUnicodeIdentifierStart(codePoint())) {
            return name();
        }
        return operator(c);
    }

    private int codePoint() {
        char high = source.current();
        char low = source.charAt(source.position() + 1);
        return Character.isSurrogatePair(high, low) ? Character.toCodePoint(high, low) : high;
    }

    private Token name() {
        int line = source.line();
        int start = source.position();
        while (!source.ended() && (source.current() == '_' || Character.isUnicodeIdentifierPart(codePoint())
                && !Character.isIdentifierIgnorable(codePoint()))) {
            source.skip(Character.charCount(codePoint()));
        }
        return new Token(Kind.NAME, source.text(start, source.position()), line);
    }

    private Token operator(char c) {
        int line = source.line();
        String two = source.text(source.position(), Math.min(source.end(), source.position() + 2));
        String operator = LONG_OPERATORS.contains(two) ? two : String.valueOf(c);
        if (operator.length() == 1 && OPERATORS.indexOf(c) < 0) {
            throw TemplateFailure.of("'%s' has no meaning inside a tag", Character.toString(codePoint()));
        }
        balance(c);
        source.skip(operator.length());
        return new Token(Kind.OPERATOR, operator, line);
    }

    private void balance(char c) {
        switch (c) {
            case '(' -> push(')');
            case '[' -> push(']');
            case '{' -> push('}');
            case ')', ']', '}' -> {
                if (open.isEmpty() || open.pop() != c) {
                    throw TemplateFailure.of("'%s' closes a bracket that isn't open", c);
                }
            }
            default -> { }
        }
    }

    private void push(char close) {
        open.push(close);
        if (open.size() > Items.DEEPEST) {
            throw TemplateFailure.of("brackets nest more than %d deep", Items.DEEPEST);
        }
    }

    private Token number() {
        int line = source.line();
        int start = source.position();
        Matcher number = source.match(Numerals.FLOAT, MOST_DIGITS);
        boolean real = source.previous() != '.' && number.lookingAt();
        if (!real) {
            number = source.match(Numerals.INTEGER, MOST_DIGITS);
            number.lookingAt();
        }
        source.moveTo(number.end());
        if (number.end() - start == MOST_DIGITS) {
            throw TemplateFailure.of("a number has %d digits or more", MOST_DIGITS);
        }
        return new Token(real ? Kind.FLOAT : Kind.INTEGER, number.group().replace("_", ""), line);
    }

    /** How numbers are spelled. */
    private static final class Numerals {
        private static final String DIGITS = "\\d++(?:_\\d++)*+";
        static final Pattern FLOAT = Pattern.compile(DIGITS + "(?:(?:\\." + DIGITS + ")?[eE][+-]?" + DIGITS + "|\\." + DIGITS + ")");
        static final Pattern INTEGER = Pattern.compile(
                "0[bB](?:_?[01])++|0[oO](?:_?[0-7])++|0[xX](?:_?[0-9a-fA-F])++|[1-9](?:_?\\d)*+|0(?:_?0)*+");
    }

    private Token string(char quote) {
        int line = source.line();
        int start = source.position() + 1;
        int end = start;
        boolean escaped = false;
        while (source.charAt(end) != quote) {
            if (end >= source.end()) {
                throw TemplateFailure.of("a string isn't closed by %s", quote);
            }
            escaped |= source.charAt(end) == '\\';
            end += source.charAt(end) == '\\' ? 2 : 1;
        }
        String content = source.text(start, end);
        source.moveTo(end + 1);
        return new Token(Kind.STRING, escaped ? Escapes.resolve(content) : content, line);
    }
}
