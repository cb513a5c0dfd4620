package dev.leeway.text.template;

/** The backslash escapes of Python's string literals. */
final class Escapes {

    private Escapes() {}

    static String resolve(String content) {
        var out = new StringBuilder(content.length());
        for (int i = 0; i < content.length();) {
            char c = content.charAt(i++);
            if (c != '\\') {
                out.append(c);
                continue;
            }
            char kind = content.charAt(i++);
            switch (kind) {
                case '\n' -> { }
                case 'x' -> i = hexadecimal(content, i, 2, out);
                case 'u' -> i = hexadecimal(content, i, 4, out);
                case 'U' -> i = hexadecimal(content, i, 8, out);
                case 'N' -> i = named(content, i, out);
                default -> {
                    if (kind >= '0' && kind <= '7') {
                        i = octal(content, i - 1, out);
                    } else {
                        out.append(simple(kind));
                    }
                }
            }
        }
        return out.toString();
    }

    private static String simple(char kind) {
        return switch (kind) {
            case 'n' -> "\n";
            case 't' -> "\t";
            case 'r' -> "\r";
            case 'a' -> "\u0007";
            case 'b' -> "\b";
            case 'f' -> "\f";
            case 'v' -> "\u000b";
            case '\\', '\'', '"' -> String.valueOf(kind);
            default -> "\\" + kind;
        };
    }

    private static int hexadecimal(String content, int start, int digits, StringBuilder out) {
        String hex = content.substring(start, Math.min(content.length(), start + digits));
        boolean valid = hex.length() == digits && hex.chars().allMatch(c -> c < 128 && Character.digit(c, 16) >= 0);
        if (!valid || Long.parseLong(hex, 16) > Character.MAX_CODE_POINT) {
            throw TemplateFailure.of("a string has an escape that isn't complete: \\%s", content.substring(start - 1, start) + hex);
        }
        out.appendCodePoint((int) Long.parseLong(hex, 16));
        return start + digits;
    }

    private static int octal(String content, int start, StringBuilder out) {
        int value = 0;
        int i = start;
        for (; i < content.length() && i < start + 3 && content.charAt(i) >= '0' && content.charAt(i) <= '7'; i++) {
            value = value * 8 + content.charAt(i) - '0';
        }
        out.append((char) value);
        return i;
    }

    private static int named(String content, int start, StringBuilder out) {
        int end = content.indexOf('}', start);
        if (end < 0 || content.charAt(start) != '{') {
            throw TemplateFailure.of("a string has an escape that isn't complete: \\N");
        }
        String name = content.substring(start + 1, end);
        try {
            out.appendCodePoint(Character.codePointOf(name));
        } catch (IllegalArgumentException _) {
            throw TemplateFailure.of("no character is named '%s'", name);
        }
        return end + 1;
    }
}
