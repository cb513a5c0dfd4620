package dev.leeway.text.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;

/**
 * One field of a format: how a text or number is written and padded.
 *
 * @param fill      what pads it, one code point
 * @param align     {@code <}, {@code >}, {@code ^}, {@code =} (after the sign), or {@code \0} for the type's own
 * @param sign      {@code +}, blank, or {@code -} for negative numbers only
 * @param alternate whether {@code #} asks for a prefix or a kept point
 * @param width     the least width, in code points
 * @param grouping  {@code ,} or {@code _} between thousands, or {@code \0}
 * @param precision digits or characters, -1 if not given
 * @param type      the letter, or {@code \0}
 */
record FormatSpec(String fill, char align, char sign, boolean alternate, int width, char grouping, int precision, char type) {

    static final char NONE = '\0';

    /** Python's default for floats where {@code %f} and its like give no precision. */
    private static final int DEFAULT_PRECISION = 6;
    /** A double has no more decimals than 1,074; the rest would be zeros. */
    private static final int MOST_PRECISION = 2_000;

    /** A text, cut to the precision and padded. */
    String text(String value, char defaultAlign, Budget budget) {
        String cut = precision >= 0 && CodePoints.length(value) > precision ? CodePoints.part(value, 0, precision) : value;
        return pad("", cut, align == NONE ? defaultAlign : align, budget);
    }

    String integer(BigInteger value, Budget budget) {
        int radix = switch (type) {
            case 'x', 'X' -> 16;
            case 'o' -> 8;
            case 'b' -> 2;
            default -> 10;
        };
        String digits = value.abs().toString(radix);
        if (precision > digits.length()) {
            digits = new Output(budget).repeat("0", (long) precision - digits.length()).append(digits).toString();
        }
        digits = grouped(digits, radix == 10 ? 3 : 4);
        String prefix = alternate && radix != 10 ? "0" + (type == 'X' ? 'x' : type) : "";
        String body = prefix + digits;
        return pad(signOf(value.signum() < 0), type == 'X' ? body.toUpperCase(Locale.ROOT) : body, align == NONE ? '>' : align, budget);
    }

    String real(double value, Budget budget) {
        boolean negative = value < 0 || value == 0 && Math.copySign(1, value) < 0;
        String body = Double.isFinite(value) ? finite(Math.abs(value), budget) : Double.isNaN(value) ? "nan" : "inf";
        body = type == '%' ? body + "%" : body;
        boolean upper = type == 'E' || type == 'F' || type == 'G';
        return pad(signOf(negative), upper ? body.toUpperCase(Locale.ROOT) : body, align == NONE ? '>' : align, budget);
    }

    private String finite(double value, Budget budget) {
        int digits = precision < 0 ? DEFAULT_PRECISION : precision;
        if (digits > MOST_PRECISION) {
            throw TemplateFailure.of("a precision of %d digits is beyond the %d that templates may use", digits, MOST_PRECISION);
        }
        budget.chars(digits);
        String written = switch (type) {
            case 'f', 'F' -> fixed(value, digits);
            case '%' -> fixed(value * 100, digits);
            case 'e', 'E' -> scientific(value, digits);
            case 'g', 'G' -> general(value, Math.max(digits, 1), false);
            default -> precision < 0 ? Printer.real(value) : general(value, Math.max(digits, 1), true);
        };
        int end = 0;
        while (end < written.length() && Character.isDigit(written.charAt(end))) {
            end++;
        }
        return grouped(written.substring(0, end), 3) + written.substring(end);
    }

    private String fixed(double value, int digits) {
        String plain = new BigDecimal(value).setScale(digits, RoundingMode.HALF_EVEN).toPlainString();
        return alternate && digits == 0 ? plain + "." : plain;
    }

    private static String scientific(double value, int digits) {
        BigDecimal rounded = new BigDecimal(value).round(new MathContext(digits + 1, RoundingMode.HALF_EVEN));
        int exponent = value == 0 ? 0 : rounded.precision() - rounded.scale() - 1;
        String all = value == 0 ? "0".repeat(digits + 1) : rounded.setScale(digits - exponent).unscaledValue().toString();
        String mantissa = digits == 0 ? all : all.charAt(0) + "." + all.substring(1);
        return mantissa + "e" + (exponent < 0 ? "-" : "+") + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
    }

    /** Fixed or scientific, whichever is shorter; {@code pointed} keeps at least one decimal, as fields without a letter have. */
    private String general(double value, int digits, boolean pointed) {
        BigDecimal rounded = new BigDecimal(value).round(new MathContext(digits, RoundingMode.HALF_EVEN));
        int exponent = value == 0 ? 0 : rounded.precision() - rounded.scale() - 1;
        if (exponent < -4 || exponent >= (pointed ? digits - 1 : digits)) {
            String whole = scientific(value, digits - 1);
            int e = whole.indexOf('e');
            return trimmed(whole.substring(0, e)) + whole.substring(e);
        }
        String plain = trimmed(fixed(value, digits - 1 - exponent));
        return pointed && plain.indexOf('.') < 0 ? plain + ".0" : plain;
    }

    private String trimmed(String decimal) {
        if (alternate || decimal.indexOf('.') < 0) {
            return decimal;
        }
        String bare = CodePoints.stripEnd(decimal, c -> c == '0');
        return bare.endsWith(".") ? bare.substring(0, bare.length() - 1) : bare;
    }

    private String grouped(String digits, int size) {
        if (grouping == NONE) {
            return digits;
        }
        var out = new StringBuilder();
        for (int i = 0; i < digits.length(); i++) {
            boolean between = i > 0 && (digits.length() - i) % size == 0;
            out.append(between ? String.valueOf(grouping) : "").append(digits.charAt(i));
        }
        return out.toString();
    }

    private String signOf(boolean negative) {
        return negative ? "-" : sign == '-' ? "" : String.valueOf(sign);
    }

    private String pad(String sign, String body, char side, Budget budget) {
        long missing = Math.max(0, (long) width - CodePoints.length(body) - sign.length());
        long before = switch (side) {
            case '<' -> 0;
            case '^' -> missing / 2;
            default -> missing;
        };
        var out = new Output(budget);
        out.append(side == '=' ? sign : "").repeat(fill, before).append(side == '=' ? "" : sign).append(body);
        return out.repeat(fill, missing - before).toString();
    }
}
