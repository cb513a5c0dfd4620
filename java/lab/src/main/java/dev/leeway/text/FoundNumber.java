package dev.leeway.text;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A number as it stands in a text: signs (also in front of a currency), thousands in groups of three behind commas or narrow spaces,
 * decimals, fractions as a/b and {@code \frac{a}{b}}. What stands behind it, a unit or a percent sign, is not part of it. Digits that
 * continue a word are no number; underscores around one are emphasis. A sign stands right before its number: a minus with a space behind it
 * is a dash, a bullet or an operator, one behind a digit, a letter or a closing bracket an operator, one behind another a rule or a dash.
 *
 * @param numerator what is above the line
 * @param denominator what is below it, not 0; 1 for decimals
 * @param end where it ends in the text
 */
public record FoundNumber(BigDecimal numerator, BigDecimal denominator, int end) {

    /** Longer ones are no answers, and comparing them would take time without bound. */
    private static final int MOST_DIGITS = 40;
    private static final String DECIMAL = "(?:\\d{1,3}(?:(?:,|\\{,\\}|\\\\,|\\u00A0|\\u202F)\\d{3})++(?!\\d)|\\d++)(?:\\.\\d++)?|\\.\\d++";
    private static final Pattern NUMBER = Pattern.compile("(?<![\\p{L}\\d.])(?<![\\p{L}\\d]_{1,3})"
        + "(?:(?<![\\p{L}\\d)\\]}\\-\\u2212\\u2013\\u2014])([-\\u2212\\u2013]))?"
        + "(?:\\\\?[$\\u20AC\\u00A3\\u00A5]\\s?)?([-\\u2212])?"
        + "(?:\\\\[dt]?frac\\{(" + DECIMAL + ")\\}\\{(" + DECIMAL + ")\\}|(" + DECIMAL + ")(?:/(" + DECIMAL + "))?)");

    /** All numbers of a text, in order. */
    public static List<FoundNumber> in(String text) {
        var found = new ArrayList<FoundNumber>();
        for (var match = NUMBER.matcher(text); match.find();) {
            boolean fraction = match.group(3) != null;
            var above = match.group(fraction ? 3 : 5);
            var below = match.group(fraction ? 4 : 6);
            if (above.length() <= MOST_DIGITS && (below == null || below.length() <= MOST_DIGITS)) {
                found.add(of(match, above, below));
            }
        }
        return found;
    }

    /** A line over nothing is no fraction: then the number above it counts alone. */
    private static FoundNumber of(Matcher match, String above, String below) {
        boolean negative = (match.group(1) != null) != (match.group(2) != null);
        var numerator = negative ? decimal(above).negate() : decimal(above);
        var denominator = below == null || decimal(below).signum() == 0 ? BigDecimal.ONE : decimal(below);
        return new FoundNumber(numerator, denominator, match.end());
    }

    private static BigDecimal decimal(String text) {
        return new BigDecimal(text.replaceAll("[^\\d.]", ""));
    }

    /** Whether both are the same number, however they are written. */
    public boolean equalsNumber(FoundNumber other) {
        return numerator.multiply(other.denominator).compareTo(other.numerator.multiply(denominator)) == 0;
    }
}
