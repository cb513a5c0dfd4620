package dev.leeway.report;

import java.util.Locale;

/** Text and numbers as they may stand in a page. */
public final class Markup {

    private Markup() {
    }

    /** Text, as it stands in an element or an attribute. */
    public static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }

    /** {@link String#format} with a point in numbers, wherever this runs. */
    public static String format(String format, Object... arguments) {
        return String.format(Locale.ROOT, format, arguments);
    }
}
