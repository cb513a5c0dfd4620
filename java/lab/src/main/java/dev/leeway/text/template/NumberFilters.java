package dev.leeway.text.template;

import dev.leeway.text.template.Value.Int;
import dev.leeway.text.template.Value.Real;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.Optional;
import java.util.regex.Pattern;

/** Filters that make numbers. */
final class NumberFilters {

    /** The longest number that is read from a text. */
    private static final int MOST_DIGITS = 1_000;
    private static final Pattern DECIMAL =
            Pattern.compile("[+-]?(?=\\.?\\d)(\\d+(_\\d+)*)?(\\.(\\d+(_\\d+)*)?)?([eE][+-]?\\d{1,9})?");
    private static final Pattern NOT_FINITE = Pattern.compile("(?i)[+-]?(inf(inity)?|nan)");
    private static final Pattern UNDERSCORE = Pattern.compile("(?<=\\w)_(?=\\w)");

    static final Table TABLE = new Table()
            .with("abs()", call -> absolute(call.self()))
            .with("int(default?, base?)", call -> integer(call)
                    .map(Numbers::bounded).map(Value.class::cast).orElseGet(() -> call.bound().getOrDefault("default", Int.of(0))))
            .with("float(default?)", call -> real(call.self())
                    .map(Real::new).map(Value.class::cast).orElseGet(() -> call.bound().getOrDefault("default", new Real(0))))
            .with("round(precision?, method?)", NumberFilters::round);

    private NumberFilters() {}

    private static Value absolute(Value value) {
        Arithmetic.requireDefined(value);
        if (value instanceof Real real) {
            return new Real(Math.abs(real.value()));
        }
        return new Int(Numbers.integer(value).map(BigInteger::abs)
                .orElseThrow(() -> TemplateFailure.of("bad operand type for abs(): '%s'", value.typeName())));
    }

    private static Optional<BigInteger> integer(Call call) {
        Optional<BigInteger> exact = call.self() instanceof Text text ? parse(text.value(), call.integer("base", 10))
                : Numbers.integer(call.self());
        return exact.or(() -> real(call.self()).filter(Double::isFinite).map(value -> new BigDecimal(value).toBigInteger()));
    }

    private static Optional<BigInteger> parse(String text, int base) {
        String stripped = CodePoints.strip(text);
        if (stripped.length() > MOST_DIGITS) {
            return Optional.empty();
        }
        String digits = UNDERSCORE.matcher(stripped).replaceAll("");
        String bare = switch (base) {
            case 16 -> withoutPrefix(digits, "0x");
            case 8 -> withoutPrefix(digits, "0o");
            case 2 -> withoutPrefix(digits, "0b");
            default -> digits;
        };
        try {
            return Optional.of(new BigInteger(bare, base));
        } catch (NumberFormatException _) {
            return Optional.empty();
        }
    }

    private static String withoutPrefix(String digits, String prefix) {
        int start = digits.startsWith("-") || digits.startsWith("+") ? 1 : 0;
        return digits.regionMatches(true, start, prefix, 0, 2) ? digits.substring(0, start) + digits.substring(start + 2) : digits;
    }

    /** The number that a value is or a text spells. */
    private static Optional<Double> real(Value value) {
        Arithmetic.requireDefined(value);
        if (value instanceof Text text) {
            return spelled(CodePoints.strip(text.value()));
        }
        return Numbers.isNumber(value) ? Optional.of(Numbers.real(value)) : Optional.empty();
    }

    private static Optional<Double> spelled(String text) {
        if (NOT_FINITE.matcher(text).matches()) {
            boolean nan = text.toLowerCase(java.util.Locale.ROOT).endsWith("nan");
            return Optional.of(nan ? Double.NaN : text.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY);
        }
        boolean digits = text.length() <= MOST_DIGITS && DECIMAL.matcher(text).matches();
        return digits ? Optional.of(Double.parseDouble(text.replace("_", ""))) : Optional.empty();
    }

    private static Value round(Call call) {
        String method = call.findText("method").orElse("common");
        int precision = call.integer("precision", 0);
        if (Math.abs(precision) > 1_000) {
            throw TemplateFailure.of("a precision of %d digits is beyond the 1000 that templates may use", precision);
        }
        call.budget().chars(Math.abs(precision));
        Arithmetic.requireDefined(call.self());
        return switch (method) {
            case "common" -> half(call.self(), precision);
            case "ceil", "floor" -> scaled(Numbers.real(call.self()), Math.pow(10, precision), method.equals("ceil"));
            default -> throw TemplateFailure.of("method must be common, ceil or floor");
        };
    }

    private static Value scaled(double value, double scale, boolean up) {
        double moved = up ? Math.ceil(value * scale) : Math.floor(value * scale);
        return new Real(moved == 0 ? 0.0 : moved / scale);
    }

    /** Halves go to the even neighbour; an integer stays one. */
    private static Value half(Value value, int precision) {
        if (value instanceof Real real) {
            double number = real.value();
            if (!Double.isFinite(number)) {
                return value;
            }
            double rounded = new BigDecimal(number).setScale(precision, RoundingMode.HALF_EVEN).doubleValue();
            return new Real(Math.copySign(rounded, number));
        }
        BigInteger whole = Numbers.integer(value).orElseThrow(
                () -> TemplateFailure.of("type %s doesn't define __round__ method", value.typeName()));
        return new Int(new BigDecimal(whole).setScale(Math.min(precision, 0), RoundingMode.HALF_EVEN).toBigInteger());
    }
}
