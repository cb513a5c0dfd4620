package dev.leeway.io;

/** Shows foreign text inside a sentence: quoted, on one line, and never long, whatever a hostile file contains. */
final class Quote {

    private static final int LONGEST = 120;

    private Quote() {
    }

    static String quote(String text) {
        var shown = new StringBuilder("\"");
        text.codePoints().limit(LONGEST).forEach(point -> {
            if (Character.isISOControl(point) || Character.getType(point) == Character.SURROGATE) {
                shown.append(String.format("\\u%04x", point));
            } else {
                shown.appendCodePoint(point);
            }
        });
        return shown.append(text.codePointCount(0, text.length()) > LONGEST ? "…\"" : "\"").toString();
    }
}
