package dev.leeway.text.template;

import java.util.HexFormat;

/** Texts in quotes, as Python's {@code repr} and as JSON write them. */
final class Quoted {

    private static final HexFormat HEX = HexFormat.of();

    private Quoted() {}

    /** Single quotes, unless the text has single quotes and no double ones; what doesn't print is escaped. */
    static void python(String text, Output out) {
        char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        out.append(quote);
        for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
            int c = text.codePointAt(i);
            switch (c) {
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\\' -> out.append("\\\\");
                default -> pythonCharacter(c, quote, out);
            }
        }
        out.append(quote);
    }

    private static void pythonCharacter(int c, char quote, Output out) {
        if (c == quote) {
            out.append('\\').append(quote);
        } else if (CodePoints.printable(c)) {
            out.appendCodePoint(c);
        } else if (c < 0x100) {
            out.append("\\x").append(HEX.toHexDigits((byte) c));
        } else if (c < 0x10000) {
            out.append("\\u").append(HEX.toHexDigits((char) c));
        } else {
            out.append("\\U").append(HEX.toHexDigits(c));
        }
    }

    /** Double quotes; with {@code ascii} everything beyond ASCII is escaped as UTF-16 units. */
    static void json(String text, boolean ascii, Output out) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\f' -> out.append("\\f");
                case '\b' -> out.append("\\b");
                default -> {
                    if (c < 0x20 || ascii && c > 0x7e) {
                        out.append("\\u").append(HEX.toHexDigits(c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
