package dev.leeway.report;

import java.math.BigDecimal;
import java.math.MathContext;
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

    /** A number with so many significant digits at most: neither zeros at its end nor powers of ten. */
    public static String number(double value, int digits) {
        var rounded = new BigDecimal(value).round(new MathContext(digits));
        return rounded.signum() == 0 ? "0" : rounded.stripTrailingZeros().toPlainString();
    }
}
