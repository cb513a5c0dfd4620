package dev.leeway.cli;

import java.util.Locale;

/** Numbers as people read them. */
final class Figures {

    private Figures() {
    }

    /** {@code 1,234}. */
    static String count(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    /** {@code 1.9e-4}: two digits and a short exponent. */
    static String rate(double value) {
        if (value == 0) {
            return "0";
        }
        var text = String.format(Locale.ROOT, "%.1e", value);
        int exponent = text.indexOf('e');
        return text.substring(0, exponent).replace(".0", "") + "e" + Integer.parseInt(text.substring(exponent + 1));
    }

    /** {@code 0:41}, {@code 1:02:03}. */
    static String duration(double seconds) {
        long whole = Math.round(seconds);
        return whole < 3600 ? String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60)
            : String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
    }

    /** {@code 32}, {@code 0.5}: no more digits than it has. */
    static String plain(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15 ? Long.toString((long) value) : Double.toString(value);
    }

    /** {@code 2.3456}. */
    static String loss(double value) {
        return String.format(Locale.ROOT, "%.4f", value);
    }
}
